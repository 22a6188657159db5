internal import CFFmpeg
public import MediaCore

/// One picture.
///
/// A frame has exactly one owner and moves from stage to stage; who needs to keep one that is sent on calls `share()`.
/// Its samples never change: ``makeWritable(_:from:)`` gives a ``WritableVideoFrame``, in place when nobody else refers
/// to the buffers, otherwise as a copy. Frames can be handed from thread to thread.
///
/// Source: `libavutil/frame.h`.
public struct VideoFrame: ~Copyable, @unchecked Sendable {
    // Safe because: one owner has the structure at any time, and what it refers to is not written while it is shared.
    let handle: FrameHandle
    /// The layout and meaning of the samples.
    public private(set) var format: VideoFormat
    /// The timebase of ``presentationTicks``.
    public let timebase: Timebase

    /// Takes over a filled structure.
    init(owning handle: consuming FrameHandle, format: VideoFormat, timebase: Timebase) {
        self.handle = handle
        self.format = format
        self.timebase = timebase
    }

    var pointer: UnsafeMutablePointer<AVFrame> { handle.pointer }

    /// Presentation time in ticks of `timebase`; `nil` when unknown.
    public var presentationTicks: Int64? {
        pointer.pointee.pts == aegis_no_pts ? nil : pointer.pointee.pts
    }

    /// Presentation time; `nil` when unknown.
    public var time: MediaTime? {
        presentationTicks.map { MediaTime(ticks: $0, timebase: timebase) }
    }

    /// Whether the picture consists of two fields taken at different moments.
    public var isInterlaced: Bool { pointer.pointee.interlaced_frame != 0 }

    /// Whether the decoder had to guess at missing or damaged data.
    public var isDamaged: Bool {
        pointer.pointee.decode_error_flags != 0 || pointer.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0
    }

    /// Static HDR metadata that the bitstream itself carried with this picture.
    public var hdrMetadata: HDRMetadata? {
        func bytes(_ type: AVFrameSideDataType) -> [UInt8]? {
            guard let entry = av_frame_get_side_data(pointer, type) else { return nil }
            return Array(UnsafeBufferPointer(start: entry.pointee.data, count: Int(entry.pointee.size)))
        }
        return HDRMetadata(
            mastering: bytes(AV_FRAME_DATA_MASTERING_DISPLAY_METADATA),
            light: bytes(AV_FRAME_DATA_CONTENT_LIGHT_LEVEL)
        )
    }

    /// Whether the picture carries metadata that changes from frame to frame: HDR10+ or Dolby Vision.
    public var hasDynamicHDRMetadata: Bool {
        (0..<Int(pointer.pointee.nb_side_data)).contains { index in
            pointer.pointee.side_data[index].map { $0.pointee.type.isDynamicLight } ?? false
        }
    }

    /// A second frame over the same samples; neither can be written while both live.
    ///
    /// - Throws: ``FFmpegError`` when memory runs out.
    public func share() throws(FFmpegError) -> VideoFrame {
        let copy = try FrameHandle()
        try check(av_frame_ref(copy.pointer, pointer), "av_frame_ref")
        return VideoFrame(owning: copy, format: format, timebase: timebase)
    }

    /// The same picture with another presentation time.
    ///
    /// - Parameters:
    ///   - frame: the picture; it is gone afterwards.
    ///   - time: the new presentation time; its timebase becomes the frame's.
    public static func retimed(_ frame: consuming VideoFrame, to time: MediaTime) -> VideoFrame {
        // Times live in the structure, beside the samples, and the structure has one owner.
        frame.pointer.pointee.pts = time.ticks
        let format = frame.format
        return VideoFrame(owning: frame.handle, format: format, timebase: time.timebase)
    }

    /// Sets the colour tags without touching a sample, for frames whose tags got lost on the way.
    mutating func retag(_ color: ColorDescription) {
        format.color = color
        pointer.pointee.color_primaries = AVColorPrimaries(rawValue: UInt32(color.primaries))
        pointer.pointee.color_trc = AVColorTransferCharacteristic(rawValue: UInt32(color.transfer))
        pointer.pointee.colorspace = AVColorSpace(rawValue: UInt32(color.matrix))
        pointer.pointee.color_range = color.avRange
        pointer.pointee.chroma_location = AVChromaLocation(rawValue: UInt32(color.chromaLocation))
    }

