internal import Foundation

/// Turns a camera's path into a calm one within what the crop allows. Reused, so that steady state allocates nothing.
struct PathSmoother {
    let geometry: CropGeometry
    /// The time below which motion is shake, in frames.
    let time: Double

    private var solver = PathSolver()
    private var path: [Double] = []
    private var reach: [Double] = []
    private var solution: [Double] = []
    private var reachY: [Double] = []

    init(geometry: CropGeometry, time: Double) {
        self.geometry = geometry
        self.time = max(2, time)
    }

    /// How far each part of the correction may go at most, whatever the crop allows.
    struct Limits {
        var x = Double.infinity, y = Double.infinity, angle = Double.infinity, logScale = Double.infinity
    }

    /// How long the pieces are that are solved at once, and how much of each is kept.
    private static let piece = (length: 480, kept: 360)
    /// A solution goes on from this many decided values: what the jerk at the seam needs.
    private static let memory = 3

    /// Smooths a whole shot.
    ///
    /// - Returns: the calm pose of each frame.
    mutating func smooth(_ poses: [SimilarityTransform], limits: Limits = Limits()) -> [SimilarityTransform] {
        var result: [SimilarityTransform] = []
        result.reserveCapacity(poses.count)
        while result.count < poses.count {
            let fixedCount = min(Self.memory, result.count)
            let start = result.count - fixedCount
            let end = min(poses.count, start + Self.piece.length)
            let kept = end == poses.count ? end : start + Self.piece.kept
            var calm = Array(result[start...])
            smooth(Array(poses[start..<end]), into: &calm, limits: limits)
            result.append(contentsOf: calm[fixedCount..<(kept - start)])
        }
        return result
    }

    /// Smooths a piece.
    ///
    /// - Parameters:
    ///   - poses: the poses as they were.
    ///   - calm: the calm poses of the first frames, which are decided; takes all.
    ///   - limits: how far corrections may go.
    mutating func smooth(_ poses: [SimilarityTransform], into calm: inout [SimilarityTransform], limits: Limits) {
        let fixedCount = calm.count
        for _ in fixedCount..<poses.count { calm.append(.identity) }
        solve(poses, &calm, \.angle, fixedCount, repeating: min(geometry.angleReach, limits.angle))
        solve(poses, &calm, \.logScale, fixedCount, repeating: min(geometry.scaleReach, limits.logScale))
        reach.removeAll(keepingCapacity: true)
        reachY.removeAll(keepingCapacity: true)
        for (pose, calm) in zip(poses, calm) {
            let room = geometry.shiftReach(angle: calm.angle - pose.angle, logScale: calm.logScale - pose.logScale)
            // The path's axes are the first frame's: where the camera rolled since then, the part of the room that is
            // free in both.
            let (c, s) = (abs(cos(pose.angle)), abs(sin(pose.angle)))
            let share = min(room.x / (room.x * c + room.y * s + 1e-12), room.y / (room.y * c + room.x * s + 1e-12))
            let scale = exp(pose.logScale) * min(1, share)
            reach.append(min(room.x * scale, limits.x))
            reachY.append(min(room.y * scale, limits.y))
        }
        solve(poses, &calm, \.x, fixedCount)
        swap(&reach, &reachY)
        solve(poses, &calm, \.y, fixedCount)
    }

    private mutating func solve(
        _ poses: [SimilarityTransform],
        _ calm: inout [SimilarityTransform],
        _ part: WritableKeyPath<SimilarityTransform, Double>,
        _ fixedCount: Int,
        repeating limit: Double
    ) {
        reach.removeAll(keepingCapacity: true)
        reach.append(contentsOf: repeatElement(limit, count: poses.count))
        solve(poses, &calm, part, fixedCount)
    }

    /// Solves one part with ``reach``.
    private mutating func solve(
        _ poses: [SimilarityTransform],
        _ calm: inout [SimilarityTransform],
        _ part: WritableKeyPath<SimilarityTransform, Double>,
        _ fixedCount: Int
    ) {
        path.removeAll(keepingCapacity: true)
        solution.removeAll(keepingCapacity: true)
        for (index, pose) in poses.enumerated() {
            path.append(pose[keyPath: part])
            solution.append(calm[index][keyPath: part])
            reach[index] = max(reach[index], 1e-7)
        }
        solver.solve(&solution, path: path, reach: reach, time: time, fixedCount: fixedCount)
        for index in fixedCount..<poses.count { calm[index][keyPath: part] = solution[index] }
    }
}
