internal import EBUR128Kit
internal import Glibc

/// Foresees how much loudness the limiter costs, so that the gain can make up for it.
struct LimiterForecast {
    /// The most loudness that may be lost to the limiter, in LU: more would be heard as compression.
    static let mostLoss = 1.5

    private var peaks: [Float] = []
    private var powers: [Float] = []

    /// Adds 10 ms.
    mutating func append(peak: Float, power: Float) {
        peaks.append(peak)
        powers.append(power)
    }

    /// Finds the gain that brings the loudness to a target behind the limiter.
    ///
    /// - Returns: the gain in dB and the loudness that is to be expected, in LUFS.
    func gain(from loudness: Double, to target: Double, ceiling: Double) -> (gain: Double, expected: Double) {
        var gain = min(target - loudness, LoudnessNormalization.mostGain)
        guard target > loudness else { return (gain, target) }
        var loss = loss(gain: gain, ceiling: ceiling)
        for _ in 0..<4 where loss < Self.mostLoss {
            gain = min(target - loudness + loss, LoudnessNormalization.mostGain)
            loss = self.loss(gain: gain, ceiling: ceiling)
        }
        if loss > Self.mostLoss {
            var (low, high) = (0.0, gain)
            for _ in 0..<12 {
                let middle = (low + high) / 2
                if self.loss(gain: middle, ceiling: ceiling) > Self.mostLoss { high = middle } else { low = middle }
            }
            gain = low
            loss = self.loss(gain: gain, ceiling: ceiling)
        }
        return (gain, loudness + gain - loss)
    }

    /// The loudness that the limiter takes away at a gain, in LU.
    func loss(gain: Double, ceiling: Double) -> Double {
        let limit = Float(Decibels.amplitude(ofLevel: ceiling - gain))
        let release = 1 - expf(-0.01 / Float(TruePeakLimiter.releaseSeconds))
        var limited = powers
        var envelope: Float = 1
        for index in peaks.indices {
            let next = index + 1 < peaks.count ? peaks[index + 1] : 0
            // The limiter sees half a step ahead.
            let peak = max(peaks[index], next * 0.5 + peaks[index] * 0.5)
            let needed = peak > limit ? limit / peak : 1
            envelope = min(needed, envelope + (1 - envelope) * release)
            limited[index] *= envelope * envelope
        }
        guard let before = Self.gatedPower(powers), let after = Self.gatedPower(limited) else { return 0 }
        return max(0, Decibels.level(ofPower: before / after))
    }

    /// The mean power of blocks of 400 ms above both gates of BS.1770; the weighting by frequency is left out, because
    /// only differences are asked for.
    private static func gatedPower(_ powers: [Float]) -> Double? {
        let length = 40, step = 10
        var blocks: [Double] = []
        var first = 0
        while first + length <= powers.count {
            var sum: Float = 0
            for index in first..<(first + length) { sum += powers[index] }
            blocks.append(Double(sum) / Double(length))
            first += step
        }
        if blocks.isEmpty, !powers.isEmpty { blocks = [Double(powers.reduce(0, +)) / Double(powers.count)] }
        let audible = blocks.filter { $0 > 1e-7 }
        guard !audible.isEmpty else { return nil }
        let gate = audible.reduce(0, +) / Double(audible.count) / 10
        let loud = audible.filter { $0 > gate }
        return loud.isEmpty ? nil : loud.reduce(0, +) / Double(loud.count)
    }
}
