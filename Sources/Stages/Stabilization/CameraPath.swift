internal import Foundation

/// Where the camera looked in each frame of a shot: the frame's points in the shot's first frame.
struct CameraPath {
    /// One pose for each frame, the first the identity.
    let poses: [SimilarityTransform]

    /// Adds up the motions of consecutive frames; the first frame's is not looked at.
    ///
    /// Where the motion is not known the camera is taken to go on evenly between the reliable frames around, for up to a
    /// third of a second; longer it is taken to stand still.
    ///
    /// - Parameters:
    ///   - motions: what was measured.
    ///   - longestGap: how many unknown frames in a row are bridged.
    init(_ motions: [FrameMotion], longestGap: Int = 8) {
        var steps = motions.map(\.motion)
        var index = 1
        while index < motions.count {
            guard !motions[index].isReliable else {
                index += 1
                continue
            }
            var end = index
            while end < motions.count, !motions[end].isReliable { end += 1 }
            let isBridged = end - index <= longestGap && index > 1 && end < motions.count
            for gap in index..<end {
                let share = Double(gap - index + 1) / Double(end - index + 1)
                steps[gap] = isBridged ? .between(steps[index - 1], steps[end], share: share) : .identity
            }
            index = end
        }
        var poses = [SimilarityTransform.identity]
        poses.reserveCapacity(motions.count)
        for step in steps.dropFirst() { poses.append(poses[poses.count - 1].after(step.inverse)) }
        self.poses = motions.isEmpty ? [] : poses
    }

    /// Takes poses as they are.
    init(poses: [SimilarityTransform]) { self.poses = poses }

    /// The root mean square of the path's second difference, in picture heights: how it jerks from frame to frame.
    var jitter: Double {
        rootMeanSquare { before, pose, after in
            let x = after.x - 2 * pose.x + before.x
            let y = after.y - 2 * pose.y + before.y
            return x * x + y * y
        }
    }

    /// The same of the angle, in radians.
    var angleJitter: Double {
        rootMeanSquare { before, pose, after in
            let angle = after.angle - 2 * pose.angle + before.angle
            return angle * angle
        }
    }

    private func rootMeanSquare(
        _ square: (SimilarityTransform, SimilarityTransform, SimilarityTransform) -> Double
    ) -> Double {
        guard poses.count > 2 else { return 0 }
        var sum = 0.0
        for index in 1..<(poses.count - 1) { sum += square(poses[index - 1], poses[index], poses[index + 1]) }
        return (sum / Double(poses.count - 2)).squareRoot()
    }

    /// How far the picture's corners are from where they would be if the path were smooth over a few frames, as a root
    /// mean square in picture heights. Even motion counts as smooth, and so does evenly changing speed.
    ///
    /// - Parameters:
    ///   - deviation: the width of the smoothing in frames.
    ///   - aspect: the picture's width in heights.
    func shake(deviation: Double, aspect: Double) -> Double {
        guard poses.count > 2 else { return 0 }
        func residuals(_ part: KeyPath<SimilarityTransform, Double>) -> [Double] {
            // What remains of an even change of speed is even, so a second time takes it away.
            let once = Smoothing.residuals(poses.map { $0[keyPath: part] }, deviation: deviation)
            return Smoothing.residuals(once, deviation: deviation)
        }
        let (x, y) = (residuals(\.x), residuals(\.y))
        let (angle, scale) = (residuals(\.angle), residuals(\.logScale))
        let corner = (1 + aspect * aspect) / 4
        // At both ends the smoothing has to guess.
        let margin = poses.count > Int(12 * deviation) ? Int(3 * deviation) : 0
        var sum = 0.0
        for index in poses.indices.dropFirst(margin).dropLast(margin) {
            let size = exp(-2 * poses[index].logScale)
            sum += (x[index] * x[index] + y[index] * y[index]) * size
            sum += corner * (angle[index] * angle[index] + scale[index] * scale[index])
        }
        return (sum / Double(poses.count - 2 * margin)).squareRoot()
    }
}

/// Smoothing by a Gaussian.
enum Smoothing {
    /// What the Gaussian takes away. At both ends values go on mirrored at the last point, so that even motion has none.
    ///
    /// - Parameters:
    ///   - values: the values, one a frame.
    ///   - deviation: the Gaussian's standard deviation in frames.
    static func residuals(_ values: [Double], deviation: Double) -> [Double] {
        guard values.count > 2 else { return values.map { _ in 0 } }
        let reach = min(values.count - 1, max(1, Int((3 * deviation).rounded(.up))))
        var weights = (-reach...reach).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
        let sum = weights.reduce(0, +)
        for index in weights.indices { weights[index] /= sum }
        let last = values.count - 1
        return values.indices.map { index in
            var smooth = 0.0
            for offset in -reach...reach {
                let at = index + offset
                let value =
                    at < 0
                    ? 2 * values[0] - values[-at]
                    : at > last ? 2 * values[last] - values[2 * last - at] : values[at]
                smooth += weights[offset + reach] * value
            }
            return values[index] - smooth
        }
    }

    /// The value below which a share of the values lies.
    static func percentile(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}
