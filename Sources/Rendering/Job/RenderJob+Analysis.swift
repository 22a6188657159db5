internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// A job after the first pass: what is rendered, and what was said about its stages.
struct PreparedJob: Sendable {
    /// The plan to render with.
    var plan: RenderPlan
    /// What the guards said, in the order of the stages.
    var judgements: [Judgement] = []
    /// The stages that the user asked for, in order, those that were left out too.
    var wanted: [PlannedStage] = []
    /// What the user should know.
    var warnings: [String] = []
}

extension RenderJob {
    /// Measures the file where stages ask for it, judges the stages that can be judged, and arranges the job anew with
    /// what came out.
    func prepared(
        _ video: RenderPlan.Video,
        _ kept: KeptWork?,
        _ interrupt: Demuxer.Interrupt,
        _ onProgress: (RenderProgress) -> Void
    ) throws -> PreparedJob {
        var prepared = PreparedJob(plan: plan, wanted: video.stages)
        var video = video
        let pass = try AnalysisPass(
            AnalysisPass.File(plan.request, video, layout: video.layout, stages: video.stages),
            findsCuts: video.needsCuts,
            cancellation: cancellation,
            interrupt: interrupt
        )
        guard let pass else { return prepared }
        let expected = max(1, video.expectedFrames)
        let clock = MonotonicClock()
        let begin = clock.now
        let result = try pass.run(kept) { frames in
            let elapsed = begin.duration(to: clock.now).inSeconds
            let share = min(1, Double(frames) / Double(expected))
            let fps = elapsed > 0 ? Double(frames) / elapsed : 0
            onProgress(Self.analysing(Self.measured * share, fps: fps))
        }
        video = try video.rearranged(result.stages, shots: result.shots, plan.request)
        if let guards = GuardPass(plan.request, video, cancellation: cancellation, interrupt: interrupt) {
            let judged = try guards.run(kept) { share in
                onProgress(Self.analysing(Self.measured + (Self.judged - Self.measured) * share, fps: 0))
            }
            prepared.judgements = judged.judgements
            prepared.warnings = judged.warnings
            video = try video.rearranged(judged.stages, shots: result.shots, plan.request)
        }
        prepared.plan = plan.with(video)
        return prepared
    }

    /// How much of a job is done, in percent, when the file was measured, and when the stages were judged.
    private static let (measured, judged) = (20.0, 25.0)

    private static func analysing(_ percent: Double, fps: Double) -> RenderProgress {
        RenderProgress(phase: .analyse, percent: percent, fps: fps, speed: 0, etaSeconds: nil)
    }

    /// How much of the job is done when rendering begins, in percent.
    static func analysisShare(of video: RenderPlan.Video) -> Double { video.needsCuts ? judged : 2 }
}

extension PreparedJob {
    /// Whether nothing is left to do to the pictures, so that the streams are copied as they are.
    var leavesEverything: Bool {
        guard let video = plan.video, video.stages.isEmpty, !wanted.isEmpty, plan.request.wantsStagesOnly else {
            return false
        }
        let container = Muxer.Container(fileName: plan.request.outputPath)
        return container?.canHold(codecNamed: video.stream.parameters.codecName) ?? false
    }

    /// Entries of the report for all stages that the user asked for.
    ///
    /// - Parameter rendered: the entries of the stages that ran, in order.
    func reports(_ rendered: [RenderReport.Stage]) -> [RenderReport.Stage] {
        var rendered = rendered[...]
        let running = Set((plan.video?.stages ?? []).map(\.position))
        return wanted.compactMap { stage in
            let judgement = judgements.first { $0.position == stage.position }
            guard running.contains(stage.position) else {
                return RenderReport.Stage(leftOut: stage.plan, judgement)
            }
            guard var entry = rendered.popFirst() else { return nil }
            entry.add(judgement)
            return entry
        }
    }
}

extension RenderReport.Stage {
    fileprivate init(leftOut plan: any StagePlan, _ judgement: Judgement?) {
        self.init(
            stage: plan.name,
            parameters: plan.parameters.values,
            frames: 0,
            millisecondsP50: 0,
            millisecondsP99: 0,
            seconds: 0,
            metrics: [],
            kept: .rolledBack
        )
        add(judgement)
    }

    fileprivate mutating func add(_ judgement: Judgement?) {
        guard let judgement else { return }
        kept = judgement.kept
        explanation = judgement.explanation
        metrics =
            judgement.metrics.map {
                RenderReport.Metric(name: $0.name, before: $0.before, after: $0.after, unit: $0.unit)
            } + metrics
    }
}

extension RenderPlan.Video {
    /// Whether somebody must know where the cuts are.
    fileprivate var needsCuts: Bool { stages.contains { $0.plan.analysis != nil || $0.plan.stageGuard != nil } }
}

extension AnalysisPass.File {
    /// The pictures of a job through a chain.
    init(_ request: RenderRequest, _ video: RenderPlan.Video, layout: PipelineLayout, stages: [PlannedStage]) {
        self.init(
            path: request.inputPath,
            stream: video.stream,
            source: video.source,
            table: video.table,
            clockShifts: video.clockShifts,
            isSeekable: video.isSeekable,
            bounds: (video.segments.first?.start, video.segments.last?.end),
            layout: layout,
            stages: stages,
            acceleration: request.acceleration,
            coreCount: request.coreCount
        )
    }
}
