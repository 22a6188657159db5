public import FFmpegKit

/// Runs the frames of one file segment from a source through the stages into a sink, as fast as they go.
///
/// Nothing is ever dropped: a full channel holds back the thread before it. The first error wins, stops everything, and
/// is thrown when all threads have ended. A runner is a value that may run many segments, also side by side; every run
/// makes its own instances, each on the thread that uses it.
public struct OfflineRunner: Sendable {
    /// How the work is spread over threads.
    public enum Threading: Sendable, Equatable {
        /// Everything on the calling thread: best where as many segments run as there are cores.
        case inline
        /// A thread for the source, one for the sink, and one for the stages. Each plan in `heavy` (by its index) gets a
        /// thread of its own, which also makes the conversions that lead to it.
        case threaded(heavy: Set<Int> = [])
    }

    /// The agreed chain.
    public let layout: PipelineLayout
    /// What is measured.
    public let taps: PipelineTaps
    private let converters: any FrameConverterFactory
    private let threading: Threading
    private let channelCapacity: Int
    private let clock: any PipelineClock

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - layout: the agreed chain.
    ///   - converters: makes the conversions.
    ///   - taps: where to count, to be shared between runners of one job; new ones when `nil`.
    ///   - threading: how the work is spread.
    ///   - channelCapacity: how many frames may wait between two threads.
    ///   - clock: measures the calls.
    public init(
        layout: PipelineLayout,
        converters: any FrameConverterFactory,
        taps: PipelineTaps? = nil,
        threading: Threading = .threaded(),
        channelCapacity: Int = 4,
        clock: any PipelineClock = MonotonicClock()
    ) {
        self.layout = layout
        self.converters = converters
        self.taps = taps ?? PipelineTaps(layout)
        self.threading = threading
        self.channelCapacity = channelCapacity
        self.clock = clock
    }

    /// Runs one segment; returns when its last frame is in the sink and all threads have ended.
    ///
    /// Blocks the calling thread, which must not be one of the cooperative pool. Neither closure is called after `run`
    /// has returned, and neither is called by two threads at once; but threaded runs call `source` and `sink` *at the
    /// same time*, so they must not share state without a lock.
    ///
    /// - Parameters:
    ///   - window: what of it goes to the sink.
    ///   - cancellation: looked at for every frame.
    ///   - source: the next frame of ``PipelineLayout/source``'s format, or `nil` at the end; on thread `decode`.
    ///   - onResult: gets what the stages find inside the window, on the thread of the stage.
    ///   - sink: takes a finished frame; on thread `encode`.
    /// - Throws: the first error of source, stage or sink; `CancellationError` when it was cancelled.
    public func run(
        window: SegmentWindow = .unbounded,
        cancellation: CancellationFlag = CancellationFlag(),
        source: () throws -> VideoFrame?,
        onResult: @escaping @Sendable (StageResult) -> Void = { _ in },
        sink: (consuming VideoFrame) throws -> Void
    ) throws {
        let filtered: @Sendable (StageResult) -> Void = { result in
            if window.contains(result.time) { onResult(result) }
        }
        switch threading {
        case .inline:
            try runInline(window, cancellation, source, filtered, sink)
        case .threaded(let heavy):
            try withoutActuallyEscaping(source) { source in
                try withoutActuallyEscaping(sink) { sink in
                    try runThreaded(heavy, window, cancellation, source, filtered, sink)
                }
            }
        }
    }

    // MARK: - One thread

    private func runInline(
        _ window: SegmentWindow,
        _ cancellation: CancellationFlag,
        _ source: () throws -> VideoFrame?,
        _ onResult: @escaping @Sendable (StageResult) -> Void,
        _ sink: (consuming VideoFrame) throws -> Void
    ) throws {
        try cancellation.check()
        let chain = try makeChain(layout.steps.indices, onResult)
        while let frame = try read(source) {
            try cancellation.check()
            try chain.push(frame) { try write($0, window, sink) }
        }
        try cancellation.check()
        try chain.flush { try write($0, window, sink) }
    }

    private func makeChain(
        _ steps: Range<Int>,
        _ onResult: @escaping @Sendable (StageResult) -> Void
    ) throws -> StageChain {
        try StageChain(
            layout,
            steps: steps,
            converters: converters,
            taps: taps.steps,
            clock: clock,
            onResult: onResult
        )
    }

    private func read(_ source: () throws -> VideoFrame?) throws -> VideoFrame? {
        let start = clock.now
        guard let frame = try source() else { return nil }
        taps.source.latency.record(nanoseconds: start.nanoseconds(to: clock.now))
        taps.source.countOut()
        return frame
    }

