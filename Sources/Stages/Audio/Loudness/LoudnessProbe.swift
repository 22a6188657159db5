internal import EBUR128Kit
internal import MediaCore
internal import Pipeline

/// Measures loudness, and peaks and powers of each 10 ms, by which the work of the limiter is foreseen.
final class LoudnessProbe: AudioProbe {
    private let track: AudioTrack
    private let target: Double
    private let meter: SoundMeter
    private let peaks: PeakFollower
    private let stepLength: Int
    private var forecast = LimiterForecast()
    private var highest: Float = 0
    private var inStep = 0
    private var stepPeak: Float = 0
    private var stepPower: Float = 0

    init(_ track: AudioTrack, target: Double) throws {
        self.track = track
        self.target = target
        meter = try track.makeLoudnessMeter(measuresPeaks: false)
        peaks = PeakFollower(channelCount: track.channels.count)
        stepLength = max(1, track.format.sampleRate / 100)
    }

    func measure(_ block: AudioBlock) {
        meter.add(block)
        let found = peaks.follow(block, gain: 1, floor: 0)
        var first = 0
        while first < block.count {
            let end = min(block.count, first + stepLength - inStep)
            addStep(found, block, first..<end)
            inStep += end - first
            first = end
            if inStep == stepLength { closeStep() }
        }
    }

    private func addStep(_ found: [Float], _ block: AudioBlock, _ range: Range<Int>) {
        found.withUnsafeBufferPointer { found in
            for index in range { stepPeak = max(stepPeak, found[index]) }
        }
        for (channel, place) in track.channels.enumerated() where place != .lowFrequency {
            block.planes[channel].withUnsafeBufferPointer { samples in
                for index in range { stepPower += samples[index] * samples[index] }
            }
        }
    }

    private func closeStep() {
        forecast.append(peak: stepPeak, power: stepPower / Float(stepLength))
        highest = max(highest, stepPeak)
        stepPeak = 0
        stepPower = 0
        inStep = 0
    }

    func finish() -> AudioFinding {
        if inStep > 0 { closeStep() }
        guard let loudness = meter.measurement.loudness, loudness > LoudnessNormalization.quietest else {
            let reason = highest > 0.001 ? "too short or too quiet to have a loudness" : "silent"
            return AudioFinding(plan: nil, explanation: "the sound is \(reason) and stays as it is")
        }
        let peak = Decibels.level(ofAmplitude: max(1e-6, Double(highest)))
        if abs(loudness - target) <= LoudnessNormalization.tolerance, peak <= LoudnessNormalization.highestPeak {
            return AudioFinding(plan: nil, explanation: "the sound has its loudness already")
        }
        let choice = forecast.gain(from: loudness, to: target, ceiling: LoudnessPlan.usualCeiling)
        var explanation: String?
        if abs(choice.expected - target) > 0.5 {
            let reason =
                choice.gain >= LoudnessNormalization.mostGain ? "the sound is too quiet" : "its peaks are too high"
            explanation = "the loudness of \(Int(target.rounded())) LUFS is not reached: \(reason)"
        }
        return AudioFinding(
            plan: LoudnessPlan(
                track,
                gain: choice.gain,
                ceiling: LoudnessPlan.usualCeiling,
                expected: choice.expected
            ),
            metrics: [StageMetric("gain", after: choice.gain, unit: "dB")],
            explanation: explanation
        )
    }
}
