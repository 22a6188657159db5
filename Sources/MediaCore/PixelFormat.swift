/// The memory layout of a picture that stages may work on.
///
/// These are the *working formats*: planar (or semi-planar at hardware surfaces) luma and chroma of 8 to 12 bits. Every
/// other layout that a file may hold (RGB, alpha, palettes, 4:1:1 …) is converted to the nearest one after decoding.
/// Full-range video uses the same layouts; the range is part of ``ColorDescription``.
///
/// Raw values are FFmpeg's names (`av_get_pix_fmt`), so that they can be used on every command line. Samples above 8
/// bits are little-endian 16-bit words with the value in the low bits, except `p010` which keeps it in the high bits.
public enum PixelFormat: String, Hashable, Sendable, CaseIterable {
    /// Luma only, 8 bits.
    case gray
    /// Luma only, 10 bits.
    case gray10 = "gray10le"
    /// 4:2:0, 8 bits.
    case yuv420p
    /// 4:2:2, 8 bits.
    case yuv422p
    /// 4:4:4, 8 bits.
    case yuv444p
    /// 4:2:0, 10 bits.
    case yuv420p10 = "yuv420p10le"
    /// 4:2:2, 10 bits.
    case yuv422p10 = "yuv422p10le"
    /// 4:4:4, 10 bits.
    case yuv444p10 = "yuv444p10le"
    /// 4:2:0, 12 bits.
    case yuv420p12 = "yuv420p12le"
    /// 4:2:2, 12 bits.
    case yuv422p12 = "yuv422p12le"
    /// 4:4:4, 12 bits.
    case yuv444p12 = "yuv444p12le"
    /// 4:2:0, 8 bits, interleaved chroma: the layout of hardware surfaces.
    case nv12
    /// 4:2:0, 10 bits in the high bits of 16, interleaved chroma.
    case p010 = "p010le"

    /// How much smaller the chroma planes are than the luma plane.
    public enum Chroma: Sendable, Hashable {
        /// No chroma planes.
        case none
        /// Half the width, half the height.
        case half420
        /// Half the width, full height.
        case half422
        /// Full size.
        case full444
    }

    /// Significant bits in a sample.
    public var bitDepth: Int {
        switch self {
        case .gray, .yuv420p, .yuv422p, .yuv444p, .nv12: 8
        case .gray10, .yuv420p10, .yuv422p10, .yuv444p10, .p010: 10
        case .yuv420p12, .yuv422p12, .yuv444p12: 12
        }
    }

    /// Bytes that one sample occupies: 1 up to 8 bits, otherwise 2.
    public var bytesPerSample: Int { bitDepth > 8 ? 2 : 1 }

    /// The chroma subsampling.
    public var chroma: Chroma {
        switch self {
        case .gray, .gray10: .none
        case .yuv420p, .yuv420p10, .yuv420p12, .nv12, .p010: .half420
        case .yuv422p, .yuv422p10, .yuv422p12: .half422
        case .yuv444p, .yuv444p10, .yuv444p12: .full444
        }
    }

    /// Whether the two chroma components share one plane, sample by sample.
    public var hasInterleavedChroma: Bool { self == .nv12 || self == .p010 }

    /// Number of memory planes.
    public var planeCount: Int { chroma == .none ? 1 : hasInterleavedChroma ? 2 : 3 }

    /// Right shift that takes a luma width to a chroma width (rounded up by the caller).
    public var chromaShiftX: Int { chroma == .half420 || chroma == .half422 ? 1 : 0 }

    /// Right shift that takes a luma height to a chroma height (rounded up by the caller).
    public var chromaShiftY: Int { chroma == .half420 ? 1 : 0 }

    /// Width in samples of the plane's components for a picture of the given width; chroma is rounded up.
    public func planeWidth(_ plane: Int, width: Int) -> Int {
        plane == 0 ? width : (width + (1 << chromaShiftX) - 1) >> chromaShiftX
    }

    /// Height in rows of a plane for a picture of the given height; chroma is rounded up.
    public func planeHeight(_ plane: Int, height: Int) -> Int {
        plane == 0 ? height : (height + (1 << chromaShiftY) - 1) >> chromaShiftY
    }

    /// The planar format with the same depth and chroma; itself when it is planar already.
    public var planar: PixelFormat {
        switch self {
        case .nv12: .yuv420p
        case .p010: .yuv420p10
        default: self
        }
    }

    /// The planar format with the given depth (8, 10 or 12) and chroma.
    ///
    /// - Returns: `nil` when there is no such working format.
    public static func planar(bitDepth: Int, chroma: Chroma) -> PixelFormat? {
        allCases.first { $0.bitDepth == bitDepth && $0.chroma == chroma && !$0.hasInterleavedChroma }
    }
}
