import Foundation
import Testing

@testable import RNNoiseKit

@Suite(.enabled(if: (try? SpeechDenoiser.availability.get()) != nil))
struct SpeechDenoiserTests {
    private func run(_ input: [Float]) throws -> (output: [Float], probabilities: [Float]) {
        let denoiser = try SpeechDenoiser()
        let length = SpeechDenoiser.frameLength
        var output = [Float](repeating: 0, count: input.count), probabilities: [Float] = []
        input.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                for frame in 0..<(input.count / length) {
                    guard let from = source.baseAddress, let to = target.baseAddress else { return }
                    probabilities.append(denoiser.process(from + frame * length, into: to + frame * length))
                }
            }
        }
        return (output, probabilities)
    }

    @Test func silenceStaysSilentAndHoldsNoSpeech() throws {
        let result = try run([Float](repeating: 0, count: 48_000))
        #expect(result.output.allSatisfy { abs($0) < 1e-4 })
        #expect(result.probabilities.allSatisfy { $0 < 0.5 })
    }

    @Test func lowersNoise() throws {
        var state: UInt64 = 1
        let noise = (0..<96_000).map { _ -> Float in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Float(state >> 40) / Float(1 << 24) - 0.5) * 0.1
        }
        let result = try run(noise)
        func power(_ samples: ArraySlice<Float>) -> Float { samples.reduce(0) { $0 + $1 * $1 } }
        // The network needs a second to settle.
        #expect(power(result.output[48_000...]) < 0.03 * power(noise[48_000...]))
    }

    /// What goes in comes out after the latency that we count on, through the high-pass that we know of.
    @Test func latencyAndHighPassAreAsDocumented() throws {
        // A voice-like tone: the network lets it pass almost unchanged.
        let input = (0..<96_000).map { index -> Float in
            let time = Double(index) / 48_000, pitch = 140 + 12 * sin(2 * .pi * 3 * time)
            let swell = 0.5 + 0.5 * sin(2 * .pi * 4 * time)
            return Float(
                (1...12).reduce(0.0) { $0 + sin(2 * .pi * pitch * Double($1) * time) / Double($1) } * 0.1 * swell
            )
        }
        let output = try run(input).output
        let expected = highPassed(input)
        func likeness(_ delay: Int) -> Double {
            var product = 0.0, a = 0.0, b = 0.0
            for index in 48_000..<90_000 {
                let (x, y) = (Double(expected[index - delay]), Double(output[index]))
                product += x * y
                a += x * x
                b += y * y
            }
            return product / (a * b).squareRoot()
        }
        let best = (900...1020).max { likeness($0) < likeness($1) }
        #expect(best == SpeechDenoiser.latency)
        #expect(likeness(SpeechDenoiser.latency) > 0.65)
    }

    private func highPassed(_ input: [Float]) -> [Float] {
        let filter = SpeechDenoiser.inputHighPass
        var first = 0.0, second = 0.0
        return input.map { sample in
            let x = Double(sample), y = x + first
            first = second + filter.b1 * x - filter.a1 * y
            second = filter.b2 * x - filter.a2 * y
            return Float(y)
        }
    }
}
