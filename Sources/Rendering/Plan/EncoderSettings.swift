public import FFmpegKit
public import MediaCore
public import Pipeline

/// The four steps of `--quality`.
public enum Quality: String, Sendable, CaseIterable {
    /// Fastest, small file, visible loss.
    case low
    /// Everyday quality.
    case medium
    /// Visually clean.
    case high
    /// Nearly lossless, slow, large.
    case ultra
}

/// The codecs of `--codec`.
public enum OutputCodec: String, Sendable, CaseIterable {
    /// H.264 / AVC: plays everywhere.
    case h264
    /// H.265 / HEVC: ten bits and HDR.
    case hevc
    /// AV1: smallest files.
    case av1
}

/// Which encoder makes the result, with which options.
public struct EncoderSettings: Sendable, Equatable {
    /// FFmpeg's name of the encoder.
    public let encoderName: String
    /// Its options; the user's come last and win.
    public let options: [CodecOption]

    /// Chooses an encoder.
    ///
    /// - Parameters:
    ///   - codec: the codec the user asked for, if any.
    ///   - encoderName: the encoder the user asked for, if any; wins over `codec`.
    ///   - quality: the step that sets preset and rate.
    ///   - userOptions: the encoder's own options from the user.
    ///   - allowsOutsideAccess: whether options beyond ``EncoderOptionAllowList`` may be used, which may write files.
    ///   - container: what the result is put into.
    ///   - format: the pictures to encode.
    /// - Throws: ``RenderError`` when the container cannot hold the codec, or an option is not allowed.
    public init(
        codec: OutputCodec?,
        encoderName: String?,
        quality: Quality,
        userOptions: [CodecOption],
        allowsOutsideAccess: Bool = false,
        container: Muxer.Container,
        format: VideoFormat
    ) throws {
        let chosen = try encoderName ?? Self.encoder(for: codec, container: container, format: format)
        if !allowsOutsideAccess {
            for option in userOptions {
                guard let objection = EncoderOptionAllowList.objection(to: option, of: chosen) else { continue }
                throw RenderError(.usage, "encoder \(chosen): \(objection)", remedy: "leave it away")
            }
        }
        self.encoderName = chosen
        options = Self.options(for: chosen, quality: quality) + userOptions
    }

    private static func encoder(
        for codec: OutputCodec?,
        container: Muxer.Container,
        format: VideoFormat
    ) throws
        -> String
    {
        if let codec {
            guard container.canHold(codecNamed: codec.rawValue) else {
                throw RenderError(
                    .usage,
                    "a .\(container.name) file cannot hold \(codec.rawValue)",
                    remedy: "choose another --codec or another file name extension, for example .mkv"
                )
            }
            return softwareEncoders[codec] ?? codec.rawValue
        }
        if container.isStillImage || container.name == "gif" || container.name == "apng" {
            return container.defaultVideoCodec ?? "png"
        }
        // H.264 above 8 bits plays almost nowhere, HEVC Main 10 almost everywhere.
        let preferred: [OutputCodec] = format.pixelFormat.bitDepth > 8 ? [.hevc, .av1, .h264] : [.h264, .av1, .hevc]
        for codec in preferred where container.canHold(codecNamed: codec.rawValue) {
            if let encoder = softwareEncoders[codec], VideoEncoder.isAvailable(encoder) { return encoder }
        }
        if let fallback = container.defaultVideoCodec { return fallback }
        throw RenderError(
            .usage,
            "a .\(container.name) file cannot hold video",
            remedy: "choose another file name extension, for example .mp4"
        )
    }

    /// The size nearest to a picture's that the encoder can say: H.264, HEVC and AV1 count in pairs of samples where
    /// chroma is subsampled.
    public func codedSize(of format: VideoFormat) -> PictureSize {
        let countsInPairs = ["264", "265", "hevc", "av1"].contains { encoderName.contains($0) }
        guard countsInPairs else { return PictureSize(width: format.width, height: format.height) }
        let (x, y) = (format.pixelFormat.chromaShiftX, format.pixelFormat.chromaShiftY)
        return PictureSize(
            width: max(1 << x, (format.width >> x) << x),
            height: max(1 << y, (format.height >> y) << y)
        )
    }

    private static let softwareEncoders: [OutputCodec: String] = [
        .h264: "libx264", .hevc: "libx265", .av1: "libsvtav1",
    ]

    /// Preset and rate of each step. CRF scales differ by codec; the steps are meant to look alike.
    static func options(for encoder: String, quality: Quality) -> [CodecOption] {
        func crf(_ presets: [String], _ rates: [Int]) -> [CodecOption] {
            let step = Quality.allCases.firstIndex(of: quality) ?? 2
            return [CodecOption("preset", presets[step]), CodecOption("crf", String(rates[step]))]
        }
        switch encoder {
        case "libx264":
            return crf(["ultrafast", "veryfast", "faster", "slow"], [28, 23, 18, 12])
        case "libx265":
            // Closed groups of pictures let the next editor cut anywhere; x265 opens them by default.
            return crf(["ultrafast", "superfast", "fast", "medium"], [30, 25, 20, 14])
                + [CodecOption("x265-params", "log-level=error:open-gop=0")]
        case "libsvtav1":
            return crf(["12", "10", "8", "6"], [45, 36, 28, 18])
        case "mjpeg":
            let scale = [8, 4, 2, 1][Quality.allCases.firstIndex(of: quality) ?? 2]
            return [CodecOption("qmin", String(scale)), CodecOption("qmax", String(scale))]
        case "h264_nvenc", "hevc_nvenc", "av1_nvenc":
            let rate = [30, 26, 21, 15][Quality.allCases.firstIndex(of: quality) ?? 2]
            return [CodecOption("rc", "vbr"), CodecOption("cq", String(rate)), CodecOption("b", "0")]
        case "h264_vaapi", "hevc_vaapi", "av1_vaapi":
            let rate = [30, 26, 21, 15][Quality.allCases.firstIndex(of: quality) ?? 2]
            return [CodecOption("rc_mode", "CQP"), CodecOption("qp", String(rate))]
        case "h264_qsv", "hevc_qsv", "av1_qsv":
            let rate = [30, 26, 21, 15][Quality.allCases.firstIndex(of: quality) ?? 2]
            return [CodecOption("global_quality", String(rate))]
        default:
            return []
        }
    }
}
