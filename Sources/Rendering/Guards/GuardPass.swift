internal import FFmpegKit
internal import MediaCore
internal import Pipeline
internal import Synchronization

/// What a guard said about a stage of a job.
struct Judgement: Sendable, Codable, Equatable {
    /// The stage's place in the request.
    let position: Int
    /// Whether its work is to be in the result.
    let kept: RenderReport.Kept
    /// What was measured.
    let metrics: [StageMetric]
    /// Why, in one sentence; `nil` when the metrics say it all.
    let explanation: String?
    /// Whether the stage runs by a plan that the guard brought. Plans cannot be kept: after an interruption the guard
    /// judges again.
    var bringsPlan = false
}

/// Judges the stages of a job on samples of the user's own frames, before the whole file is rendered.
///
/// Each guarded stage is judged in the order in which they run, fed with the result of the kept stages before it. One
/// that makes things worse leaves the chain; one whose guard fails stays and is called unverifiable.
struct GuardPass: Sendable {
    /// What came out of it.
    struct Result: Sendable {
        /// The stages that stay, by the plans that were found best.
        var stages: [PlannedStage] = []
        /// What was said about each guarded stage, in order.
        var judgements: [Judgement] = []
        /// What the user should know.
        var warnings: [String] = []
    }

    private static let keptName = "verdicts.json"
    private let request: RenderRequest
    private let video: RenderPlan.Video
    private let cancellation: CancellationFlag
    private let interrupt: Demuxer.Interrupt

    /// Prepares to judge.
    ///
    /// - Returns: `nil` when no stage has a guard.
    init?(
        _ request: RenderRequest,
        _ video: RenderPlan.Video,
        cancellation: CancellationFlag,
        interrupt: Demuxer.Interrupt
    ) {
        guard video.stages.contains(where: { $0.plan.stageGuard != nil }) else { return nil }
        self.request = request
        self.video = video
        self.cancellation = cancellation
        self.interrupt = interrupt
    }

    /// Judges all guarded stages. Blocking.
    ///
    /// - Parameters:
    ///   - kept: where to find what an interrupted run judged, and to keep what this one does.
    ///   - onProgress: gets the share that is done, about ten times a second on the calling thread.
    func run(_ kept: KeptWork? = nil, onProgress: (Double) -> Void) throws -> Result {
        var result = Result()
        let known = kept?.read([Judgement].self, from: Self.keptName) ?? []
        for (number, stage) in video.stages.enumerated() {
            let share = Double(number) / Double(video.stages.count)
            guard let stageGuard = stage.plan.stageGuard else {
                result.stages.append(stage)
                continue
            }
            if let judgement = known.first(where: { $0.position == stage.position && !$0.bringsPlan }) {
                result.judgements.append(judgement)
                if judgement.kept != .rolledBack { result.stages.append(stage) }
                continue
            }
            var staying: PlannedStage? = stage
            let judgement: Judgement
            do {
                let verdict = try judge(result.stages + [stage], by: stageGuard) { onProgress(share) }
                if let plan = verdict.plan { staying = stage.by(plan) }
                if verdict.outcome == .rolledBack { staying = nil }
                judgement = Judgement(stage.position, verdict)
            } catch {
                if cancellation.isCancelled || error is CancellationError { throw error }
                let reason = RenderError(error, input: request.inputPath).message
                result.warnings.append("\(stage.plan.name) could not be judged (\(reason)); it stays in the result")
                judgement = Judgement(position: stage.position, kept: .unverifiable, metrics: [], explanation: reason)
            }
            result.judgements.append(judgement)
            if let staying { result.stages.append(staying) }
            try kept?.keep(result.judgements, as: Self.keptName)
        }
        return result
    }

    /// Judges the last of some stages.
    private func judge(
        _ stages: [PlannedStage],
        by stageGuard: any StageGuard,
        onTick: () -> Void
    ) throws -> StageVerdict {
        let layout = try FormatNegotiator().negotiate(
            source: video.source.format,
            plans: stages.map(\.plan),
            sink: SinkRequirement(pixelFormats: PixelFormat.allCases)
        )
        let samples = try StageSamples(
            AnalysisPass.File(request, video, layout: layout, stages: stages),
            shots: video.shots ?? .whole,
            cancellation: cancellation,
            interrupt: interrupt,
            onTick: onTick
        )
        guard samples.runCount > 0 else { throw RenderError(.badInput, "no frame could be decoded to judge it by") }
        let verdict = Mutex<StageVerdict?>(nil)
        // Guards block as long as they like; a thread of its own keeps progress and cancelling alive.
        try WorkCrew(name: "judge", count: 1, workerCount: 1, cancellation: cancellation).run(onTick: onTick) { _ in
            let found = try stageGuard.judge(samples)
            verdict.withLock { $0 = found }
        }
        guard let found = verdict.withLock({ $0 }) else { throw CancellationError() }
        return found
    }
}

extension Judgement {
    /// Writes down a verdict.
    init(_ position: Int, _ verdict: StageVerdict) {
        let kept: RenderReport.Kept =
            switch verdict.outcome {
            case .kept: .yes
            case .rolledBack: .rolledBack
            case .unverifiable: .unverifiable
            }
        self.init(
            position: position,
            kept: kept,
            metrics: verdict.metrics.compactMap(\.finite),
            explanation: verdict.explanation
        )
        bringsPlan = verdict.plan != nil && verdict.outcome != .rolledBack
    }
}

extension StageMetric {
    /// The same, where JSON can say it: the PSNR of equal pictures is infinite.
    fileprivate var finite: StageMetric? {
        guard after.isFinite else { return nil }
        return StageMetric(name, before: before.flatMap { $0.isFinite ? $0 : nil }, after: after, unit: unit)
    }
}
