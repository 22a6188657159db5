internal import Foundation

/// What `color_enhancement` does to the colours of a shot: white balance, levels, saturation.
struct ColorCorrection: Sendable, Equatable {
    /// Factors for red, green and blue light that make the estimated light neutral and keep a grey's luminance.
    var gains = SIMD3<Float>(repeating: 1)
    /// The luma signals that become black and white.
    var black: Float = 0, white: Float = 1
    /// By how much weak colours get stronger: 0.1 is a tenth.
    var vibrance: Float = 0

    /// Nothing.
    static let none = ColorCorrection()

    /// The signal (R'G'B') that a signal becomes.
    ///
    /// - Parameter weights: luma's weights of red, green and blue.
    func map(_ signal: SIMD3<Float>, weights: SIMD3<Float>) -> SIMD3<Float> {
        var color = signal
        if gains != Self.none.gains {
            // What is clipped in all channels was white light, whatever the balance says: it stays white.
            let clipping = Self.step(0.94, 1, signal.min())
            let factors = gains + (SIMD3(repeating: 1) - gains) * clipping
            for channel in 0..<3 {
                color[channel] = SignalCurve.signal(SignalCurve.light(color[channel]) * factors[channel])
            }
            color *= Self.shoulder(color.max(), from: signal.max())
        }
        if black != 0 || white != 1 { color = (color - black) / (white - black) }
        if vibrance != 0 {
            let luma = (color * weights).sum(), largest = color.max()
            let saturation = largest > 0.001 ? min(max((largest - color.min()) / largest, 0), 1) : 1
            let rest = 1 - saturation
            let factor = 1 + vibrance * rest * rest * (1 - 0.7 * Skin.weight(color))
            color = SIMD3(repeating: luma) + (color - luma) * factor
        }
        return color
    }

    /// The factor that keeps a pixel's largest channel, which got larger than it was, below the limit: bright colours keep
    /// their hue instead of being clipped.
    private static func shoulder(_ largest: Float, from before: Float) -> Float {
        let limit = max(1, before), start = max(before, limit - 0.03)
        guard largest > start else { return 1 }
        let room = limit - start
        return (room > 1e-4 ? start + room * (1 - exp(-(largest - start) / room)) : limit) / largest
    }

    /// A smooth step from 0 to 1.
    static func step(_ low: Float, _ high: Float, _ value: Float) -> Float {
        let share = min(max((value - low) / (high - low), 0), 1)
        return share * share * (3 - 2 * share)
    }
}

extension ColorCorrection {
    /// The largest change of a channel's signal, as a factor.
    static let largestGain: Float = 1.25
    /// The largest stretch of contrast.
    static let largestStretch: Float = 1.3

    /// Decides what to do about a measurement.
    ///
    /// Everything has a dead zone: what good pictures have too is left alone.
    ///
    /// - Parameters:
    ///   - measurement: what was measured: one frame, or the robust mean of a shot.
    ///   - strength: 0 nothing, 0.7 the full correction of what is clearly wrong, 1 also of what may be.
    init(_ measurement: ColorMeasurement, strength: Double) {
        let share = Float(min(strength / 0.7, 1)), eagerness = Float(max(strength - 0.7, 0) / 0.3)
        gains = Self.gains(measurement, share: share, eagerness: eagerness)
        (black, white) = Self.levels(measurement, share: share, eagerness: eagerness)
        // Black-and-white pictures stay so.
        let isColored = Self.step(0.01, 0.05, measurement.saturation)
        let need = 1 - Self.step(0.06, 0.22, measurement.saturation)
        vibrance = (0.10 + 0.10 * eagerness) * share * need * isColored
    }

    private static func gains(_ measurement: ColorMeasurement, share: Float, eagerness: Float) -> SIMD3<Float> {
        let light = measurement.illuminant
        let distance = (light * light).sum().squareRoot()
        // Up to here the light may as well be the scene's own colours.
        let doubt = 0.08 - 0.03 * eagerness
        // Where there are greys nobody needs to look for them.
        let isTinted = 1 - step(0.06, 0.16, measurement.neutral)
        let certainty = step(doubt, 1.5 * doubt, distance) * isTinted * measurement.confidence * share
        guard certainty > 0 else { return SIMD3(repeating: 1) }
        var logarithms = SIMD3(-light.x, 0, -light.y) * certainty
        let balanced = SIMD3(exp(logarithms.x), 1, exp(logarithms.z))
        let luminance = 0.2126 * balanced.x + 0.7152 * balanced.y + 0.0722 * balanced.z
        logarithms -= log(luminance)
        // Signals change by the root of what light changes by.
        let limit = 2.2 * log(largestGain)
        logarithms.clamp(lowerBound: SIMD3(repeating: -limit), upperBound: SIMD3(repeating: limit))
        return SIMD3(exp(logarithms.x), exp(logarithms.y), exp(logarithms.z))
    }

    private static func levels(
        _ measurement: ColorMeasurement,
        share: Float,
        eagerness: Float
    ) -> (black: Float, white: Float) {
        // Night stays night.
        let isLit = step(0.15, 0.45, measurement.white)
        let haze = max(measurement.black - (0.14 - 0.06 * eagerness), 0) * share * isLit
        let dimness = max((0.60 + 0.15 * eagerness) - measurement.white, 0) * share * isLit
        let missing = haze + dimness
        guard missing > 0.005 else { return (0, 1) }
        let allowed = min(missing, 1 - 1 / largestStretch)
        return (haze * allowed / missing, 1 - dimness * allowed / missing)
    }
}
