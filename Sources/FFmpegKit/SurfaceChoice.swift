internal import CFFmpeg
internal import Synchronization

/// Answers libavcodec's question into which kind of surface to decode.
///
/// Asked when a stream begins and whenever its shape changes; not offered are surfaces that the device or its driver cannot
/// give for this stream. A device that was asked for by name must then be an error, not a slow surprise.
final class SurfaceChoice: Sendable {
    /// The device whose surfaces are wanted.
    let device: HardwareDevice.Kind
    private let mayFallBack: Bool
    private let refused = Atomic<Bool>(false)

    init(_ device: HardwareDevice.Kind, mayFallBack: Bool) {
        self.device = device
        self.mayFallBack = mayFallBack
    }

    /// Whether the surface was not to be had.
    var isRefused: Bool { refused.load(ordering: .acquiring) }

    /// Whether decoding cannot go on because of that.
    var isFatal: Bool { isRefused && !mayFallBack }

    /// Makes a decoder ask this object, which must outlive it.
    func answer(for context: UnsafeMutablePointer<AVCodecContext>) {
        context.pointee.opaque = Unmanaged.passUnretained(self).toOpaque()
        context.pointee.get_format = chooseSurface
    }

    fileprivate func choose(
        _ context: UnsafeMutablePointer<AVCodecContext>,
        _ formats: UnsafePointer<AVPixelFormat>
    ) -> AVPixelFormat {
        var next = formats
        while next.pointee != AV_PIX_FMT_NONE {
            if next.pointee == device.surface {
                refused.store(false, ordering: .releasing)
                return next.pointee
            }
            next = next.successor()
        }
        refused.store(true, ordering: .releasing)
        return mayFallBack ? avcodec_default_get_format(context, formats) : AV_PIX_FMT_NONE
    }
}

/// `AVCodecContext.get_format`.
private func chooseSurface(
    _ context: UnsafeMutablePointer<AVCodecContext>?,
    _ formats: UnsafePointer<AVPixelFormat>?
) -> AVPixelFormat {
    guard let context, let formats, let opaque = context.pointee.opaque else { return AV_PIX_FMT_NONE }
    return Unmanaged<SurfaceChoice>.fromOpaque(opaque).takeUnretainedValue().choose(context, formats)
}
