internal import FFmpegKit
internal import Kernels
internal import MediaCore

extension VideoFrame {
    /// Whether rows lie from top to bottom in all planes, as the kernels need it: `vflip` gives frames that do not.
    var hasForwardRows: Bool {
        withPlanes { luma, first, second in luma.stride > 0 && first.stride > 0 && second.stride > 0 }
    }

    /// Lends the planes to kernels.
    func withFramePlanes<Result>(_ body: (FramePlanes) throws -> Result) rethrows -> Result {
        let count = format.pixelFormat.planeCount
        return try withPlanes { luma, first, second in
            try body(
                FramePlanes(
                    (
                        UnsafeRawPointer(luma.base), count > 1 ? UnsafeRawPointer(first.base) : nil,
                        count > 2 ? UnsafeRawPointer(second.base) : nil
                    ),
                    stride: (luma.stride, first.stride, second.stride)
                )
            )
        }
    }
}

extension WritableVideoFrame {
    /// Lends the planes to kernels.
    mutating func withFramePlanes<Result>(_ body: (MutableFramePlanes) throws -> Result) rethrows -> Result {
        let count = format.pixelFormat.planeCount
        return try withPlanes { luma, first, second in
            try body(
                MutableFramePlanes(
                    (
                        UnsafeMutableRawPointer(luma.base), count > 1 ? UnsafeMutableRawPointer(first.base) : nil,
                        count > 2 ? UnsafeMutableRawPointer(second.base) : nil
                    ),
                    stride: (luma.stride, first.stride, second.stride)
                )
            )
        }
    }
}
