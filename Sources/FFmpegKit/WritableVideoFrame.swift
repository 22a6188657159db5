internal import CFFmpeg
public import MediaCore

/// A picture under construction: the only handle to its samples, so they may be written.
///
/// ``freeze()`` turns it into an immutable ``VideoFrame``.
public struct WritableVideoFrame: ~Copyable, @unchecked Sendable {
    // Safe because: this is the only reference to the structure and its buffers.
    let handle: FrameHandle
    /// The layout and meaning of the samples.
    public let format: VideoFormat
    /// The timebase of ``presentationTicks``.
    public let timebase: Timebase

    init(owning handle: consuming FrameHandle, format: VideoFormat, timebase: Timebase) {
        self.handle = handle
        self.format = format
        self.timebase = timebase
    }

    /// Presentation time in ticks of `timebase`; `nil` when unknown.
    public var presentationTicks: Int64? {
        get { handle.pointer.pointee.pts == aegis_no_pts ? nil : handle.pointer.pointee.pts }
        nonmutating set { handle.pointer.pointee.pts = newValue ?? aegis_no_pts }
    }

    /// Takes over time, field order, sample shape and side data (HDR metadata, captions …) of the frame this one is
    /// made from; colour tags stay those of ``format``.
    ///
    /// - Parameters:
    ///   - source: the frame.
    ///   - keepingHDRMetadata: `false` leaves out metadata about light (mastering display, content light levels, HDR10+,
    ///     Dolby Vision), which is wrong once a stage has changed the light.
    /// - Throws: ``FFmpegError`` when memory runs out.
    public func copyProperties(
        of source: borrowing VideoFrame,
        keepingHDRMetadata: Bool = true
    ) throws(FFmpegError) {
        let (target, from) = (handle.pointer, source.pointer)
        target.pointee.pts = from.pointee.pts
        target.pointee.interlaced_frame = from.pointee.interlaced_frame
        target.pointee.top_field_first = from.pointee.top_field_first
        target.pointee.repeat_pict = from.pointee.repeat_pict
        target.pointee.sample_aspect_ratio = from.pointee.sample_aspect_ratio
        // The encoder chooses picture types anew; a copied one would force it.
        target.pointee.pict_type = AV_PICTURE_TYPE_NONE
        // Side data by reference. `av_frame_copy_props` would also copy metadata dictionaries string by string.
        for index in 0..<Int(from.pointee.nb_side_data) {
            guard let entry = from.pointee.side_data[index], let buffer = entry.pointee.buf else { continue }
            if !keepingHDRMetadata && entry.pointee.type.isAboutLight { continue }
            var reference = av_buffer_ref(buffer)
            guard reference != nil, av_frame_new_side_data_from_buf(target, entry.pointee.type, reference) != nil else {
                av_buffer_unref(&reference)
                throw FFmpegError(aegis_error_out_of_memory, "av_frame_new_side_data_from_buf")
            }
        }
    }

    /// Copies all samples of a frame of the same format.
    ///
    /// - Precondition: both formats have the same size and pixel format.
    public mutating func copySamples(of source: borrowing VideoFrame) throws(FFmpegError) {
        precondition(
            source.format.width == format.width && source.format.height == format.height
                && source.format.pixelFormat == format.pixelFormat,
            "copySamples needs two frames of one format"
        )
        try check(av_frame_copy(handle.pointer, source.pointer), "av_frame_copy")
    }

    /// Lends one plane for writing.
    ///
    /// - Parameters:
    ///   - index: 0 luma, then chroma, below `format.pixelFormat.planeCount`.
    ///   - body: gets the rows; nothing of it may escape.
    public mutating func withPlane<R, E>(_ index: Int, _ body: (MutablePlaneView) throws(E) -> R) throws(E) -> R {
        try body(planeView(index))
    }

    /// Lends all planes for writing; missing ones repeat the first.
    public mutating func withPlanes<R, E>(
        _ body: (_ luma: MutablePlaneView, _ chroma1: MutablePlaneView, _ chroma2: MutablePlaneView) throws(E) -> R
    ) throws(E) -> R {
        let count = format.pixelFormat.planeCount
        return try body(planeView(0), planeView(count > 1 ? 1 : 0), planeView(count > 2 ? 2 : 0))
    }

    /// Ends the writing.
    public consuming func freeze() -> VideoFrame {
        let (format, timebase) = (format, timebase)
        return VideoFrame(owning: handle, format: format, timebase: timebase)
    }

    private func planeView(_ index: Int) -> MutablePlaneView {
        precondition(index < format.pixelFormat.planeCount)
        let plane = handle.plane(index)
        return MutablePlaneView(
            base: plane.base,
            stride: plane.stride,
            width: format.pixelFormat.planeWidth(index, width: format.width),
            height: format.pixelFormat.planeHeight(index, height: format.height)
        )
    }
}
