internal import Glibc
internal import MediaCore

/// A colour as users write it, `#RRGGBB` in sRGB.
struct BackgroundColor: Equatable, Sendable {
    var red: UInt8
    var green: UInt8
    var blue: UInt8

    /// Reads `#RRGGBB`; `nil` when the text is something else.
    init?(parsing text: String) {
        let digits = text.utf8.dropFirst()
        guard text.utf8.first == UInt8(ascii: "#"), digits.count == 6, let value = UInt32(text.dropFirst(), radix: 16),
            digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
        else { return nil }
        red = UInt8(value >> 16)
        green = UInt8(value >> 8 & 255)
        blue = UInt8(value & 255)
    }

    /// The code values of the colour in a stream's matrix, range, depth and transfer function.
    func codeValues(in format: VideoFormat) -> CodeValues {
        var light = SIMD3(Double(red), Double(green), Double(blue)) / 255
        if format.color.isHDR { light = Self.highDynamicRange(light, transfer: format.color.transfer) }
        let weights = format.color.lumaWeights(height: format.height)
        let (weightRed, weightBlue) = (Double(weights.red), Double(weights.blue))
        let luma = weightRed * light.x + (1 - weightRed - weightBlue) * light.y + weightBlue * light.z
        let first = (light.z - luma) / (2 * (1 - weightBlue))
        let second = (light.x - luma) / (2 * (1 - weightRed))
        let unit = Double(1 << (format.pixelFormat.bitDepth - 8))
        let top = Double(1 << format.pixelFormat.bitDepth) - 1
        func code(_ value: Double) -> UInt16 { UInt16(max(0, min(top, value.rounded()))) }
        if format.color.isFullRange == true {
            return CodeValues(
                luma: code(luma * top),
                first: code(first * top + 128 * unit),
                second: code(second * top + 128 * unit)
            )
        }
        return CodeValues(
            luma: code((16 + 219 * luma) * unit),
            first: code((128 + 224 * first) * unit),
            second: code((128 + 224 * second) * unit)
        )
    }

    /// The luminance of SDR white inside HDR video, in nits: ITU-R BT.2408.
    static let diffuseWhite = 203.0

    /// sRGB signal to BT.2020 PQ (16) or HLG (18) signal.
    private static func highDynamicRange(_ signal: SIMD3<Double>, transfer: UInt8) -> SIMD3<Double> {
        func linear(_ value: Double) -> Double { value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4) }
        let light = SIMD3(linear(signal.x), linear(signal.y), linear(signal.z))
        // ITU-R BT.2087: the primaries of BT.709 in BT.2020.
        let wide = SIMD3(
            (SIMD3(0.6274, 0.3293, 0.0433) * light).sum(),
            (SIMD3(0.0691, 0.9195, 0.0114) * light).sum(),
            (SIMD3(0.0164, 0.0880, 0.8956) * light).sum()
        )
        let code = transfer == 16 ? perceptualQuantizer : hybridLogGamma
        return SIMD3(code(wide.x), code(wide.y), code(wide.z))
    }

    /// SMPTE ST 2084.
    private static func perceptualQuantizer(_ light: Double) -> Double {
        let power = pow(max(0, light) * diffuseWhite / 10000, 0.1593017578125)
        return pow((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power), 78.84375)
    }

    /// ITU-R BT.2100 HLG on a display of 1000 nits, where diffuse white is 75 % signal.
    private static func hybridLogGamma(_ light: Double) -> Double {
        let scene = pow(max(0, light) * diffuseWhite / 1000, 1 / 1.2)
        return scene <= 1.0 / 12 ? sqrt(3 * scene) : 0.17883277 * log(12 * scene - 0.28466892) + 0.55991073
    }
}

/// One sample of each component, at the depth of its stream.
struct CodeValues: Equatable, Sendable {
    var luma: UInt16
    var first: UInt16
    var second: UInt16
}
