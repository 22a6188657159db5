internal import Foundation

/// IC_TC_P: intensity and two colour differences of HDR colours, even to the eye. Rec. ITU-R BT.2100-2, table 7.
public struct ICtCp: Sendable, Equatable {
    /// Intensity: for a grey the PQ signal of its luminance.
    public var intensity: Double
    /// Tritan: yellow to blue.
    public var tritan: Double
    /// Protan: green to red.
    public var protan: Double

    /// Makes a colour from its components.
    public init(intensity: Double, tritan: Double, protan: Double) {
        self.intensity = intensity
        self.tritan = tritan
        self.protan = protan
    }

    private static let toLMS = ColorMatrix(
        rows: SIMD3(1688, 2146, 262) / 4096,
        SIMD3(683, 2951, 462) / 4096,
        SIMD3(99, 309, 3688) / 4096
    )
    private static let fromLMS = toLMS.inverse
    private static let toDifferences = ColorMatrix(
        rows: SIMD3(0.5, 0.5, 0),
        SIMD3(6610, -13613, 7003) / 4096,
        SIMD3(17933, -17390, -543) / 4096
    )
    private static let fromDifferences = toDifferences.inverse

    /// The colour of linear BT.2020 RGB in cd/m².
    public init(bt2020 light: SIMD3<Double>) {
        let components = Self.toDifferences * PerceptualQuantizer.signal(ofLuminance: Self.toLMS * light)
        self.init(intensity: components.x, tritan: components.y, protan: components.z)
    }

    /// Linear BT.2020 RGB in cd/m².
    public var bt2020: SIMD3<Double> {
        let signals = Self.fromDifferences * SIMD3(intensity, tritan, protan)
        return Self.fromLMS * PerceptualQuantizer.luminance(ofSignal: signals)
    }

    /// Distance from grey, as ΔE_ITP counts it.
    public var chroma: Double { (0.25 * tritan * tritan + protan * protan).squareRoot() }

    /// The angle between the hues of two colours in degrees, 0...180.
    public func hueShift(to other: ICtCp) -> Double {
        let shift = abs(atan2(protan, 0.5 * tritan) - atan2(other.protan, 0.5 * other.tritan)) * 180 / .pi
        return shift > 180 ? 360 - shift : shift
    }

    /// ΔE_ITP of Rec. ITU-R BT.2124-0: about 1 is just visible under the most critical conditions.
    public func difference(from other: ICtCp) -> Double {
        let (i, t, p) = (intensity - other.intensity, 0.5 * (tritan - other.tritan), protan - other.protan)
        return 720 * (i * i + t * t + p * p).squareRoot()
    }
}
