internal import Foundation

/// A colour in CIE 1976 L*a*b*, relative to D65.
///
/// Source: CIE 15:2004; sRGB by IEC 61966-2-1.
public struct CIELab: Sendable, Equatable {
    /// Lightness: 0 black, 100 white.
    public var lightness: Double
    /// Green to red.
    public var a: Double
    /// Blue to yellow.
    public var b: Double

    /// Makes a colour from its components.
    public init(lightness: Double, a: Double, b: Double) {
        self.lightness = lightness
        self.a = a
        self.b = b
    }

    /// The colour of an sRGB or BT.709 signal, as sRGB displays show it.
    ///
    /// - Parameter signal: R'G'B', 0...1; values outside are clamped, as displays do.
    public init(signal: SIMD3<Double>) {
        let red = Self.light(signal.x), green = Self.light(signal.y), blue = Self.light(signal.z)
        let x = Self.response((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047)
        let y = Self.response(0.2126729 * red + 0.7151522 * green + 0.0721750 * blue)
        let z = Self.response((0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883)
        self.init(lightness: 116 * y - 16, a: 500 * (x - y), b: 200 * (y - z))
    }

    /// Distance from grey.
    public var chroma: Double { (a * a + b * b).squareRoot() }

    private static func light(_ signal: Double) -> Double {
        let value = min(max(signal, 0), 1)
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }

    private static func response(_ share: Double) -> Double {
        share > 216.0 / 24389 ? cbrt(share) : (24389.0 / 27 * share + 16) / 116
    }
}

extension CIELab {
    /// How different two colours look: CIEDE2000 with all weights 1; about 1 is just noticeable side by side.
    ///
    /// Source: ISO/CIE 11664-6:2014; G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-difference formula:
    /// implementation notes, supplementary test data, and mathematical observations", Color Research and Application 30
    /// (2005).
    public func difference2000(to other: CIELab) -> Double {
        let meanChroma = (chroma + other.chroma) / 2
        let stretch = 1 + 0.5 * (1 - Self.chromaShare(meanChroma))
        let (a1, a2) = (a * stretch, other.a * stretch)
        let chroma1 = (a1 * a1 + b * b).squareRoot(), chroma2 = (a2 * a2 + other.b * other.b).squareRoot()
        let hue1 = Self.hue(a1, b), hue2 = Self.hue(a2, other.b)
        let hasHue = chroma1 * chroma2 != 0

        var hueStep = hasHue ? hue2 - hue1 : 0
        if hueStep > 180 { hueStep -= 360 } else if hueStep < -180 { hueStep += 360 }
        let lightnessDifference = other.lightness - lightness
        let chromaDifference = chroma2 - chroma1
        let hueDifference = 2 * (chroma1 * chroma2).squareRoot() * Self.sine(hueStep / 2)

        let lightnessMean = (lightness + other.lightness) / 2
        let chromaMean = (chroma1 + chroma2) / 2
        var hueMean = hue1 + hue2
        if hasHue {
            if abs(hue1 - hue2) > 180 { hueMean += hueMean < 360 ? 360 : -360 }
            hueMean /= 2
        }
        let weight =
            1 - 0.17 * Self.cosine(hueMean - 30) + 0.24 * Self.cosine(2 * hueMean)
            + 0.32 * Self.cosine(3 * hueMean + 6) - 0.20 * Self.cosine(4 * hueMean - 63)
        let middle = (lightnessMean - 50) * (lightnessMean - 50)
        let byLightness = lightnessDifference / (1 + 0.015 * middle / (20 + middle).squareRoot())
        let byChroma = chromaDifference / (1 + 0.045 * chromaMean)
        let byHue = hueDifference / (1 + 0.015 * chromaMean * weight)
        let blueness = (hueMean - 275) / 25
        let rotation = -2 * Self.chromaShare(chromaMean) * Self.sine(60 * exp(-blueness * blueness))
        return
            (byLightness * byLightness + byChroma * byChroma + byHue * byHue + rotation * byChroma * byHue)
            .squareRoot()
    }

    /// sqrt(C^7 / (C^7 + 25^7))
    private static func chromaShare(_ chroma: Double) -> Double {
        let power = pow(chroma, 7)
        return (power / (power + 6_103_515_625)).squareRoot()
    }

    private static func hue(_ a: Double, _ b: Double) -> Double {
        if a == 0 && b == 0 { return 0 }
        let degrees = atan2(b, a) * 180 / .pi
        return degrees < 0 ? degrees + 360 : degrees
    }

    private static func sine(_ degrees: Double) -> Double { sin(degrees * .pi / 180) }
    private static func cosine(_ degrees: Double) -> Double { cos(degrees * .pi / 180) }
}
