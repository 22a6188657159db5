internal import CFFmpeg
internal import MediaCore

extension AVRational {
    init(_ timebase: Timebase) { self.init(num: timebase.numerator, den: timebase.denominator) }
    init(_ rational: Rational) { self.init(num: rational.numerator, den: rational.denominator) }
}

extension Timebase {
    /// The timebase of a libav structure; microseconds where it is unset or nonsense.
    init(_ rational: AVRational) {
        if rational.num > 0 && rational.den > 0 {
            self.init(rational.num, rational.den)
        } else {
            self = .microseconds
        }
    }
}

extension Rational {
    /// The fraction, or `nil` where libav says "unknown" by a zero.
    init?(_ rational: AVRational) {
        guard rational.num > 0, rational.den > 0 else { return nil }
        self.init(rational.num, rational.den)
    }
}

extension PixelFormat {
    /// libavutil's constant for this layout.
    var av: AVPixelFormat {
        switch self {
        case .gray: AV_PIX_FMT_GRAY8
        case .gray10: AV_PIX_FMT_GRAY10LE
        case .yuv420p: AV_PIX_FMT_YUV420P
        case .yuv422p: AV_PIX_FMT_YUV422P
        case .yuv444p: AV_PIX_FMT_YUV444P
        case .yuv420p10: AV_PIX_FMT_YUV420P10LE
        case .yuv422p10: AV_PIX_FMT_YUV422P10LE
        case .yuv444p10: AV_PIX_FMT_YUV444P10LE
        case .yuv420p12: AV_PIX_FMT_YUV420P12LE
        case .yuv422p12: AV_PIX_FMT_YUV422P12LE
        case .yuv444p12: AV_PIX_FMT_YUV444P12LE
        case .nv12: AV_PIX_FMT_NV12
        case .p010: AV_PIX_FMT_P010LE
        }
    }

    /// The working format that a libav format is; the deprecated `yuvj` ones count as their limited-range twins.
    init?(_ format: AVPixelFormat) {
        switch format {
        case AV_PIX_FMT_YUVJ420P: self = .yuv420p
        case AV_PIX_FMT_YUVJ422P: self = .yuv422p
        case AV_PIX_FMT_YUVJ444P: self = .yuv444p
        default:
            guard let found = PixelFormat.allCases.first(where: { $0.av == format }) else { return nil }
            self = found
        }
    }

    /// The working format nearest to any libav format: as many bits and as much chroma, at most 12 bits and 4:4:4.
    init(nearest format: AVPixelFormat) {
        if let exact = PixelFormat(format) {
            self = exact
            return
        }
        guard let descriptor = av_pix_fmt_desc_get(format)?.pointee else {
            self = .yuv420p
            return
        }
        let depth = Int(descriptor.comp.0.depth)
        let isRGB = descriptor.flags & UInt64(AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) != 0
        let chroma: Chroma =
            if isRGB {
                .full444
            } else if descriptor.nb_components < 3 {
                .none
            } else if descriptor.log2_chroma_w == 0 {
                .full444
            } else if descriptor.log2_chroma_h == 0 {
                .half422
            } else {
                .half420
            }
        let bits = depth <= 8 ? 8 : depth <= 10 || chroma == .none ? 10 : 12
        self = PixelFormat.planar(bitDepth: bits, chroma: chroma) ?? .yuv420p
    }

    static func isFullRangeTwin(_ format: AVPixelFormat) -> Bool {
        format == AV_PIX_FMT_YUVJ420P || format == AV_PIX_FMT_YUVJ422P || format == AV_PIX_FMT_YUVJ444P
    }
}

extension ColorDescription {
    init(
        primaries: AVColorPrimaries,
        transfer: AVColorTransferCharacteristic,
        matrix: AVColorSpace,
        range: AVColorRange,
        location: AVChromaLocation
    ) {
        self.init(
            primaries: UInt8(clamping: primaries.rawValue),
            transfer: UInt8(clamping: transfer.rawValue),
            matrix: UInt8(clamping: matrix.rawValue),
            isFullRange: range == AVCOL_RANGE_JPEG ? true : range == AVCOL_RANGE_MPEG ? false : nil,
            chromaLocation: UInt8(clamping: location.rawValue)
        )
    }

    var avRange: AVColorRange {
        switch isFullRange {
        case true?: AVCOL_RANGE_JPEG
        case false?: AVCOL_RANGE_MPEG
        case nil: AVCOL_RANGE_UNSPECIFIED
        }
    }
}

/// Reads a libav dictionary; later duplicates win.
func strings(of dictionary: OpaquePointer?) -> [String: String] {
    var result: [String: String] = [:]
    var entry: UnsafeMutablePointer<AVDictionaryEntry>?
    while true {
        entry = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX)
        guard let entry else { return result }
        result[String(cString: entry.pointee.key)] = String(cString: entry.pointee.value)
    }
}

/// Owns an `AVDictionary` for the length of one call that takes options.
struct OptionDictionary: ~Copyable {
    var pointer: OpaquePointer?

    init(_ options: [(String, String)] = []) {
        for (key, value) in options { av_dict_set(&pointer, key, value, 0) }
    }

    init(_ options: [String: String]) {
        for (key, value) in options.sorted(by: { $0.key < $1.key }) { av_dict_set(&pointer, key, value, 0) }
    }

    /// The keys that the call did not recognise, in order.
    var unused: [String] { strings(of: pointer).keys.sorted() }

    deinit {
        var pointer = pointer
        av_dict_free(&pointer)
    }
}
