internal import CKernels
internal import Glibc

/// Finds the peaks of sound between its samples, by fourfold oversampling.
///
/// The interpolation filters are Kaiser-windowed sinc functions of 16 taps; up to 0.45 of the sampling rate a sine's peak
/// is found to within 0.2 dB, in line with ITU-R BS.1770-4, annex 2.
public struct TruePeakFinder: Sendable {
    /// Samples that each position is made of.
    public static let tapCount = 16
    /// Samples before the one whose peak is found that the filter reads.
    public static let leadIn = tapCount / 2 - 1
    /// Samples after it.
    public static let leadOut = tapCount / 2
    /// No sound whose samples stay below this share of a level has a peak above it: the filters' largest gain.
    public static let safeShare: Float = 0.4

    private let phases: [Float]

    /// Computes the filters.
    public init() {
        let taps = Self.tapCount, phaseCount = Int(AEGIS_PEAK_PHASES)
        var phases = [Float](repeating: 0, count: taps * phaseCount)
        for phase in 0..<phaseCount {
            let weights = (0..<taps).map { tap in
                Self.weight(at: Double(tap - Self.leadIn) - Double(phase) / Double(phaseCount))
            }
            // A constant keeps its level.
            let sum = weights.reduce(0, +)
            for tap in 0..<taps { phases[phase * taps + tap] = Float(weights[tap] / sum) }
        }
        self.phases = phases
    }

    /// The windowed sinc function at a distance in samples.
    private static func weight(at distance: Double) -> Double {
        let half = Double(tapCount) / 2
        guard abs(distance) < half else { return 0 }
        let sinc = distance == 0 ? 1 : sin(Double.pi * distance) / (Double.pi * distance)
        let beta = 5.0, share = distance / half
        return sinc * bessel(beta * (1 - share * share).squareRoot()) / bessel(beta)
    }

    /// The modified Bessel function of order zero.
    private static func bessel(_ x: Double) -> Double {
        var sum = 1.0, term = 1.0
        for step in 1..<32 {
            term *= (x / 2 / Double(step)) * (x / 2 / Double(step))
            sum += term
        }
        return sum
    }

    /// Raises peaks to those of one channel.
    ///
    /// - Parameters:
    ///   - samples: `count + tapCount - 1` samples; peak `i` is that at and after `samples[i + leadIn]`.
    ///   - peaks: `count` magnitudes, raised where the channel's are larger.
    public func raise(_ peaks: UnsafeMutableBufferPointer<Float>, by samples: UnsafeBufferPointer<Float>) {
        precondition(samples.count >= peaks.count + Self.tapCount - 1, "the filter reads beyond each peak's sample")
        guard let source = samples.baseAddress, let target = peaks.baseAddress else { return }
        phases.withUnsafeBufferPointer { phases in
            guard let weights = phases.baseAddress else { return }
            aegis_true_peaks(source, weights, Int32(Self.tapCount), peaks.count, target)
        }
    }
}
