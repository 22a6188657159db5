internal import FFmpegKit
internal import MediaCore
internal import Pipeline
internal import Synchronization

/// The threads that render the segments of one job.
///
/// One CPU budget covers everything: with as many segments as cores each runs on one thread, codecs included, which
/// gives the most frames per core; with fewer, decoding, stages and encoding of a segment get threads of their own.
final class SegmentCrew: Sendable {
    private struct State: Sendable {
        var results: [Int: VideoSink.Result] = [:]
        var repeatedFrames = 0
        var damagedFrames = 0
        var damagedPackets = 0
        var readFailure: String?
        var findings = SegmentFindings()
        var keptSegments = 0

        mutating func add(_ number: Int, _ segment: FinishedSegment) {
            if let result = segment.result { results[number] = result }
            repeatedFrames += segment.repeatedFrames
            damagedFrames += segment.damagedFrames
            damagedPackets += segment.damagedPackets
            if readFailure == nil { readFailure = segment.readFailure }
            findings.merge(segment.findings)
        }
    }

    private let plan: RenderPlan
    private let video: RenderPlan.Video
    private let output: AtomicOutput
    private let kept: KeptWork?
    private let judgements: [Judgement]
    private let cancellation: CancellationFlag
    private let interrupt: Demuxer.Interrupt
    private let taps: PipelineTaps
    private let state = Mutex(State())
    private let framesDone = Atomic<Int>(0)
    private let workerCount: Int
    private let crew: WorkCrew

    init(
        plan: RenderPlan,
        video: RenderPlan.Video,
        output: AtomicOutput,
        kept: KeptWork?,
        judgements: [Judgement],
        cancellation: CancellationFlag,
        interrupt: Demuxer.Interrupt
    ) {
        self.plan = plan
        self.video = video
        self.output = output
        self.kept = kept
        self.judgements = judgements
        self.cancellation = cancellation
        self.interrupt = interrupt
        taps = PipelineTaps(video.layout)
        workerCount = min(video.segments.count, max(1, plan.request.coreCount))
        crew = WorkCrew(
            name: "segment",
            count: video.segments.count,
            workerCount: workerCount,
            cancellation: cancellation
        )
    }

    /// Threads that each codec of a segment may use.
    private var codecThreads: Int { max(1, plan.request.coreCount / workerCount) }

    /// Renders all segments.
    ///
    /// - Parameter onProgress: gets the number of encoded frames about ten times a second, on the calling thread.
    /// - Throws: the first error of any segment, after all threads have ended.
    func run(onProgress: (Int) -> Void) throws {
        try crew.run {
            onProgress(framesDone.load(ordering: .relaxed))
        } _: { [self] number in
            let segment = video.segments[number]
            let fingerprint = try SegmentFingerprint(video, segment, judgements)
            if let finished = kept?.segment(segment.index, fingerprint) {
                framesDone.add(finished.result?.presentationTicks.count ?? 0, ordering: .relaxed)
                return state.withLock { state in
                    state.add(segment.index, finished)
                    state.keptSegments += 1
                }
            }
            let finished = try render(segment)
            try kept?.keep(finished, segment.index, fingerprint)
            state.withLock { $0.add(segment.index, finished) }
        }
    }

    private func spoolPath(_ index: Int) -> String {
        kept?.spool(index) ?? output.temporary(KeptWork.spoolName(index))
    }

    private func render(_ segment: Segment) throws -> FinishedSegment {
        let source = try SegmentSource(
            path: plan.request.inputPath,
            stream: video.stream,
            segment: segment,
            clockShifts: plan.clockShifts,
            expectedFormat: video.layout.source,
            lookAheadFrames: video.layout.latencyFrames,
            threadCount: codecThreads,
            acceleration: plan.request.acceleration,
            interrupt: interrupt
        )
        let container = Muxer.Container(fileName: plan.request.outputPath)
        let sink = try VideoSink(
            settings: video.encoder,
            source: video.finished,
            layout: video.layout,
            isAlone: video.segments.count == 1,
            threadCount: codecThreads,
            usesGlobalHeader: container?.usesGlobalHeader ?? true,
            // What an interrupted run finished must fit what this one makes, byte for byte.
            isReproducible: kept != nil,
            spoolPath: kept?.unfinishedSpool(segment.index) ?? spoolPath(segment.index)
        )
        let isInline = workerCount >= plan.request.coreCount && workerCount > 1
        let runner = OfflineRunner(
            layout: video.layout,
            converters: FilterGraphConverterFactory(),
            taps: taps,
            threading: isInline ? .inline : .threaded()
        )
        let window = SegmentWindow(segment, timebase: video.stream.timebase)
        let findings = Mutex(SegmentFindings())
        try runner.run(
            window: window,
            cancellation: cancellation,
            source: { [self] in
                // Once one segment failed the others are of no use.
                if crew.hasFailed { throw CancellationError() }
                return try source.next()
            },
            onResult: { result in findings.withLock { $0.add(result) } },
            sink: { [self] frame in
                try sink.write(frame)
                framesDone.add(1, ordering: .relaxed)
            }
        )
        return FinishedSegment(
            result: try sink.finish(),
            repeatedFrames: source.repeatedFrames,
            damagedFrames: source.damagedFrames,
            damagedPackets: source.damagedPackets,
            readFailure: source.readFailure?.message,
            findings: findings.withLock { $0 }
        )
    }

    /// Spool files and encoder results of the segments that held frames, in order.
    var results: [(spool: String, result: VideoSink.Result)] {
        let results = state.withLock { $0.results }
        return results.sorted { $0.key < $1.key }.map { (spoolPath($0.key), $0.value) }
    }

    /// What the user should know about the input.
    var warnings: [String] {
        state.withLock { state in
            var warnings: [String] = []
            if let failure = state.readFailure {
                warnings.append("reading \(plan.request.inputPath) stopped early (\(failure))")
            }
            if state.damagedFrames + state.damagedPackets > 0 {
                warnings.append(
                    "\(plan.request.inputPath) is damaged: \(state.damagedFrames) frames were patched up, "
                        + "\(state.damagedPackets) packets could not be decoded"
                )
            }
            if state.repeatedFrames > 0 {
                warnings.append("\(state.repeatedFrames) frames without a time of their own were left out")
            }
            if state.keptSegments > 0 {
                warnings.append(
                    "\(state.keptSegments) of \(video.segments.count) segments were there from an interrupted run; what "
                        + "stages took is that of this run"
                )
            }
            return warnings
        }
    }

    /// What each stage did.
    var stageReports: [RenderReport.Stage] {
        let findings = state.withLock { $0.findings }
        return video.layout.steps.enumerated().compactMap { index, step in
            guard case .stage(let number, _) = step else { return nil }
            let stagePlan = video.layout.plans[number]
            let tap = taps.steps[index].snapshot()
            return RenderReport.Stage(
                stage: stagePlan.name,
                parameters: stagePlan.parameters.values,
                frames: tap.framesIn,
                millisecondsP50: tap.latency.p50.inMilliseconds,
                millisecondsP99: tap.latency.p99.inMilliseconds,
                seconds: tap.latency.total.inSeconds,
                metrics: findings.means(of: stagePlan.name),
                kept: .unverifiable
            )
        }
    }
}
