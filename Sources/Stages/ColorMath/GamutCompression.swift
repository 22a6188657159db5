internal import Foundation

/// Brings colours into BT.709: what is too colourful moves straight towards the grey of its own luminance, softly.
///
/// The straight line in linear light keeps the dominant wavelength, and the gamut is convex there, so that neighbouring
/// colours stay neighbours; lines of equal hue in perceptual spaces leave and enter BT.709 again near blue. What is too
/// bright and too colourful at once gives way in both.
public enum GamutCompression {
    /// Up to this share of the possible saturation nothing changes.
    private static let threshold = 0.95
    private static let weights = RGBPrimaries.bt709.luminanceWeights

    /// The nearest colour of BT.709.
    ///
    /// - Parameter light: linear BT.709 RGB, white being 1; any value.
    /// - Returns: linear BT.709 RGB in 0...1.
    public static func compress(_ light: SIMD3<Double>) -> SIMD3<Double> {
        // Half of the excess dims the colour, the other half takes its saturation.
        let color = light / max(1, light.max()).squareRoot()
        let grey = min(max((color * weights).sum(), 0), 1)
        let difference = color - SIMD3(repeating: grey)
        // How much of the possible saturation it has: 1 on the limit.
        let above = difference.max() / max(1 - grey, 1e-6), below = -difference.min() / max(grey, 1e-6)
        let saturation = max(above, below)
        guard saturation > threshold else { return color.clamped(lowerBound: .zero, upperBound: SIMD3(repeating: 1)) }
        let excess = (saturation - threshold) / (1 - threshold)
        let share = threshold + (1 - threshold) * excess / cbrt(1 + excess * excess * excess)
        let result = SIMD3(repeating: grey) + difference * (share / saturation)
        return result.clamped(lowerBound: .zero, upperBound: SIMD3(repeating: 1))
    }
}
