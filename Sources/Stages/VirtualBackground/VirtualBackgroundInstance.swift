public import FFmpegKit
internal import Kernels
internal import MediaCore
internal import Inference
internal import OpenVINOKit
public import Pipeline

/// The part of `virtual_background` that one stream or segment has: masks, tables and frames under construction.
///
/// Confined to one thread. After the first frame nothing is allocated here for a frame, unless its format changes.
public final class VirtualBackgroundInstance: StageInstance {
    private let plan: VirtualBackgroundPlan
    private let shape: MaskShape
    private let request: any InferenceRequest
    private var workspace: VirtualBackgroundWorkspace
    /// Time of the last frame whose mask is known.
    private var maskTime: MediaTime?
    /// Frames in a row that were answered by ``fallback(for:)``.
    private var fallbackCount = 0

    init(_ plan: VirtualBackgroundPlan, format: VideoFormat) throws {
        guard let shape = MaskShape(plan.network) else { preconditionFailure("the plan checked its network") }
        self.plan = plan
        self.shape = shape
        request = try plan.network.makeRequest()
        workspace = try VirtualBackgroundWorkspace(plan, format: format, shape: shape, request: request)
    }

    /// Replaces the background of a frame and emits it at once.
    public func process(_ frame: consuming VideoFrame, into output: StageOutput) throws {
        if frame.format != workspace.format {
            workspace = try VirtualBackgroundWorkspace(plan, format: frame.format, shape: shape, request: request)
        }
        if !frame.hasForwardRows {
            var copy = try workspace.pool.makeFrame(timebase: frame.timebase)
            try copy.copyProperties(of: frame)
            try copy.copySamples(of: frame)
            frame = copy.freeze()
        }
        let result = try workspace.compose(frame)
        maskTime = frame.time
        fallbackCount = 0
        output.emit(result)
    }

    /// Reports the mean share of people in the picture and how much the mask changes from frame to frame.
    public func flush(into output: StageOutput) throws { workspace.statistics.report(to: output) }

    /// Forgets everybody: the next frame does not follow the last one.
    public func reset() {
        workspace.reset()
        maskTime = nil
        fallbackCount = 0
    }

    /// The frame with the last mask while that is fresh, otherwise the whole frame blurred; never the frame itself.
    public func fallback(for frame: borrowing VideoFrame) -> VideoFrame? {
        do {
            if frame.format != workspace.format {
                workspace = try VirtualBackgroundWorkspace(plan, format: frame.format, shape: shape, request: request)
                maskTime = nil
            }
            fallbackCount += 1
            let isFresh = isMaskFresh(at: frame.time)
            if frame.hasForwardRows { return try workspace.composeSafely(frame, usingMask: isFresh) }
            var copy = try workspace.pool.makeFrame(timebase: frame.timebase)
            try copy.copyProperties(of: frame)
            try copy.copySamples(of: frame)
            return try workspace.composeSafely(copy.freeze(), usingMask: isFresh)
        } catch {
            // No memory, most likely: dropping the frame shows nothing.
            return nil
        }
    }

    /// Whether the last mask still tells where people are: for half a second, or 15 frames without times.
    private func isMaskFresh(at time: MediaTime?) -> Bool {
        guard fallbackCount <= Self.longestFallback else { return false }
        guard let time, let maskTime else { return true }
        let age = (time - maskTime).duration
        return age >= .zero && age <= .milliseconds(500)
    }

    private static let longestFallback = 15
}

// MARK: - For benchmarks and tests

extension VirtualBackgroundInstance {
    /// Lends the alpha plane of the last frame that was processed: 0 background, 255 person.
    ///
    /// - Parameter body: gets `width * height` samples, row by row.
    public func withLastAlpha<Result>(_ body: (_ alpha: Span<UInt8>, _ width: Int, _ height: Int) -> Result) -> Result {
        let alpha = workspace.composer.alpha
        return body(UnsafeBufferPointer(alpha.samples).span, alpha.width, alpha.height)
    }

    /// Lends what the network itself said about the last frame, before any filter, on the grid of the mask.
    ///
    /// - Parameter body: gets `width * height` shares of 0...1, row by row.
    public func withLastNetworkMask<Result>(
        _ body: (_ mask: Span<Float>, _ width: Int, _ height: Int) -> Result
    ) -> Result {
        let mask = workspace.finder.networkMask
        return body(UnsafeBufferPointer(mask.samples).span, mask.width, mask.height)
    }
}
