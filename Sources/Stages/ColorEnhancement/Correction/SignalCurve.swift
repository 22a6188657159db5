internal import Foundation

/// Between the signal of ordinary video and light: the curve of IEC 61966-2-1, mirrored below 0 and going on above 1.
enum SignalCurve {
    /// Linear light of a signal.
    static func light(_ signal: Float) -> Float {
        let size = abs(signal)
        let light = size <= 0.04045 ? size / 12.92 : powf((size + 0.055) / 1.055, 2.4)
        return signal < 0 ? -light : light
    }

    /// The signal of linear light.
    static func signal(_ light: Float) -> Float {
        let size = abs(light)
        let signal = size <= 0.0031308 ? size * 12.92 : 1.055 * powf(size, 1 / 2.4) - 0.055
        return light < 0 ? -signal : signal
    }
}
