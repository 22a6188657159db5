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
        var next = 0
        var results: [Int: VideoSink.Result] = [:]
        var failure: (any Error)?
        var running = 0
        var repeatedFrames = 0
        var damagedFrames = 0
        var damagedPackets = 0
        var readFailure: FFmpegError?
        var metrics: [MetricKey: (sum: Double, count: Int)] = [:]
    }

    private struct MetricKey: Hashable, Sendable {
        let stage: String
        let name: String
        let unit: String
    }

    private let plan: RenderPlan
    private let video: RenderPlan.Video
    private let output: AtomicOutput
    private let cancellation: CancellationFlag
    private let interrupt: Demuxer.Interrupt
    private let taps: PipelineTaps
    private let state = Mutex(State())
    private let framesDone = Atomic<Int>(0)
    private let wakeUp = Condition()

    init(
        plan: RenderPlan,
        video: RenderPlan.Video,
        output: AtomicOutput,
        cancellation: CancellationFlag,
        interrupt: Demuxer.Interrupt
    ) {
        self.plan = plan
        self.video = video
        self.output = output
        self.cancellation = cancellation
        self.interrupt = interrupt
        taps = PipelineTaps(video.layout)
    }

    private var workerCount: Int { min(video.segments.count, max(1, plan.request.coreCount)) }

    /// Threads that each codec of a segment may use.
    private var codecThreads: Int { max(1, plan.request.coreCount / workerCount) }

    /// Renders all segments.
    ///
    /// - Parameter onProgress: gets the number of encoded frames about ten times a second, on the calling thread.
    /// - Throws: the first error of any segment, after all threads have ended.
    func run(onProgress: (Int) -> Void) throws {
        let clock = MonotonicClock()
        state.withLock { $0.running = workerCount }
        let threads = try (0..<workerCount).map { number in
            try NamedThread(name: "segment-\(number)") { [self] in work() }
        }
        while true {
            let isRunning = wakeUp.withLock {
                if state.withLock({ $0.running > 0 }) { wakeUp.wait(until: clock.now.advanced(by: .milliseconds(100))) }
                return state.withLock { $0.running > 0 }
            }
            onProgress(framesDone.load(ordering: .relaxed))
            if !isRunning { break }
        }
        for thread in threads { try thread.join() }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func work() {
        while let segment = takeSegment() {
            do {
                let result = try render(segment)
                state.withLock { if let result { $0.results[segment.index] = result } }
            } catch {
                // The first failure counts; the flag that stops the others makes them fail too.
                state.withLock { if $0.failure == nil { $0.failure = error } }
            }
        }
        wakeUp.withLock {
            state.withLock { $0.running -= 1 }
            wakeUp.broadcast()
        }
    }

    private func takeSegment() -> Segment? {
        if cancellation.isCancelled { return nil }
        return state.withLock { state in
            guard state.failure == nil, state.next < video.segments.count else { return nil }
            defer { state.next += 1 }
            return video.segments[state.next]
        }
    }

    private func spoolPath(_ index: Int) -> String { output.temporary("segment-\(index).packets") }

    private func render(_ segment: Segment) throws -> VideoSink.Result? {
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
            source: video.source,
            layout: video.layout,
            isAlone: video.segments.count == 1,
            threadCount: codecThreads,
            usesGlobalHeader: container?.usesGlobalHeader ?? true,
            spoolPath: spoolPath(segment.index)
        )
        let isInline = workerCount >= plan.request.coreCount && workerCount > 1
        let runner = OfflineRunner(
            layout: video.layout,
            converters: FilterGraphConverterFactory(),
            taps: taps,
            threading: isInline ? .inline : .threaded()
        )
        let timebase = video.stream.timebase
        let window = SegmentWindow(
            start: segment.start.map { MediaTime(ticks: $0, timebase: timebase) },
            end: segment.end.map { MediaTime(ticks: $0, timebase: timebase) }
        )
        try runner.run(
            window: window,
            cancellation: cancellation,
            source: { [self] in
                // Once one segment failed the others are of no use.
                if state.withLock({ $0.failure != nil }) { throw CancellationError() }
                return try source.next()
            },
            onResult: { [self] in collect($0) },
            sink: { [self] frame in
                try sink.write(frame)
                framesDone.add(1, ordering: .relaxed)
            }
        )
        state.withLock { state in
            state.repeatedFrames += source.repeatedFrames
            state.damagedFrames += source.damagedFrames
            state.damagedPackets += source.damagedPackets
            if state.readFailure == nil { state.readFailure = source.readFailure }
        }
        return try sink.finish()
    }

    private func collect(_ result: StageResult) {
        guard case .metric(let name, let value, let unit) = result.finding else { return }
        state.withLock { state in
            state.metrics[MetricKey(stage: result.stage, name: name, unit: unit), default: (0, 0)].sum += value
            state.metrics[MetricKey(stage: result.stage, name: name, unit: unit), default: (0, 0)].count += 1
        }
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
                warnings.append("reading \(plan.request.inputPath) stopped early (\(failure.message))")
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
            return warnings
        }
    }

    /// What each stage did.
    var stageReports: [RenderReport.Stage] {
        let metrics = state.withLock { $0.metrics }
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
                metrics: metrics.filter { $0.key.stage == stagePlan.name }
                    .map {
                        RenderReport.Metric(
                            name: $0.key.name,
                            value: $0.value.sum / Double($0.value.count),
                            unit: $0.key.unit
                        )
                    }
                    .sorted { $0.name < $1.name },
                kept: .unverifiable
            )
        }
    }
}
