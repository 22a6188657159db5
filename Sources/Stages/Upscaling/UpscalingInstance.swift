public import FFmpegKit
internal import Kernels
internal import MediaCore
public import Pipeline

/// The part of `upscaling` that one stream or segment has: planes under construction.
///
/// Confined to one thread. After the first frame nothing is allocated here for a frame, unless its format changes.
public final class UpscalingInstance: StageInstance {
    private let plan: UpscalingPlan
    private var workspace: Workspace

    /// Everything for frames of one format.
    private final class Workspace {
        let input: VideoFormat
        let output: VideoFormat
        let pool: VideoFramePool
        /// For copies of frames whose rows lie from bottom to top.
        let copies: VideoFramePool
        let luma: LumaEnlarger
        var chroma: PlaneResampler?

        init(_ plan: UpscalingPlan, _ input: VideoFormat) throws {
            self.input = input
            output = try plan.enlarged(input)
            pool = VideoFramePool(format: output)
            copies = VideoFramePool(format: input)
            luma = try LumaEnlarger(
                width: input.width,
                height: input.height,
                resultWidth: output.width,
                resultHeight: output.height,
                network: plan.network,
                strength: plan.strength
            )
            if input.pixelFormat.planeCount == 3 {
                let axes = ChromaOffset.axes(from: input, to: output)
                chroma = PlaneResampler(axes.horizontal, axes.vertical, filter: .lanczos3)
            }
        }
    }

    init(_ plan: UpscalingPlan, format: VideoFormat) throws {
        self.plan = plan
        workspace = try Workspace(plan, format)
    }

    /// Enlarges a frame and emits it at once.
    public func process(_ frame: consuming VideoFrame, into output: StageOutput) throws {
        if frame.format != workspace.input { workspace = try Workspace(plan, frame.format) }
        if !frame.hasForwardRows {
            var copy = try workspace.copies.makeFrame(timebase: frame.timebase)
            try copy.copyProperties(of: frame)
            try copy.copySamples(of: frame)
            frame = copy.freeze()
        }
        output.emit(try enlarge(frame))
    }

    private func enlarge(_ frame: borrowing VideoFrame) throws -> VideoFrame {
        let format = workspace.output.pixelFormat
        let peak = (1 << format.bitDepth) - 1
        var result = try workspace.pool.makeFrame(timebase: frame.timebase)
        try result.copyProperties(of: frame)
        try frame.withPlane(0) { source in
            try result.withPlane(0) { destination in
                try workspace.luma.run(SamplePlane(source, format), into: SamplePlane(destination, format), peak: peak)
            }
        }
        for plane in 1..<max(1, format.planeCount) {
            frame.withPlane(plane) { source in
                result.withPlane(plane) { destination in
                    workspace.chroma?.run(
                        SamplePlane(source, format),
                        into: SamplePlane(destination, format),
                        peak: peak
                    )
                }
            }
        }
        return result.freeze()
    }
}

extension SamplePlane {
    /// Borrows a plane of a frame to read.
    init(_ view: PlaneView, _ format: PixelFormat) {
        self.init(
            reading: view.base,
            stride: view.stride,
            width: view.width,
            height: view.height,
            kind: format.bytesPerSample == 1 ? .uint8 : .uint16
        )
    }

    /// Borrows a plane of a frame to write.
    init(_ view: MutablePlaneView, _ format: PixelFormat) {
        self.init(
            UnsafeMutableRawPointer(view.base),
            stride: view.stride,
            width: view.width,
            height: view.height,
            kind: format.bytesPerSample == 1 ? .uint8 : .uint16
        )
    }
}
