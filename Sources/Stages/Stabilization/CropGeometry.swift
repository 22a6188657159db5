internal import Foundation

/// What part of the picture may be shown: how far corrections may go before its edge would be seen.
///
/// A correction maps the steady picture to the frame: what is shown at q comes from `correction(q / zoom)`. All lengths
/// are in picture heights.
struct CropGeometry {
    /// The picture's width in heights.
    let aspect: Double
    /// The most that may be zoomed in.
    let maximumZoom: Double

    /// How far the angle may be corrected: half of what the zoom can hide.
    var angleReach: Double { 0.5 * (maximumZoom - 1) / max(aspect, 1 / aspect) }

    /// How far the logarithm of the scale may be corrected.
    var scaleReach: Double { 0.25 * log(maximumZoom) }

    /// How far the shift may be corrected beside a given turn and scale.
    func shiftReach(angle: Double, logScale: Double) -> (x: Double, y: Double) {
        let extent = extent(angle: angle, logScale: logScale)
        return (
            max(0, aspect - extent.x / maximumZoom) / 2,
            max(0, 1 - extent.y / maximumZoom) / 2
        )
    }

    /// The zoom from which on the frame's edge is not seen.
    func neededZoom(_ correction: SimilarityTransform) -> Double {
        let extent = extent(angle: correction.angle, logScale: correction.logScale)
        let (spaceX, spaceY) = (aspect - 2 * abs(correction.x), 1 - 2 * abs(correction.y))
        guard spaceX > 0, spaceY > 0 else { return .infinity }
        return max(extent.x / spaceX, extent.y / spaceY)
    }

    /// The size of the frame's part that the turned and scaled picture covers, before the zoom.
    private func extent(angle: Double, logScale: Double) -> (x: Double, y: Double) {
        let (scale, c, s) = (exp(logScale), cos(angle), abs(sin(angle)))
        return (scale * (aspect * c + s), scale * (c + aspect * s))
    }
}
