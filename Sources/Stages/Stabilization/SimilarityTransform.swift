internal import Foundation

/// A shift, turn and change of scale of the picture plane.
///
/// Coordinates are in heights of the picture, from its centre, to the right and down, with square units whatever the
/// shape of the samples: so a transform means the same at every size.
public struct SimilarityTransform: Hashable, Sendable {
    /// Shift to the right in picture heights.
    public var x: Double
    /// Shift down in picture heights.
    public var y: Double
    /// Turn in radians, clockwise on the screen.
    public var angle: Double
    /// Natural logarithm of the scale.
    public var logScale: Double

    /// Makes a transform.
    public init(x: Double = 0, y: Double = 0, angle: Double = 0, logScale: Double = 0) {
        (self.x, self.y, self.angle, self.logScale) = (x, y, angle, logScale)
    }

    /// Leaves everything where it is.
    public static let identity = SimilarityTransform()

    /// Where a point goes.
    public func applied(to point: SIMD2<Double>) -> SIMD2<Double> {
        let (c, s) = coefficients
        return SIMD2(c * point.x - s * point.y + x, s * point.x + c * point.y + y)
    }

    /// First `other`, then this.
    public func after(_ other: SimilarityTransform) -> SimilarityTransform {
        let shift = applied(to: SIMD2(other.x, other.y))
        return SimilarityTransform(
            x: shift.x,
            y: shift.y,
            angle: angle + other.angle,
            logScale: logScale + other.logScale
        )
    }

    /// Takes back what this does.
    public var inverse: SimilarityTransform {
        var result = SimilarityTransform(angle: -angle, logScale: -logScale)
        let shift = result.applied(to: SIMD2(x, y))
        (result.x, result.y) = (-shift.x, -shift.y)
        return result
    }

    /// The matrix is `c, -s; s, c`.
    var coefficients: (c: Double, s: Double) {
        let scale = exp(logScale)
        return (scale * cos(angle), scale * sin(angle))
    }

    /// The transform a share of the way from one to another.
    static func between(
        _ first: SimilarityTransform,
        _ second: SimilarityTransform,
        share: Double
    ) -> SimilarityTransform {
        SimilarityTransform(
            x: first.x + (second.x - first.x) * share,
            y: first.y + (second.y - first.y) * share,
            angle: first.angle + (second.angle - first.angle) * share,
            logScale: first.logScale + (second.logScale - first.logScale) * share
        )
    }

    /// How far the corner that moves most moves, in picture heights.
    ///
    /// - Parameter aspect: the picture's width in heights.
    func cornerShift(aspect: Double) -> Double {
        var most = 0.0
        for corner in Self.corners(aspect: aspect) {
            let moved = applied(to: corner) - corner
            most = max(most, (moved * moved).sum())
        }
        return most.squareRoot()
    }

    /// The corners of a picture.
    static func corners(aspect: Double) -> [SIMD2<Double>] {
        [SIMD2(-aspect, -1), SIMD2(aspect, -1), SIMD2(-aspect, 1), SIMD2(aspect, 1)].map { $0 / 2 }
    }
}

extension SimilarityTransform: Codable {
    /// Reads `[x, y, angle, logScale]`.
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        x = try container.decode(Double.self)
        y = try container.decode(Double.self)
        angle = try container.decode(Double.self)
        logScale = try container.decode(Double.self)
    }

    /// Writes `[x, y, angle, logScale]`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(x)
        try container.encode(y)
        try container.encode(angle)
        try container.encode(logScale)
    }
}
