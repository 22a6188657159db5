internal import FFmpegKit
internal import MediaCore
internal import Pipeline
internal import Synchronization

/// The frames by which one stage is judged: decoded, and led through the stages before it.
///
/// Runs are kept in memory as long as they take no more than a budget; others are decoded again each time they are
/// lent, so that 4K does not explode. Used on one thread at a time.
final class StageSamples: SampleFrames, @unchecked Sendable {
    // Safe because: `kept` is guarded by the lock, the frames in it are never written, everything else never changes.

    /// The frames of a run; they have one owner each, so that they need a box.
    private final class Run: @unchecked Sendable {
        // Safe because: filled by one thread before anybody else sees it, and never written afterwards.
        var frames = FrameQueue()
    }

    let agreement: FormatAgreement
    private let file: AnalysisPass.File
    private let layout: PipelineLayout
    private let stepCount: Int
    private let cancellation: CancellationFlag
    private let interrupt: Demuxer.Interrupt
    private let segments: [Segment]
    private var usable: [Int] = []
    private let kept = Mutex<[Int: Run]>([:])

    /// Decodes the runs, side by side.
    ///
    /// - Parameters:
    ///   - file: the job's pictures, with the chain up to and including the stage that is judged.
    ///   - shots: where the cuts are.
    ///   - planner: chooses the frames.
    ///   - byteBudget: what all kept runs may take together in memory.
    ///   - onTick: called about ten times a second.
    init(
        _ file: AnalysisPass.File,
        shots: ShotTable,
        planner: SamplePlanner = SamplePlanner(),
        byteBudget: Int = 256 << 20,
        cancellation: CancellationFlag,
        interrupt: Demuxer.Interrupt,
        onTick: () -> Void
    ) throws {
        self.file = file
        self.cancellation = cancellation
        self.interrupt = interrupt
        layout = file.layout
        let judged = file.stages.count - 1
        let step = layout.steps.firstIndex { if case .stage(judged, _) = $0 { true } else { false } }
        guard let step, case .stage(_, let agreement) = layout.steps[step] else {
            throw RenderError(.failed, "there is no stage to judge")
        }
        self.agreement = agreement
        stepCount = step
        var segmentPlanner = SegmentPlanner(
            workerCount: 1,
            preRollFrames: file.stages.dropLast().reduce(0) { $0 + $1.plan.preRollFrames }
        )
        segmentPlanner.shots = shots
        let source = file.layout.source.frameBytes
        segments = segmentPlanner.samples(
            of: file.table,
            from: file.bounds.start,
            to: file.bounds.end,
            canSeek: file.isSeekable
        ) { frames, cuts in
            planner.runs(in: frames, cuts: cuts, frameBytes: max(agreement.input.frameBytes, source))
        }
        let bytes = agreement.input.frameBytes
        let sizes = Mutex<[Int: Int]>([:])
        let crew = WorkCrew(
            name: "sample",
            count: segments.count,
            workerCount: file.coreCount,
            cancellation: cancellation
        )
        try crew.run(onTick: onTick) { [self] number in
            let run = try decode(segments[number])
            let count = run.frames.count
            sizes.withLock { sizes in
                let taken = sizes.values.reduce(0, +)
                sizes[number] = count
                if (taken + count) * bytes <= byteBudget { kept.withLock { $0[number] = run } }
            }
        }
        try cancellation.check()
        usable = sizes.withLock { sizes in segments.indices.filter { sizes[$0, default: 0] > 0 } }
    }

    var runCount: Int { usable.count }

    /// How many runs are kept in memory.
    var keptRunCount: Int { kept.withLock { $0.count } }

    func withRun<R>(_ index: Int, _ body: (borrowing FrameQueue) throws -> R) throws -> R {
        try cancellation.check()
        let number = usable[index]
        if let run = kept.withLock({ $0[number] }) { return try body(run.frames) }
        let run = try decode(segments[number])
        guard !run.frames.isEmpty else { throw RenderError(.badInput, "\(file.path) changed while it was read") }
        return try body(run.frames)
    }

    /// Decodes a run and leads it through the stages before the judged one.
    private func decode(_ segment: Segment) throws -> Run {
        let run = Run()
        let latency = file.stages.dropLast().reduce(0) { $0 + $1.plan.latencyFrames }
        let source = try SegmentSource(
            path: file.path,
            stream: file.stream,
            segment: segment,
            clockShifts: file.clockShifts,
            expectedFormat: layout.source,
            lookAheadFrames: latency,
            threadCount: 1,
            acceleration: file.acceleration,
            interrupt: interrupt
        )
        let chain = try StageChain(
            layout,
            steps: 0..<stepCount,
            converters: FilterGraphConverterFactory(),
            taps: PipelineTaps(layout).steps,
            clock: MonotonicClock(),
            onResult: { _ in }
        )
        let window = SegmentWindow(segment, timebase: file.stream.timebase)
        // A stage before may have raised the frame rate.
        let most = max(1, segment.expectedFrames)
        let keep = { (frame: consuming VideoFrame) in
            if window.contains(frame.time), run.frames.count < most { run.frames.append(frame) }
        }
        while run.frames.count < most, let frame = try source.next() {
            try cancellation.check()
            try chain.push(frame, into: keep)
        }
        if run.frames.count < most { try chain.flush(into: keep) }
        return run
    }
}
