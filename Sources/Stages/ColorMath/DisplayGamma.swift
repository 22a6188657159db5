internal import Foundation

/// How displays turn the signal of ordinary video into light, relative to white and with black at 0.
///
/// Video is graded on displays that follow BT.1886, so its signal means what such a display shows, whatever curve a camera
/// had (BT.709's OETF among them).
public enum DisplayGamma: Sendable, Hashable {
    /// Rec. ITU-R BT.1886 with a black of 0: a plain power of 2.4.
    case bt1886
    /// IEC 61966-2-1: pictures of computers.
    case sRGB
    /// A plain power: 2.2 and 2.8 of ITU-T H.273.
    case power(Double)

    /// The display of a code point of H.273 `TransferCharacteristics`; `nil` for HDR, logarithmic and linear signals.
    public init?(codePoint: UInt8) {
        switch codePoint {
        case 1, 2, 6, 7, 11, 12, 14, 15: self = .bt1886
        case 4: self = .power(2.2)
        case 5: self = .power(2.8)
        case 13: self = .sRGB
        default: return nil
        }
    }

    /// Light of 0...1 for a signal of 0...1; negative signals are mirrored.
    public func light(ofSignal signal: Double) -> Double {
        if signal < 0 { return -light(ofSignal: -signal) }
        switch self {
        case .bt1886: return pow(signal, 2.4)
        case .sRGB: return signal <= 0.04045 ? signal / 12.92 : pow((signal + 0.055) / 1.055, 2.4)
        case .power(let exponent): return pow(signal, exponent)
        }
    }

    /// The signal of 0...1 for a light of 0...1; negative light is mirrored.
    public func signal(ofLight light: Double) -> Double {
        if light < 0 { return -signal(ofLight: -light) }
        switch self {
        case .bt1886: return pow(light, 1 / 2.4)
        case .sRGB: return light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055
        case .power(let exponent): return pow(light, 1 / exponent)
        }
    }

    /// The light of a colour's three signals.
    public func light(ofSignal signal: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(light(ofSignal: signal.x), light(ofSignal: signal.y), light(ofSignal: signal.z))
    }

    /// The signals of a colour's three lights.
    public func signal(ofLight light: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(self.signal(ofLight: light.x), self.signal(ofLight: light.y), self.signal(ofLight: light.z))
    }
}
