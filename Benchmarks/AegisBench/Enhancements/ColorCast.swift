import Foundation
import Stages

/// A known error of colour that is put into good pictures.
struct ColorCast: Sendable {
    /// What it is called.
    let name: String
    /// What red, green and blue light are multiplied by; a grey keeps its luminance.
    var gains = SIMD3<Double>(repeating: 1)
    /// The exponent of the signal.
    var gamma = 1.0

    /// One channel of light ±10 to ±30 %, and the light of lamps and of shade behind a balance for daylight.
    static let casts: [ColorCast] =
        [0.7, 0.8, 0.9, 1.1, 1.2, 1.3].flatMap { gain in
            (0..<3).map { channel in
                var gains = SIMD3<Double>(repeating: 1)
                gains[channel] = gain
                return ColorCast("\(["red", "green", "blue"][channel]) \(gain)", gains)
            }
        } + [3200.0, 4000, 5000, 8000, 9500].map { ColorCast("\(Int($0)) K", light(kelvin: $0)) }

    /// Curves of the signal. Nobody can tell them from a dark or bright scene, so they are counted apart.
    static let curves: [ColorCast] = [0.8, 0.9, 1.1, 1.25].map { ColorCast(name: "gamma \($0)", gamma: $0) }

    /// Linear light of signals, in 4096 steps.
    private static let light = (0..<4096).map { step in
        let value = Double(step) / 4095
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }

    /// Signals of the squares of 4096 steps.
    private static let signal = (0..<4096).map { step in
        let light = Double(step) / 4095 * Double(step) / 4095
        return light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055
    }

    private init(_ name: String, _ gains: SIMD3<Double>) {
        self.name = name
        self.gains = gains / (gains * SIMD3(0.2126, 0.7152, 0.0722)).sum()
    }

    private init(name: String, gamma: Double) {
        self.name = name
        self.gamma = gamma
    }

    /// The signal that a signal becomes.
    func apply(_ signal: SIMD3<Double>) -> SIMD3<Double> {
        var result = SIMD3<Double>()
        for channel in 0..<3 {
            let value = min(max(signal[channel], 0), 1)
            if gamma != 1 {
                result[channel] = pow(value, gamma)
                continue
            }
            let light = Self.light[Int(value * 4095 + 0.5)] * gains[channel]
            result[channel] = Self.signal[min(Int(light.squareRoot() * 4095 + 0.5), 4095)]
        }
        return result
    }

    /// Linear BT.709 of light of a colour temperature: daylight from 4000 K on (CIE 15), below a black body (Kim et al.).
    private static func light(kelvin: Double) -> SIMD3<Double> {
        let t = 1000 / kelvin
        let x: Double, y: Double
        if kelvin < 4000 {
            x = -0.2661239 * t * t * t - 0.2343589 * t * t + 0.8776956 * t + 0.179910
            y = -0.9549476 * x * x * x - 1.37418593 * x * x + 2.09137015 * x - 0.16748867
        } else {
            x =
                kelvin <= 7000
                ? -4.6070 * t * t * t + 2.9678 * t * t + 0.09911 * t + 0.244063
                : -2.0064 * t * t * t + 1.9018 * t * t + 0.24748 * t + 0.237040
            y = -3 * x * x + 2.87 * x - 0.275
        }
        let (a, b) = (x / y, (1 - x - y) / y)
        return SIMD3(
            3.2404542 * a - 1.5371385 - 0.4985314 * b,
            -0.9692660 * a + 1.8760108 + 0.0415560 * b,
            0.0556434 * a - 0.2040259 + 1.0572252 * b
        )
    }
}
