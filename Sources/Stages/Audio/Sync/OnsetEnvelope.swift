internal import Glibc

/// How strongly something begins at each moment, in steps of 10 ms.
public struct OnsetEnvelope: Sendable, Equatable {
    /// The step of the first strength.
    public let firstStep: Int
    /// Strengths, 0 or more.
    public let strengths: [Float]

    /// Notes an envelope.
    public init(firstStep: Int, strengths: [Float]) {
        self.firstStep = firstStep
        self.strengths = strengths
    }

    /// The strength at a step; 0 beyond both ends.
    public subscript(step: Int) -> Float {
        let index = step - firstStep
        return strengths.indices.contains(index) ? strengths[index] : 0
    }

    /// Rises of power over the loudest of the 50 ms before, in decibels from 6 to 30.
    static func rises(_ powers: [Float]) -> [Float] {
        let levels = powers.map { 10 * log10f($0 + 1e-7) }
        var sorted = levels
        sorted.sort()
        // What stays within 10 dB of the background is no event.
        let floor = (sorted.isEmpty ? 0 : sorted[sorted.count / 4]) + 10
        return levels.indices.map { index in
            guard levels[index] > floor else { return 0 }
            var before: Float = -70
            for past in max(0, index - 5)..<index { before = max(before, levels[past]) }
            let rise = levels[index] - before
            return rise < 6 ? 0 : min(30, rise)
        }
    }
}
