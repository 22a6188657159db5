internal import Foundation

/// PQ: absolute light as code values whose steps are equally visible. SMPTE ST 2084, Rec. ITU-R BT.2100.
public enum PerceptualQuantizer {
    /// The brightest level that can be said, in cd/m².
    public static let maximum = 10_000.0

    private static let m1 = 2610.0 / 16384
    private static let m2 = 2523.0 / 4096 * 128
    private static let c1 = 3424.0 / 4096
    private static let c2 = 2413.0 / 4096 * 32
    private static let c3 = 2392.0 / 4096 * 32
    /// What the formula gives for no light: 7e-7. Without it the curve is odd and black is exactly 0.
    private static let black = pow(c1, m2)

    /// The light of a signal.
    ///
    /// - Parameter signal: 0...1; values below are mirrored, values up to 1.5 continue the curve and larger ones count as
    ///   1.5, so that tables can be interpolated across the limits.
    /// - Returns: cd/m².
    public static func luminance(ofSignal signal: Double) -> Double {
        if signal < 0 { return -luminance(ofSignal: -signal) }
        let power = pow(min(signal, 1.5) + black, 1 / m2)
        return maximum * pow(max(power - c1, 0) / (c2 - c3 * power), 1 / m1)
    }

    /// The signal of a light level.
    ///
    /// - Parameter luminance: cd/m²; negative values are mirrored.
    /// - Returns: 0...1 up to 10 000 cd/m².
    public static func signal(ofLuminance luminance: Double) -> Double {
        if luminance < 0 { return -signal(ofLuminance: -luminance) }
        let power = pow(luminance / maximum, m1)
        return pow((c1 + c2 * power) / (1 + c3 * power), m2) - black
    }

    /// The light of a colour's three signals.
    public static func luminance(ofSignal signal: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(luminance(ofSignal: signal.x), luminance(ofSignal: signal.y), luminance(ofSignal: signal.z))
    }

    /// The signals of a colour's three light levels.
    public static func signal(ofLuminance luminance: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(signal(ofLuminance: luminance.x), signal(ofLuminance: luminance.y), signal(ofLuminance: luminance.z))
    }
}