    /// Lends one plane for reading.
    ///
    /// - Parameters:
    ///   - index: 0 luma, then chroma, below `format.pixelFormat.planeCount`.
    ///   - body: gets the rows; nothing of it may escape.
    /// - Precondition: the frame is in host memory.
    public func withPlane<R, E>(_ index: Int, _ body: (PlaneView) throws(E) -> R) throws(E) -> R {
        try body(planeView(index))
    }

    /// Lends all planes for reading; missing ones repeat the first.
    ///
    /// - Precondition: the frame is in host memory.
    public func withPlanes<R, E>(
        _ body: (_ luma: PlaneView, _ chroma1: PlaneView, _ chroma2: PlaneView) throws(E) -> R
    ) throws(E) -> R {
        let count = format.pixelFormat.planeCount
        return try body(planeView(0), planeView(count > 1 ? 1 : 0), planeView(count > 2 ? 2 : 0))
    }

    private func planeView(_ index: Int) -> PlaneView {
        precondition(format.memory == .host, "planes exist on host frames only")
        precondition(index < format.pixelFormat.planeCount)
        let plane = handle.plane(index)
        return PlaneView(
            base: UnsafePointer(plane.base),
            stride: plane.stride,
            width: format.pixelFormat.planeWidth(index, width: format.width),
            height: format.pixelFormat.planeHeight(index, height: format.height)
        )
    }

    /// A frame whose samples may be written: this one when nobody else refers to its buffers, otherwise a copy.
    ///
    /// - Parameters:
    ///   - frame: the frame; it is gone afterwards.
    ///   - pool: where a copy comes from; its format must be the frame's.
    /// - Throws: ``FFmpegError`` when memory runs out.
    public static func makeWritable(
        _ frame: consuming VideoFrame,
        from pool: VideoFramePool
    ) throws(FFmpegError) -> WritableVideoFrame {
        // The Swift owner is unique by construction; libav's own count says whether a decoder or another share remains.
        if av_frame_is_writable(frame.pointer) > 0 {
            let (format, timebase) = (frame.format, frame.timebase)
            return WritableVideoFrame(owning: frame.handle, format: format, timebase: timebase)
        }
        var copy = try pool.makeFrame(timebase: frame.timebase)
        try copy.copyProperties(of: frame)
        try copy.copySamples(of: frame)
        return copy
    }
}

/// A lent plane of samples. Valid only inside the closure that received it.
public struct PlaneView {
    /// Address of the first sample of the first row.
    public let base: UnsafePointer<UInt8>
    /// Bytes from one row to the next; may be negative.
    public let stride: Int
    /// Width in samples of one component.
    public let width: Int
    /// Number of rows.
    public let height: Int
}

/// A lent plane that may be written. Valid only inside the closure that received it.
public struct MutablePlaneView {
    /// Address of the first sample of the first row.
    public let base: UnsafeMutablePointer<UInt8>
    /// Bytes from one row to the next; may be negative.
    public let stride: Int
    /// Width in samples of one component.
    public let width: Int
    /// Number of rows.
    public let height: Int
}

extension AVFrameSideDataType {
    /// HDR10+, HDR Vivid and both forms of Dolby Vision.
    var isDynamicLight: Bool {
        [
            AV_FRAME_DATA_DYNAMIC_HDR_PLUS, AV_FRAME_DATA_DYNAMIC_HDR_VIVID, AV_FRAME_DATA_DOVI_RPU_BUFFER,
            AV_FRAME_DATA_DOVI_METADATA,
        ].contains(self)
    }

    /// Everything that says how bright the picture is.
    var isAboutLight: Bool {
        isDynamicLight || self == AV_FRAME_DATA_MASTERING_DISPLAY_METADATA
            || self == AV_FRAME_DATA_CONTENT_LIGHT_LEVEL
    }
}
