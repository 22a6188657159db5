internal import EBUR128Kit
internal import Pipeline

/// Decides where a track is denoised, and how much. Pure: the same statistics give the same decision.
struct SpeechDecision {
    /// The share of the noise that goes, for each 10 ms, in 1/255.
    let gate: [UInt8]
    /// Whether the track gets better by it.
    let isWorthwhile: Bool
    let metrics: [StageMetric]
    let outcome: StageVerdict.Outcome
    let explanation: String?

    /// How much goes at most: the floor falls by 18 dB and keeps its character.
    private static let mostShare: Float = 0.88
    /// Above the first nothing need be done, below the second all is done.
    private static let cleanRatio = 40.0, noisyRatio = 30.0

    init(_ statistics: SpeechStatistics, musicScores: [Float]) {
        let map = SoundMap(statistics, musicScores: musicScores)
        let shares = [
            StageMetric("speech_share", after: map.share(of: .speech) * 100, unit: "%"),
            StageMetric("music_share", after: map.share(of: .music) * 100, unit: "%"),
        ]
        guard let before = map.levels(gate: nil) else {
            let reason = map.share(of: .music) > 0.5 ? "it is music" : "nobody speaks in it"
            self.init(metrics: shares, explanation: "the sound was not denoised: \(reason)")
            return
        }
        let ratio = before.ratio
        let strength =
            Self.mostShare * Float(min(max((Self.cleanRatio - ratio) / (Self.cleanRatio - Self.noisyRatio), 0), 1))
        guard strength > 0.05 else {
            let figures = [StageMetric("speech_to_noise", before: ratio, after: ratio, unit: "dB")] + shares
            self.init(metrics: figures, explanation: "the speech is clean already and was not denoised")
            return
        }
        let gate = map.gate(strength)
        guard let after = map.levels(gate: gate) else {
            self.init(metrics: shares, explanation: nil)
            return
        }
        let metrics =
            [
                StageMetric("speech_to_noise", before: ratio, after: after.ratio, unit: "dB"),
                StageMetric(
                    "noise_floor",
                    before: Decibels.level(ofPower: before.noise),
                    after: Decibels.level(ofPower: max(after.noise, 1e-12)),
                    unit: "dBFS"
                ),
            ] + shares
        // Speech as such, without the noise that was under it.
        let voiceBefore = max(before.speech - before.noise, 0.1 * before.speech)
        let loss = Decibels.level(ofPower: voiceBefore / max(after.speech, 1e-12))
        if after.ratio - ratio < 1 || loss > 3 {
            let reason = loss > 3 ? "it took speech away with the noise" : "it did not lower the noise"
            self.init(metrics: metrics, outcome: .rolledBack, explanation: "denoising was rolled back: \(reason)")
            return
        }
        self.init(gate: gate, metrics: metrics, outcome: .kept, explanation: nil)
    }

    /// A decision; without a gate, to leave the track alone.
    private init(
        gate: [UInt8]? = nil,
        metrics: [StageMetric],
        outcome: StageVerdict.Outcome = .unverifiable,
        explanation: String?
    ) {
        self.gate = gate ?? []
        isWorthwhile = gate != nil
        self.metrics = metrics
        self.outcome = outcome
        self.explanation = explanation
    }
}
