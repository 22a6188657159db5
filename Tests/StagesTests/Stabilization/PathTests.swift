import Foundation
import MediaTestKit
import Testing

@testable import Stages

@Suite struct PathTests {
    private func solve(_ path: [Double], reach: Double, time: Double = 25, fixed: [Double] = []) -> [Double] {
        var solution = fixed + [Double](repeating: 0, count: path.count - fixed.count)
        var solver = PathSolver()
        solver.solve(
            &solution,
            path: path,
            reach: [Double](repeating: reach, count: path.count),
            time: time,
            fixedCount: fixed.count
        )
        return solution
    }

    private func jitter(_ path: [Double]) -> Double {
        let second = secondDifferences(path)
        return (second.reduce(0) { $0 + $1 * $1 } / Double(second.count)).squareRoot()
    }

    private func secondDifferences(_ path: [Double]) -> [Double] {
        (1..<(path.count - 1)).map { index -> Double in
            let (before, after): (Double, Double) = (path[index - 1], path[index + 1])
            return before + after - 2 * path[index]
        }
    }

    private func shake(_ count: Int, _ size: Double, seed: UInt64 = 4) -> [Double] {
        var generator = SplitMix64(seed: seed)
        var value = 0.0
        return (0..<count).map { _ in
            value = 0.85 * value + size * ShakyScene.normal(&generator)
            return value
        }
    }

    @Test func evenMotionStaysAsItIs() {
        for speed in [0.0, 2.0, -0.7] {
            let path = (0..<120).map { speed * Double($0) }
            let solution = solve(path, reach: 60)
            let worst = zip(path, solution).map { abs($0 - $1) }.max() ?? 0
            #expect(worst < 3 * abs(speed) + 1e-6, "speed \(speed)")
            #expect(jitter(solution) < 0.01 * abs(speed) + 1e-9)
        }
    }

    @Test func shakeGoesAndThePanStays() {
        let path = zip(shake(150, 6), 0...).map { $0 + 2 * Double($1) }
        let solution = solve(path, reach: 60)
        #expect(jitter(solution) < 0.01 * jitter(path))
        #expect(abs((solution[149] - solution[0]) / 149 - 2) < 0.2)
    }

    @Test(arguments: [3.0, 10, 25])
    func neverLeavesTheReach(reach: Double) {
        let path = shake(200, 8)
        let solution = solve(path, reach: reach)
        #expect(zip(path, solution).allSatisfy { abs($0 - $1) < reach })
        // The less reach, the more of the shake must stay.
        #expect(jitter(solution) < (reach < 5 ? 0.8 : reach < 20 ? 0.3 : 0.05) * jitter(path))
    }

    @Test func whatLastsLongerThanTheTimeIsKept() {
        // Up for two seconds and down again.
        let path = (0..<150).map { $0 < 50 ? 0.0 : $0 < 100 ? 40.0 : 0.0 }
        #expect(abs(solve(path, reach: 60, time: 8)[75] - 40) < 4)
        #expect(abs(solve(path, reach: 60, time: 60)[75]) < 25)
    }

    @Test func goesOnFromWhatIsDecided() {
        let path = shake(40, 3)
        let fixed = [5.0, 5.5, 6.0]
        let solution = solve(path, reach: 30, fixed: fixed)
        #expect(Array(solution[..<3]) == fixed)
        #expect(abs(solution[3] - 6.5) < 0.5)
    }

    @Test(arguments: 0...5)
    func takesShortPaths(count: Int) {
        let path = shake(count, 2)
        let solution = solve(path, reach: 10)
        #expect(solution.count == count && solution.allSatisfy(\.isFinite))
    }

    @Test func piecesJoinWithoutAJerk() {
        let poses = shake(1000, 0.004).map { SimilarityTransform(x: $0) }
        var smoother = PathSmoother(geometry: CropGeometry(aspect: 16.0 / 9, maximumZoom: 1.15), time: 25)
        let calm = smoother.smooth(poses).map(\.x)
        #expect(calm.count == 1000)
        let second = secondDifferences(calm).map(abs)
        #expect((second.max() ?? 1) < 0.001)
    }

    // MARK: - Crop

    @Test func theNeededZoomHidesTheEdges() {
        var generator = SplitMix64(seed: 6)
        let aspect = 16.0 / 9
        let geometry = CropGeometry(aspect: aspect, maximumZoom: 1.15)
        for _ in 0..<200 {
            let correction = SimilarityTransform(
                x: .random(in: -0.1...0.1, using: &generator),
                y: .random(in: -0.1...0.1, using: &generator),
                angle: .random(in: -0.1...0.1, using: &generator),
                logScale: .random(in: -0.05...0.05, using: &generator)
            )
            let zoom = geometry.neededZoom(correction)
            let corners = SimilarityTransform.corners(aspect: aspect).map { correction.applied(to: $0 / zoom) }
            let reach = corners.map { max(abs($0.x) / aspect, abs($0.y)) }.max() ?? 0
            #expect(abs(reach - 0.5) < 1e-9, "just touches the edge")
        }
    }

    @Test func theReachesFitTheZoom() {
        for aspect in [16.0 / 9, 1, 9.0 / 16] {
            let geometry = CropGeometry(aspect: aspect, maximumZoom: 1.15)
            let (angle, scale) = (geometry.angleReach, geometry.scaleReach)
            let reach = geometry.shiftReach(angle: angle, logScale: scale)
            #expect(reach.x > 0 && reach.y > 0)
            let most = SimilarityTransform(x: reach.x, y: reach.y, angle: angle, logScale: scale)
            #expect(geometry.neededZoom(most) < 1.15 + 1e-9)
        }
    }

    // MARK: - Camera path

    @Test func addsMotionsUpAndBridgesGaps() {
        var motions = [FrameMotion](repeating: FrameMotion(motion: .init(x: -0.01), confidence: 1), count: 30)
        motions[0] = .unknown
        motions[10] = FrameMotion(motion: .init(x: 0.4), confidence: 0.1)
        let path = CameraPath(motions)
        #expect(abs(path.poses[29].x - 0.29) < 1e-9)
        #expect(path.jitter < 1e-9)
        // A long gap: nothing is known, so nothing is undone.
        for index in 8..<25 { motions[index] = .unknown }
        #expect(abs(CameraPath(motions).poses[29].x - 0.12) < 1e-9)
        #expect(CameraPath([]).poses.isEmpty)
    }

    @Test func tellsTremorFromMovement() {
        let pan = CameraPath(poses: (0..<100).map { SimilarityTransform(x: 0.01 * Double($0)) })
        #expect(pan.shake(deviation: 3, aspect: 1.8) < 1e-9)
        let shaky = CameraPath(poses: shake(100, 0.01).map { SimilarityTransform(x: $0) })
        #expect(shaky.shake(deviation: 3, aspect: 1.8) > 0.005)
    }
}
