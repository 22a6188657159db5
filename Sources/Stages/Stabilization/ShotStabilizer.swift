internal import Foundation

/// Decides about one shot: whether it shakes, which path it should have had, how far to zoom in.
struct ShotStabilizer {
    /// The picture's width in heights.
    let aspect: Double
    /// Rows of the picture as rendered.
    let height: Double
    /// Rows of the picture in one row that was measured.
    let factor: Double
    /// The time below which motion is shake, in frames.
    let smoothingFrames: Double
    /// Frames a second.
    let frameRate: Double

    /// What is to be done with a shot.
    struct Result {
        /// For each frame where the steady picture's points are in it, without the zoom; empty when the shot is left alone.
        var corrections: [SimilarityTransform]
        /// The zoom that hides the frames' edges, at least 1.
        var zoom: Double
        /// The path as it was.
        var path: CameraPath
        /// The path as it will be.
        var calmPath: CameraPath
    }

    /// The most that may be zoomed in.
    static let maximumZoom = 1.15
    /// Shots whose corners would move by less are left alone, in rows.
    static let leastCorrection = 0.5
    /// Shots whose corners shake by less over some frames are steady, in rows as rendered and as measured.
    private static let leastShake = (rendered: 0.3, measured: 0.08)
    /// A path that is smooth over this time is smooth.
    private static let tremorSeconds = 0.2

    /// Decides.
    func stabilize(_ motions: [FrameMotion]) -> Result {
        let path = CameraPath(motions, longestGap: max(2, Int(frameRate / 3)))
        let steady = Result(corrections: [], zoom: 1, path: path, calmPath: path)
        guard motions.count >= 8, motions.dropFirst().contains(where: \.isReliable) else { return steady }
        let tremor = path.shake(deviation: max(1.5, Self.tremorSeconds * frameRate), aspect: aspect) * height
        guard tremor > max(Self.leastShake.rendered, Self.leastShake.measured * factor) else { return steady }

        let geometry = CropGeometry(aspect: aspect, maximumZoom: Self.maximumZoom)
        var smoother = PathSmoother(geometry: geometry, time: smoothingFrames)
        let calm = smoother.smooth(path.poses, limits: limits(path))
        let corrections = zip(path.poses, calm).map { $0.inverse.after($1) }
        let most = corrections.reduce(0) { max($0, $1.cornerShift(aspect: aspect)) }
        guard most * height >= Self.leastCorrection else { return steady }
        let zoom = corrections.reduce(1) { max($0, geometry.neededZoom($1)) }
        return Result(
            corrections: corrections,
            // A thousandth of a sample more than needed, for the rounding.
            zoom: min(zoom * (1 + 1e-6), Self.maximumZoom * 1.001),
            path: path,
            calmPath: CameraPath(poses: calm)
        )
    }

    /// Corrections need not go farther than the shake: a small tremor must not cost a large crop where a pan begins.
    private func limits(_ path: CameraPath) -> PathSmoother.Limits {
        func limit(_ part: KeyPath<SimilarityTransform, Double>, least: Double) -> Double {
            let residuals = Smoothing.residuals(
                path.poses.map { $0[keyPath: part] },
                deviation: max(1.5, smoothingFrames / 2)
            )
            return max(least, 3 * Smoothing.percentile(residuals.map(abs), 0.9))
        }
        return PathSmoother.Limits(
            x: limit(\.x, least: 0.004),
            y: limit(\.y, least: 0.004),
            angle: limit(\.angle, least: 0.001),
            logScale: limit(\.logScale, least: 0.001)
        )
    }
}
