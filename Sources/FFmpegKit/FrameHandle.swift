internal import CFFmpeg

/// The single owner of an `AVFrame` structure; gives it back when it goes out of scope.
///
/// ``VideoFrame`` and ``WritableVideoFrame`` hold one, so that turning one into the other moves it.
struct FrameHandle: ~Copyable, @unchecked Sendable {
    // Safe because: exactly one owner has the pointer at any time.
    let pointer: UnsafeMutablePointer<AVFrame>
    /// Where the structure and its buffers go back to; `nil` when the buffers belong to libav.
    let pool: VideoFramePool?

    init(owning pointer: UnsafeMutablePointer<AVFrame>, pool: VideoFramePool? = nil) {
        self.pointer = pointer
        self.pool = pool
    }

    /// An empty structure, recycled where one is idle.
    init() throws(FFmpegError) {
        self.init(owning: try takeFrameStructure())
    }

    deinit {
        if let pool {
            pool.recycle(pointer)
        } else {
            av_frame_unref(pointer)
            frameRecycler.put(pointer)
        }
    }

    func plane(_ index: Int) -> (base: UnsafeMutablePointer<UInt8>, stride: Int) {
        guard let data = aegis_frame_data(pointer, Int32(index)) else { preconditionFailure("frame without samples") }
        return (data, Int(aegis_frame_stride(pointer, Int32(index))))
    }
}

let frameRecycler = Recycler<AVFrame>(capacity: 256) { pointer in
    var pointer: UnsafeMutablePointer<AVFrame>? = pointer
    av_frame_free(&pointer)
}

/// An empty frame structure, recycled where one is idle.
func takeFrameStructure() throws(FFmpegError) -> UnsafeMutablePointer<AVFrame> {
    if let idle = frameRecycler.take() { return idle }
    return try allocated(av_frame_alloc(), "av_frame_alloc")
}