    private func write(
        _ frame: consuming VideoFrame,
        _ window: SegmentWindow,
        _ sink: (consuming VideoFrame) throws -> Void
    ) throws {
        guard isInside(frame, window) else { return }
        try write(frame, sink)
    }

    private func isInside(_ frame: borrowing VideoFrame, _ window: SegmentWindow) -> Bool {
        if window.contains(frame.time) { return true }
        taps.sink.drops.count(.overlap)
        return false
    }

    private func write(_ frame: consuming VideoFrame, _ sink: (consuming VideoFrame) throws -> Void) throws {
        taps.sink.countIn()
        let start = clock.now
        try sink(frame)
        taps.sink.latency.record(nanoseconds: start.nanoseconds(to: clock.now))
    }

    // MARK: - Several threads

    private func runThreaded(
        _ heavy: Set<Int>,
        _ window: SegmentWindow,
        _ cancellation: CancellationFlag,
        _ source: @escaping () throws -> VideoFrame?,
        _ onResult: @escaping @Sendable (StageResult) -> Void,
        _ sink: @escaping (consuming VideoFrame) throws -> Void
    ) throws {
        // Safe because: each is called on one thread, and all threads are joined before this function returns.
        nonisolated(unsafe) let source = source
        nonisolated(unsafe) let sink = sink
        let groups = layout.threadGroups(heavy: heavy)
        let channels = (0...groups.count).map { _ in BoundedChannel<VideoFrame>(capacity: channelCapacity) }
        let crew = Crew(channels)
        let lastGroup = groups.count - 1
        try cancellation.withHandler(crew.stop) {
            crew.start("decode") {
                let output = channels[0]
                while let frame = try read(source) {
                    try cancellation.check()
                    // Without stages nothing but the window stands between source and sink.
                    if lastGroup < 0, !isInside(frame, window) { continue }
                    guard output.send(frame) else { throw CancellationError() }
                }
                output.close()
            }
            for (index, steps) in groups.enumerated() {
                crew.start(groups.count == 1 ? "stages" : "stage-\(layout.name(of: steps.upperBound - 1))") {
                    let (input, output) = (channels[index], channels[index + 1])
                    let chain = try makeChain(steps, onResult)
                    let forward: (consuming VideoFrame) throws -> Void = { frame in
                        if index == lastGroup, !isInside(frame, window) { return }
                        guard output.send(frame) else { throw CancellationError() }
                    }
                    while let frame = try input.receive() { try chain.push(frame, into: forward) }
                    try chain.flush(into: forward)
                    output.close()
                }
            }
            crew.start("encode") {
                while let frame = try channels[groups.count].receive() { try write(frame, sink) }
            }
            try crew.join()
        }
    }
}

/// The threads of one run, which stop together.
private final class Crew: @unchecked Sendable {
    // Safe because: `threads` belongs to the thread that called `run`, `failure` is touched with the lock held only.
    private let channels: [BoundedChannel<VideoFrame>]
    private let lock = Condition()
    private var failure: (any Error)?
    private var threads: [NamedThread] = []

    init(_ channels: [BoundedChannel<VideoFrame>]) { self.channels = channels }

    @Sendable func stop() {
        for channel in channels { channel.cancel() }
    }

    func start(_ name: String, _ body: @escaping @Sendable () throws -> Void) {
        do {
            threads.append(
                try NamedThread(name: name) { [self] in
                    do { try body() } catch { fail(error) }
                }
            )
        } catch {
            fail(error)
        }
    }

    func join() throws {
        for thread in threads { try thread.join() }
        if let error = lock.withLock({ failure }) { throw error }
    }

    private func fail(_ error: any Error) {
        lock.withLock {
            if failure == nil { failure = error }
        }
        stop()
    }
}

extension PipelineLayout {
    /// The steps that share a thread: a new group begins before the conversions that lead to a heavy stage, and after it.
    func threadGroups(heavy: Set<Int>) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var start = 0
        var conversionsFrom = 0
        for (index, step) in steps.enumerated() {
            guard case .stage(let plan, _) = step else { continue }
            if heavy.contains(plan) {
                if start < conversionsFrom { groups.append(start..<conversionsFrom) }
                groups.append(conversionsFrom..<(index + 1))
                start = index + 1
            }
            conversionsFrom = index + 1
        }
        if start < steps.count { groups.append(start..<steps.count) }
        return groups
    }
}
