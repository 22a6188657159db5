internal import CFFmpeg

/// A device that decodes or encodes: CUDA, VAAPI or Quick Sync.
///
/// Immutable and shared. Source: `libavutil/hwcontext.h`.
public final class HardwareDevice: @unchecked Sendable {
    /// The families of devices that Aegis knows how to use.
    public enum Kind: String, Sendable, CaseIterable {
        /// NVIDIA: NVDEC and NVENC.
        case cuda
        /// Intel and AMD through the kernel's render nodes.
        case vaapi
        /// Intel Quick Sync.
        case qsv

        var av: AVHWDeviceType {
            switch self {
            case .cuda: AV_HWDEVICE_TYPE_CUDA
            case .vaapi: AV_HWDEVICE_TYPE_VAAPI
            case .qsv: AV_HWDEVICE_TYPE_QSV
            }
        }

        /// The pixel format of surfaces on this device.
        var surface: AVPixelFormat {
            switch self {
            case .cuda: AV_PIX_FMT_CUDA
            case .vaapi: AV_PIX_FMT_VAAPI
            case .qsv: AV_PIX_FMT_QSV
            }
        }
    }

    // Safe because: the reference is never written after `init`, and libav locks what is behind it.
    let reference: UnsafeMutablePointer<AVBufferRef>
    /// The family.
    public let kind: Kind

    /// Opens the machine's first device of a family.
    ///
    /// - Throws: ``FFmpegError`` when there is none or its driver is missing.
    public init(_ kind: Kind) throws(FFmpegError) {
        self.kind = kind
        var opened: UnsafeMutablePointer<AVBufferRef>?
        try check(av_hwdevice_ctx_create(&opened, kind.av, nil, nil, 0), "open a \(kind.rawValue) device")
        reference = try allocated(opened, "open a \(kind.rawValue) device")
    }

    deinit {
        var reference: UnsafeMutablePointer<AVBufferRef>? = reference
        av_buffer_unref(&reference)
    }
}
