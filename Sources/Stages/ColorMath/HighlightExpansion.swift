internal import Foundation

/// The inverse tone curve: how much more light the highlights of ordinary video get on an HDR display.
///
/// Shadows and mid-tones keep the light that BT.2408 gives them (white of the signal at 203 cd/m²); above a knee light
/// rises ever faster, through 203 cd/m² at the signal of diffuse white, up to the peak at full signal. In the manner of the
/// inverse tone mapping of Rec. ITU-R BT.2446, with diffuse white where BT.2408 puts it.
public struct HighlightExpansion: Sendable, Hashable {
    /// HDR reference white in cd/m²: Rec. ITU-R BT.2408.
    public static let referenceWhite = 203.0
    /// The signal up to which nothing is expanded. A white page may be as dark as this before it glows.
    static let knee = 0.7
    /// Where diffuse white lies when a programme leaves room for highlights above it.
    public static let usualWhiteSignal = 0.9

    /// The light of full signal in cd/m².
    public let peak: Double
    /// The signal that is shown at 203 cd/m².
    public let whiteSignal: Double
    private let exponent: Double
    private let stops: Double

    /// Makes a curve.
    ///
    /// - Parameters:
    ///   - peak: the light that full signal has when diffuse white is at 90 %, in cd/m², above 203.
    ///   - whiteSignal: the signal of diffuse white, 0.9...1. The nearer to full signal, the fewer highlights there can be
    ///     above it and the lower their peak; at 1 nothing is expanded.
    public init(peak: Double, whiteSignal: Double) {
        let white = min(max(whiteSignal, Self.usualWhiteSignal), 1)
        self.whiteSignal = white
        let headroom = (1 - white) / (1 - Self.usualWhiteSignal)
        let stops = log2(max(1, peak / Self.referenceWhite)) * headroom
        self.stops = stops
        self.peak = Self.referenceWhite * exp2(stops)
        // At diffuse white the gain makes up for what the display's gamma takes: stops * t^exponent = -2.4 * log2(white).
        let t = (white - Self.knee) / (1 - Self.knee)
        let missing = -2.4 * log2(white)
        exponent = stops > missing * 1.02 ? log(missing / stops) / log(t) : .infinity
    }

    /// The factor for the light of a colour.
    ///
    /// - Parameter norm: how bright its signal is, 0...1; more counts as 1.
    public func gain(ofNorm norm: Double) -> Double {
        guard norm > Self.knee, exponent.isFinite else { return 1 }
        return exp2(stops * pow((min(norm, 1) - Self.knee) / (1 - Self.knee), exponent))
    }

    /// The weights of ``norm(ofSignal:weights:)`` for primaries: between their luminances and equal shares.
    public static func normWeights(_ primaries: RGBPrimaries) -> SIMD3<Double> {
        primaries.luminanceWeights * 0.5 + SIMD3(repeating: 1.0 / 6)
    }

    /// How bright a colour's signal is: between its luma and its largest component, so that neither a blue sky nor a red
    /// coat glows, but a lamp does.
    ///
    /// A mean of cubes: as smooth as tables need it, which a maximum is not on the grey axis.
    public static func norm(ofSignal signal: SIMD3<Double>, weights: SIMD3<Double>) -> Double {
        cbrt((signal * signal * signal * weights).sum())
    }
}
