import Foundation
import MediaTestKit
import Testing

@testable import Stages

@Suite struct SimilarityTests {
    private let transform = SimilarityTransform(x: 0.3, y: -0.1, angle: 0.2, logScale: 0.1)

    @Test func takesBackWhatItDoes() {
        let point = SIMD2(0.7, -0.4)
        let back = transform.inverse.applied(to: transform.applied(to: point))
        #expect(abs(back.x - point.x) < 1e-12 && abs(back.y - point.y) < 1e-12)
        #expect(transform.after(transform.inverse).cornerShift(aspect: 1.8) < 1e-12)
    }

    @Test func combinesInOrder() {
        let other = SimilarityTransform(x: -0.2, y: 0.4, angle: -0.5, logScale: -0.2)
        let point = SIMD2(0.1, 0.9)
        let (both, steps) = (transform.after(other).applied(to: point), transform.applied(to: other.applied(to: point)))
        #expect(abs(both.x - steps.x) < 1e-12 && abs(both.y - steps.y) < 1e-12)
    }

    @Test func survivesJSON() throws {
        let motion = FrameMotion(motion: transform, confidence: 0.75, isInterlaced: true)
        let data = try JSONEncoder().encode(motion)
        #expect(try JSONDecoder().decode(FrameMotion.self, from: data) == motion)
    }

    /// What a camera does within a frame.
    private let motion = SimilarityTransform(x: 0.06, y: -0.03, angle: 0.08, logScale: 0.01)

    /// Points all over a 16:9 picture that move by a transform, some of them by another one.
    private func pairs(_ count: Int, _ others: (share: Double, SimilarityTransform)?) -> [SimilarityFit.Pair] {
        var generator = SplitMix64(seed: 3)
        return (0..<count).map { index in
            let isOther = others.map { Double(index) < $0.share * Double(count) } ?? false
            // The others keep to the lower middle, as people do.
            let x =
                isOther
                ? Double.random(in: -0.3...0.3, using: &generator) : .random(in: -0.88...0.88, using: &generator)
            let y =
                isOther ? Double.random(in: -0.1...0.5, using: &generator) : .random(in: -0.5...0.5, using: &generator)
            let to = (isOther ? others?.1 ?? motion : motion).applied(to: SIMD2(x, y))
            let noise = Double.random(in: -1e-4...1e-4, using: &generator)
            return SimilarityFit.Pair(x: x, y: y, toX: to.x + noise, toY: to.y - noise, weight: 1)
        }
    }

    private func fit(_ pairs: [SimilarityFit.Pair]) -> SimilarityFit.Result? {
        pairs.withUnsafeBufferPointer { SimilarityFit(tolerance: 0.003).fit($0) }
    }

    @Test func findsTheMotionOfTheMany() throws {
        let other = SimilarityTransform(x: 0.05, y: 0.02, angle: 0.05)
        let result = try #require(fit(pairs(150, (0.45, other))))
        #expect(result.motion.inverse.after(motion).cornerShift(aspect: 1.78) < 5e-4)
        #expect(result.agreeing > 75 && result.agreeing < 95)
    }

    @Test func isTheSameEveryTime() {
        let points = pairs(90, (0.3, .identity))
        #expect(fit(points)?.motion == fit(points)?.motion)
    }

    @Test func needsSomeAgreement() {
        #expect(fit(pairs(5, nil)) == nil)
        var generator = SplitMix64(seed: 8)
        let chaos = (0..<100).map { _ in
            SimilarityFit.Pair(
                x: .random(in: -0.8...0.8, using: &generator),
                y: .random(in: -0.5...0.5, using: &generator),
                toX: .random(in: -0.8...0.8, using: &generator),
                toY: .random(in: -0.5...0.5, using: &generator),
                weight: 1
            )
        }
        #expect((fit(chaos)?.agreeing ?? 0) < 20)
    }

    @Test func aStillBackgroundBeatsAMoverOfTheSameSize() throws {
        // Half of the points stand still, half walk.
        var points = pairs(100, (0.5, SimilarityTransform(x: 0.04)))
        for index in points.indices where index >= 50 {
            (points[index].toX, points[index].toY) = (points[index].x, points[index].y)
        }
        let result = try #require(fit(points))
        #expect(result.motion.cornerShift(aspect: 1.78) < 1e-3)
    }
}
