internal import FFmpegKit
internal import MediaCore
internal import Pipeline

extension RenderPlan.Video {
    /// Lets the stages agree on formats, chooses the encoder and cuts the file into segments.
    ///
    /// - Parameters:
    ///   - stages: the stages that run, in order.
    ///   - shots: where the cuts are; `nil` before they are known.
    ///   - request: the job.
    ///   - stream: the stream whose pictures are processed.
    ///   - source: its pictures.
    ///   - table: its frames.
    ///   - clockShifts: how packets are moved because the input's clock jumps.
    ///   - isSeekable: whether the file can be read from the middle.
    ///   - bounds: first tick to render and first not to, where the user gave them.
    /// - Throws: ``RenderError`` or ``StageError``.
    init(
        stages: [PlannedStage],
        shots: ShotTable?,
        request: RenderRequest,
        stream: StreamDescription,
        source: SourceDescription,
        table: FrameTable,
        clockShifts: ClockShifts,
        isSeekable: Bool,
        bounds: (start: Int64?, end: Int64?)
    ) throws {
        let container = try RenderPlan.container(of: request)
        let plans = stages.map(\.plan)
        var sink = SinkRequirement(pixelFormats: PixelFormat.allCases, isUpright: !container.holdsDisplayMatrix)
        let natural = try FormatNegotiator().negotiate(source: source.format, plans: plans, sink: sink).output
        let encoder = try EncoderSettings(
            codec: request.codec,
            encoderName: request.encoderName,
            quality: request.quality ?? .high,
            userOptions: request.encoderOptions,
            allowsOutsideAccess: request.context.trustsCaller,
            container: container,
            format: natural
        )
        try encoder.checkHDR10(natural, from: source.format)
        var warnings: [String] = []
        let size = encoder.codedSize(of: natural)
        if size != PictureSize(width: natural.width, height: natural.height) {
            sink.size = size
            warnings.append(
                "\(natural.width)×\(natural.height) becomes \(size.width)×\(size.height): "
                    + "\(encoder.encoderName) needs even sizes in \(natural.pixelFormat.rawValue)"
            )
        }
        let layout = try FormatNegotiator().negotiate(source: source.format, plans: plans, sink: sink)
        let canSplit =
            isSeekable && stages.allSatisfy { $0.descriptor.segmentation == .parallel } && !container.isStillImage
        var planner = SegmentPlanner(workerCount: request.coreCount, preRollFrames: layout.preRollFrames)
        planner.shots = shots ?? .whole
        self.init(
            stream: stream,
            source: source,
            table: table,
            clockShifts: clockShifts,
            layout: layout,
            encoder: encoder,
            segments: planner.segments(of: table, from: bounds.start, to: bounds.end, canSplit: canSplit),
            stages: stages,
            shots: shots,
            isSeekable: isSeekable,
            warnings: warnings
        )
    }

    /// The same pictures through other stages, or by other plans.
    func rearranged(_ stages: [PlannedStage], shots: ShotTable?, _ request: RenderRequest) throws -> Self {
        try Self(
            stages: stages,
            shots: shots,
            request: request,
            stream: stream,
            source: source,
            table: table,
            clockShifts: clockShifts,
            isSeekable: isSeekable,
            bounds: (segments.first?.start, segments.last?.end)
        )
    }

    /// What the encoder must know about the pictures: the stages may have changed their HDR metadata.
    var finished: SourceDescription {
        SourceDescription(
            format: source.format,
            hdrMetadata: stages.reduce(source.hdrMetadata) { $1.plan.hdrMetadata(after: $0) },
            immersiveMetadata: source.immersiveMetadata,
            isInterlaced: source.isInterlaced
        )
    }
}
