internal import EBUR128Kit
internal import MediaCore
internal import Pipeline

/// One gain and a limiter.
struct LoudnessPlan: AudioEffectPlan {
    /// Where the limiter holds peaks, in dBTP: half a decibel below the highest peak, which lossy codecs use up.
    static let usualCeiling = -1.5

    let gain: Double
    let ceiling: Double
    /// The loudness that should come out, in LUFS.
    let expected: Double
    private let track: AudioTrack

    init(_ track: AudioTrack, gain: Double, ceiling: Double, expected: Double) {
        self.track = track
        self.gain = gain
        self.ceiling = ceiling
        self.expected = expected
    }

    var latency: Int { TruePeakLimiter.latency(sampleRate: track.format.sampleRate) }

    func makeInstance() -> any AudioEffectInstance {
        TruePeakLimiter(
            channelCount: track.channels.count,
            sampleRate: track.format.sampleRate,
            gain: gain,
            ceiling: ceiling
        )
    }

    /// A codec may add more to peaks than was left for it, and the forecast of the limiter's work is not exact.
    func corrected(after result: SoundMeasurement) -> (any AudioEffectPlan)? {
        let excess = max(0, (result.truePeak ?? -100) - LoudnessNormalization.highestPeak)
        let missing = result.loudness.map { expected - $0 } ?? 0
        guard excess > 0 || abs(missing) > 0.2 else { return nil }
        return LoudnessPlan(
            track,
            gain: min(gain + min(max(missing, -1), 1), LoudnessNormalization.mostGain),
            ceiling: excess > 0 ? ceiling - excess - 0.2 : ceiling,
            expected: expected
        )
    }
}
