internal import Kernels
internal import MediaCore
internal import Pipeline

/// What the code values of a stream mean, judged by its tags.
enum DynamicRange: Hashable, Sendable {
    /// Ordinary video: light relative to white.
    case standard(DisplayGamma, RGBPrimaries)
    /// PQ: absolute light.
    case perceptualQuantizer(RGBPrimaries)
    /// HLG: light relative to the display's peak.
    case hybridLogGamma

    /// Whether it is HDR.
    var isHDR: Bool {
        if case .standard = self { false } else { true }
    }

    /// Reads the tags of a format.
    ///
    /// Tags that contradict each other are refused: whatever was made of them would be labelled wrong too.
    ///
    /// - Throws: ``StageError`` that says what contradicts what, and the remedy.
    init(_ format: VideoFormat) throws(StageError) {
        let color = format.color
        guard color.isHDR else {
            self = try Self.standard(format)
            return
        }
        let name = color.transfer == 16 ? "PQ" : "HLG"
        let (primaries, matrix) = (color.primaries, color.matrix)
        if format.pixelFormat.bitDepth < 10 {
            throw Self.contradiction(
                "the stream is tagged \(name) but has 8 bits, which HDR never has",
                "if it is ordinary video, correct the tag first"
            )
        }
        if matrix == 14 || matrix == 0 {
            throw Self.contradiction(
                "the stream is coded as \(matrix == 14 ? "ICtCp" : "RGB"), which is not supported for HDR",
                "convert it to BT.2020 Y'CbCr first"
            )
        }
        guard matrix == 9 || matrix == 2 else {
            throw Self.contradiction(
                "the stream is tagged \(name) but its matrix is \(Self.matrixName(matrix)), not BT.2020",
                "correct the tags first"
            )
        }
        switch (primaries, color.transfer) {
        case (9, 16), (2, 16): self = .perceptualQuantizer(.bt2020)
        case (12, 16): self = .perceptualQuantizer(.displayP3)
        case (9, 18), (2, 18): self = .hybridLogGamma
        default:
            throw Self.contradiction(
                "the stream is tagged \(name) but its primaries are \(Self.primariesName(primaries)), not BT.2020",
                "correct the tags first"
            )
        }
    }

    private static func standard(_ format: VideoFormat) throws(StageError) -> DynamicRange {
        let color = format.color
        guard let display = DisplayGamma(codePoint: color.transfer) else {
            throw contradiction(
                "the stream's transfer function (number \(color.transfer) of ITU-T H.273) is neither ordinary video, PQ "
                    + "nor HLG",
                "convert it to BT.709 first"
            )
        }
        if color.transfer == 2 && (color.primaries == 9 || color.matrix == 9) && format.pixelFormat.bitDepth >= 10 {
            throw contradiction(
                "the stream is tagged BT.2020 without a transfer function, so it may be PQ, HLG or ordinary video",
                "add the missing tag first"
            )
        }
        if color.primaries != 2, RGBPrimaries(codePoint: color.primaries) == nil {
            throw contradiction(
                "the stream's primaries (number \(color.primaries) of ITU-T H.273) are not supported",
                "convert it to BT.709 first"
            )
        }
        return .standard(display, RGBPrimaries(codePoint: color.primaries) ?? .bt709)
    }

    private static func contradiction(_ what: String, _ remedy: String) -> StageError {
        StageError(
            .invalidInput,
            stage: HDRProcessingPlan.stageName,
            "\(what); \(remedy) (for example: ffmpeg -i IN -c copy -bsf:v hevc_metadata=colour_primaries=9:"
                + "transfer_characteristics=16:matrix_coefficients=9 OUT)"
        )
    }

    private static func primariesName(_ number: UInt8) -> String {
        [1: "BT.709", 5: "BT.601", 6: "BT.601", 12: "P3"][number] ?? "number \(number) of ITU-T H.273"
    }

    private static func matrixName(_ number: UInt8) -> String {
        [1: "BT.709", 5: "BT.601", 6: "BT.601", 10: "BT.2020 constant luminance"][number]
            ?? "number \(number) of ITU-T H.273"
    }
}

extension VideoFormat {
    /// How its samples code R'G'B'.
    ///
    /// - Parameters:
    ///   - matrixIsBT2020: whether the matrix is BT.2020's, whatever the tags leave out.
    ///   - depth: the bits of the same code at another depth; the format's own by default.
    func colorEncoding(matrixIsBT2020: Bool, depth: Int? = nil) -> ColorEncoding {
        let weights = matrixIsBT2020 ? (red: Float(0.2627), blue: Float(0.0593)) : color.lumaWeights(height: height)
        return ColorEncoding(
            depth: depth ?? pixelFormat.bitDepth,
            weightRed: Double(weights.red),
            weightBlue: Double(weights.blue),
            isFullRange: color.isFullRange ?? false
        )
    }
}
