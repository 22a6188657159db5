internal import Foundation

/// HLG: scene light as code values that also look right on ordinary displays. Rec. ITU-R BT.2100-2, table 5.
public struct HybridLogGamma: Sendable, Hashable {
    /// What a display shows at full signal, in cd/m².
    public let nominalPeak: Double
    /// The exponent of the opto-optical transfer function: 1.2 at 1000 cd/m², more on brighter displays.
    public let systemGamma: Double

    /// Describes a display.
    ///
    /// - Parameter nominalPeak: 400...2000 cd/m², where the formula for the system gamma holds.
    public init(nominalPeak: Double = 1000) {
        self.nominalPeak = nominalPeak
        systemGamma = 1.2 + 0.42 * log10(nominalPeak / 1000)
    }

    private static let a = 0.17883277
    private static let b = 1 - 4 * a
    private static let c = 0.5 - a * log(4 * a)

    /// Scene light (0...1) of a signal (0...1): the inverse OETF. Negative signals are mirrored.
    public static func sceneLight(ofSignal signal: Double) -> Double {
        if signal < 0 { return -sceneLight(ofSignal: -signal) }
        return signal <= 0.5 ? signal * signal / 3 : (exp((signal - c) / a) + b) / 12
    }

    /// The signal (0...1) of scene light (0...1): the OETF.
    public static func signal(ofSceneLight light: Double) -> Double {
        if light < 0 { return -signal(ofSceneLight: -light) }
        return light <= 1.0 / 12 ? (3 * light).squareRoot() : a * log(12 * light - b) + c
    }

    /// The light that the display shows for a BT.2020 colour, in cd/m²: the EOTF with black at 0.
    public func displayLight(ofSignal signal: SIMD3<Double>) -> SIMD3<Double> {
        // Tables ask for colours beyond the limits, where the logarithm's inverse explodes.
        let bounded = signal.clamped(lowerBound: SIMD3(repeating: -0.5), upperBound: SIMD3(repeating: 1.2))
        let scene = SIMD3(
            Self.sceneLight(ofSignal: bounded.x),
            Self.sceneLight(ofSignal: bounded.y),
            Self.sceneLight(ofSignal: bounded.z)
        )
        let luminance = max(0, (scene * SIMD3(0.2627, 0.6780, 0.0593)).sum())
        return scene * (nominalPeak * pow(luminance, systemGamma - 1))
    }
}
