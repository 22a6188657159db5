internal import FFmpegKit
internal import Kernels
internal import MediaCore

/// A frame in the window of a filter over time, with what was worked out about it. Recycled from frame to frame.
final class HeldFrame {
    /// The samples to filter.
    let planes: [NoisePlane]
    let pyramid: MotionPyramid
    /// Vectors to the frame before and to the one after, once they are known.
    let before: MotionField
    let after: MotionField
    var knowsBefore = false
    var knowsAfter = false
    /// Whether planes and pyramid hold this frame.
    var isLoaded = false
    /// Whether nothing of the frame before can be seen here.
    var beginsShot = true
    /// Which shot of the measured file it belongs to.
    var shot = 0
    /// How noisy this frame by itself looks, or its shot is; `nil` when that could not be measured.
    var noise: PlaneNoise?
    /// The frame as it came, until it is emitted.
    var frame: VideoFrame?

    init(_ format: VideoFormat) {
        planes = NoisePlane.planes(of: format)
        pyramid = MotionPyramid(width: format.width, height: format.height)
        before = MotionField(width: format.width, height: format.height)
        after = MotionField(width: format.width, height: format.height)
    }

    /// Makes it as good as new.
    func clear() {
        (knowsBefore, knowsAfter, isLoaded, beginsShot) = (false, false, false, true)
        shot = 0
        noise = nil
        frame = nil
    }
}
