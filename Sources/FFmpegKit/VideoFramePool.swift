internal import CFFmpeg
public import MediaCore

/// Makes host frames of one format and takes them back with their buffers, so that steady state allocates nothing.
///
/// Thread-safe. A frame goes back when its owner lets go of it; buffers that somebody else still refers to (an
/// encoder, a share) are given up instead of being reused under their eyes.
public final class VideoFramePool: Sendable {
    /// The format of every frame made here.
    public let format: VideoFormat
    private let idle: Recycler<AVFrame>

    /// Makes an empty pool.
    ///
    /// - Parameters:
    ///   - format: what the frames are like; must be in host memory.
    ///   - capacity: how many idle frames are kept.
    public init(format: VideoFormat, capacity: Int = 16) {
        precondition(format.memory == .host, "pools make host frames")
        self.format = format
        idle = Recycler(capacity: capacity) { pointer in
            av_frame_unref(pointer)
            frameRecycler.put(pointer)
        }
    }

    /// A frame with undefined samples and no presentation time.
    ///
    /// Rows start at multiples of 64 bytes and have at least 64 readable bytes after the last sample.
    ///
    /// - Parameter timebase: the timebase of its presentation time.
    /// - Throws: ``FFmpegError`` when memory runs out.
    public func makeFrame(timebase: Timebase) throws(FFmpegError) -> WritableVideoFrame {
        let frame: UnsafeMutablePointer<AVFrame>
        if let recycled = idle.take() {
            frame = recycled
        } else {
            frame = try takeFrameStructure()
            frame.pointee.format = format.pixelFormat.av.rawValue
            frame.pointee.width = Int32(format.width)
            frame.pointee.height = Int32(format.height)
            let result = av_frame_get_buffer(frame, 64)
            guard result >= 0 else {
                av_frame_unref(frame)
                frameRecycler.put(frame)
                throw FFmpegError(result, "allocate a frame of \(format)")
            }
        }
        frame.pointee.color_primaries = AVColorPrimaries(rawValue: UInt32(format.color.primaries))
        frame.pointee.color_trc = AVColorTransferCharacteristic(rawValue: UInt32(format.color.transfer))
        frame.pointee.colorspace = AVColorSpace(rawValue: UInt32(format.color.matrix))
        frame.pointee.color_range = format.color.avRange
        frame.pointee.chroma_location = AVChromaLocation(rawValue: UInt32(format.color.chromaLocation))
        frame.pointee.sample_aspect_ratio = AVRational(format.sampleAspectRatio)
        frame.pointee.pts = aegis_no_pts
        let handle = FrameHandle(owning: frame, pool: self)
        return WritableVideoFrame(owning: handle, format: format, timebase: timebase)
    }

    /// Takes a frame back.
    func recycle(_ frame: UnsafeMutablePointer<AVFrame>) {
        while frame.pointee.nb_side_data > 0, let entry = frame.pointee.side_data[0] {
            av_frame_remove_side_data(frame, entry.pointee.type)
        }
        if av_frame_is_writable(frame) > 0 {
            idle.put(frame)
        } else {
            av_frame_unref(frame)
            frameRecycler.put(frame)
        }
    }
}
