import Foundation
import Testing

@testable import Kernels

@Suite(.serialized) struct TruePeakFinderTests {
    private func peaks(_ samples: [Float]) -> [Float] {
        let finder = TruePeakFinder()
        var peaks = [Float](repeating: 0, count: samples.count - TruePeakFinder.tapCount + 1)
        samples.withUnsafeBufferPointer { source in
            peaks.withUnsafeMutableBufferPointer { finder.raise($0, by: source) }
        }
        return peaks
    }

    /// A sine at a quarter of the rate whose samples miss its crests by 3 dB; below 0.45 of the rate all is found.
    @Test(arguments: [0.05, 0.1, 0.25, 0.37, 0.45]) func findsTheCrestOfASine(frequency: Double) {
        let samples = (0..<400).map { Float(0.5 * sin(2 * .pi * frequency * Double($0) + .pi / 4)) }
        let highest = peaks(samples).max() ?? 0
        #expect(abs(20 * log10(Double(highest) / 0.5)) < 0.35)
    }

    @Test func aConstantKeepsItsLevel() {
        #expect(peaks([Float](repeating: -0.25, count: 64)).allSatisfy { abs($0 - 0.25) < 1e-5 })
    }

    @Test func isNeverLowerThanTheSampleItself() {
        var random = SeededGenerator(seed: 5)
        let samples = (0..<500).map { _ in Float.random(in: -1...1, using: &random) }
        for (index, peak) in peaks(samples).enumerated() {
            #expect(peak >= abs(samples[index + TruePeakFinder.leadIn]) * 0.9999)
        }
    }

    /// The limiter passes over blocks whose samples are below this share of its ceiling.
    @Test func theSafeShareIsSafe() {
        // The worst case of a filter: full scale with the signs of its weights.
        var random = SeededGenerator(seed: 6)
        var worst: Float = 0
        for _ in 0..<2000 {
            let samples = (0..<TruePeakFinder.tapCount).map { _ in Bool.random(using: &random) ? Float(1) : -1 }
            worst = max(worst, peaks(samples)[0])
        }
        let alternating = (0..<TruePeakFinder.tapCount).map { index -> Float in
            let distance = index - TruePeakFinder.leadIn
            return distance <= 0 ? (distance % 2 == 0 ? 1 : -1) : (distance % 2 == 0 ? -1 : 1)
        }
        worst = max(worst, peaks(alternating)[0])
        #expect(worst * TruePeakFinder.safeShare < 1)
        // The case is the worst one indeed, or the bound would prove nothing.
        #expect(worst > 1.9)
    }

    @Test func allLevelsAgree() {
        var random = SeededGenerator(seed: 7)
        let samples = (0..<333).map { _ in Float.random(in: -1...1, using: &random) }
        expectEqualOnAllLevels("true peaks") { peaks(samples).flatMap { withUnsafeBytes(of: $0) { Array($0) } } }
    }
}
