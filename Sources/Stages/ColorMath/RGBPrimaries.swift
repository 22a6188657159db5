public import FFmpegKit

/// The chromaticities of an RGB space's primaries and white.
///
/// Sources: Rec. ITU-R BT.709-6, BT.2020-2, BT.601-7; SMPTE EG 432-1 (P3) with the white of D65.
public struct RGBPrimaries: Sendable, Hashable {
    /// Red primary.
    public let red: HDRMetadata.Chromaticity
    /// Green primary.
    public let green: HDRMetadata.Chromaticity
    /// Blue primary.
    public let blue: HDRMetadata.Chromaticity
    /// White point.
    public let white: HDRMetadata.Chromaticity

    private init(_ red: (Double, Double), _ green: (Double, Double), _ blue: (Double, Double)) {
        self.red = HDRMetadata.Chromaticity(x: red.0, y: red.1)
        self.green = HDRMetadata.Chromaticity(x: green.0, y: green.1)
        self.blue = HDRMetadata.Chromaticity(x: blue.0, y: blue.1)
        white = HDRMetadata.Chromaticity(x: 0.3127, y: 0.3290)
    }

    /// High-definition television, and sRGB.
    public static let bt709 = RGBPrimaries((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
    /// Ultra-high definition and all of HDR television.
    public static let bt2020 = RGBPrimaries((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
    /// What HDR programmes are graded on: the primaries of digital cinema, the white of television.
    public static let displayP3 = RGBPrimaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
    /// Standard definition of 625 lines.
    public static let bt601Lines625 = RGBPrimaries((0.64, 0.33), (0.29, 0.60), (0.15, 0.06))
    /// Standard definition of 525 lines.
    public static let bt601Lines525 = RGBPrimaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070))

    /// The primaries of a code point of ITU-T H.273 `ColourPrimaries`; `nil` for others than television's.
    public init?(codePoint: UInt8) {
        switch codePoint {
        case 1: self = .bt709
        case 5: self = .bt601Lines625
        case 6, 7: self = .bt601Lines525
        case 9: self = .bt2020
        case 12: self = .displayP3
        default: return nil
        }
    }

    /// Linear RGB to CIE 1931 XYZ with Y = 1 for white, derived as in SMPTE RP 177.
    public var toXYZ: ColorMatrix {
        func xyz(_ point: HDRMetadata.Chromaticity) -> SIMD3<Double> {
            SIMD3(point.x / point.y, 1, (1 - point.x - point.y) / point.y)
        }
        let (r, g, b) = (xyz(red), xyz(green), xyz(blue))
        let unscaled = ColorMatrix(rows: [r.x, g.x, b.x], [r.y, g.y, b.y], [r.z, g.z, b.z])
        let share = unscaled.inverse * xyz(white)
        return unscaled * ColorMatrix(rows: [share.x, 0, 0], [0, share.y, 0], [0, 0, share.z])
    }

    /// Linear RGB of these primaries to linear RGB of others; all have the same white, so nothing is adapted.
    public func matrix(to other: RGBPrimaries) -> ColorMatrix {
        self == other ? .identity : other.toXYZ.inverse * toXYZ
    }

    /// The weights of linear red, green and blue in luminance.
    public var luminanceWeights: SIMD3<Double> { toXYZ.rows.1 }
}
