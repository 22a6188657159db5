public import FFmpegKit
internal import MediaCore

/// Runs the frames of a live stream through stages, each within its deadline.
///
/// **Bound and drop rule.** ``offer(_:)`` never waits; what cannot be processed in time is passed raw, replaced or
/// dropped by the failure policy of the stage that it waits for, and counted by cause in ``taps``. Frames leave in the
/// order in which they came.
///
/// **Threads.** Each stage has a thread of its own (`live-NAME`), which also makes its instance; one more (`live`) moves
/// the frames and calls `onFrame`, which must not block. A stage that hangs keeps its thread; the runner goes on without
/// it. Thread-safe. ``finish()`` or ``cancel()`` must be called before the last reference goes.
public final class LiveRunner: @unchecked Sendable {
    // Safe because: the mailbox is touched with the doorbell's lock held only, everything else on thread `live`.
    private let doorbell = Condition()
    private let clock: any PipelineClock
    private let limits: LiveLimits
    private let converters: any FrameConverterFactory
    private let outlets: LiveChain.Outlets
    private var thread: NamedThread?

    // The mailbox.
    private var inbox = FrameQueue(initialCapacity: 16)
    private var arrivals: [MonotonicInstant] = []
    private var wantedPlan: LivePlan?
    private var ending = Ending.none
    private var currentTaps: LiveTaps
    private var currentLatency: Duration

    private enum Ending { case none, finish, cancel }

    /// How many frames wait for the thread `live` at most, when it is held up.
    private static let inboxLimit = 8

    /// Starts a pipeline.
    ///
    /// Frames that come before the instances are ready are treated by the failure policies, as failures are.
    ///
    /// - Parameters:
    ///   - plan: the stages.
    ///   - limits: deadlines and back-offs.
    ///   - converters: makes the conversions.
    ///   - clock: the time.
    ///   - onFrame: takes what comes out, on thread `live`; must not block.
    ///   - onResult: gets what the stages find, on their threads.
    ///   - onEvent: gets what happens to the stages, on thread `live`.
    /// - Throws: ``NamedThread/StartError`` when there is no thread to be had.
    public init(
        _ plan: LivePlan,
        limits: LiveLimits,
        converters: any FrameConverterFactory,
        clock: any PipelineClock = MonotonicClock(),
        onFrame: @escaping @Sendable (consuming VideoFrame) -> Void,
        onResult: @escaping @Sendable (StageResult) -> Void = { _ in },
        onEvent: @escaping @Sendable (LiveEvent) -> Void = { _ in }
    ) throws {
        self.clock = clock
        self.limits = limits
        self.converters = converters
        outlets = LiveChain.Outlets(onFrame: onFrame, onResult: onResult, onEvent: onEvent)
        arrivals.reserveCapacity(Self.inboxLimit + 1)
        currentTaps = LiveTaps([])
        currentLatency = .zero
        wantedPlan = plan
        thread = try NamedThread(name: "live") { [self] in run() }
    }

    /// Hands in the next frame; never waits.
    ///
    /// A frame in another format than the plan's source is dropped: whoever sees the format change swaps the plan.
    public func offer(_ frame: consuming VideoFrame) {
        let arrival = clock.now
        var oldest: VideoFrame?
        doorbell.lock()
        if ending == .none {
            inbox.append(frame)
            arrivals.append(arrival)
            if arrivals.count > Self.inboxLimit {
                oldest = inbox.popFirst()
                arrivals.removeFirst()
                currentTaps.pipeline.drops.count(.newestWins)
            }
        }
        doorbell.unlock()
        doorbell.signal()
        // Released here, without the lock.
        _ = oldest.take()
    }

    /// Replaces the stages without losing frames or showing raw ones.
    ///
    /// The old stages go on until every new one has its instance. Then new frames wait until those in the old stages
    /// have left. A later swap replaces one that is still being prepared. When a new stage cannot be made, the old ones
    /// stay and `onEvent` tells.
    public func swap(to plan: LivePlan) {
        doorbell.lock()
        wantedPlan = plan
        doorbell.unlock()
        doorbell.signal()
    }

    /// Takes no more frames, lets those under way leave, ends all threads and waits for that.
    public func finish() { end(.finish) }

    /// Drops all frames, ends all threads and waits for that; a thread that is busy is left to itself.
    public func cancel() { end(.cancel) }

    /// What is measured at the stages that run now.
    public var taps: LiveTaps { doorbell.withLock { currentTaps } }

    /// How long a frame may take: the budget and the look-ahead of all stages that run now. Sound is delayed by this.
    public var declaredLatency: Duration { doorbell.withLock { currentLatency } }

    private func end(_ how: Ending) {
        doorbell.lock()
        if ending != .cancel { ending = how }
        let thread = thread
        doorbell.unlock()
        doorbell.signal()
        // The body of the thread throws nothing.
        try? thread?.join()
    }

    // MARK: - Thread `live`

    private func run() {
        var current: LiveChain?
        var next: LiveChain?
        var old: LiveChain?
        var received = FrameQueue(initialCapacity: 16)
        var receivedAt: [MonotonicInstant] = []
        receivedAt.reserveCapacity(Self.inboxLimit + 1)
        var isEnding = false

        while true {
            let deadline = min(
                current?.policy.nextDeadline ?? .distantFuture,
                old?.policy.nextDeadline ?? .distantFuture
            )
            doorbell.lock()
            while arrivals.isEmpty && (wantedPlan == nil || old != nil) && ending == (isEnding ? .finish : .none)
                && !(current?.hasAnswers ?? false) && !(next?.hasAnswers ?? false) && !(old?.hasAnswers ?? false)
                && clock.now < deadline
            {
                clock.wait(on: doorbell, until: deadline)
            }
            while let frame = inbox.popFirst() { received.append(frame) }
            receivedAt.append(contentsOf: arrivals)
            arrivals.removeAll(keepingCapacity: true)
            // One swap at a time: the next one begins when the old stages are gone.
            let plan = old == nil ? wantedPlan.take() : nil
            let ending = ending
            isEnding = ending != .none
            doorbell.unlock()

            current?.collect()
            next?.collect()
            old?.collect()
            current?.tick()
            old?.tick()
            if let plan {
                next?.shutDown()
                next = makeChain(plan)
            }
            // Something is there from the first moment: while it warms up, its failure policies speak for it.
            if current == nil, let first = next.take() { current = adopt(first) }
            for arrival in receivedAt {
                guard let frame = received.popFirst() else { break }
                if let current, frame.format == current.layout.source {
                    current.accept(frame, arrival: arrival)
                } else {
                    current?.taps.pipeline.drops.count(.failed)
                }
            }
            receivedAt.removeAll(keepingCapacity: true)
            if let chain = next, let failure = chain.startFailure {
                outlets.onEvent(.swapFailed(stage: failure.stage, error: failure.error))
                chain.shutDown()
                next = nil
            } else if let chain = next, chain.policy.isReady {
                old = current
                chain.hold()
                current = adopt(chain)
                next = nil
            }
            if let chain = old, isEmpty(chain) {
                chain.shutDown()
                old = nil
                current?.release()
                outlets.onEvent(.swapped)
            }
            if ending == .cancel || (ending == .finish && old == nil && (current.map(isEmpty) ?? true)) {
                current?.shutDown()
                next?.shutDown()
                old?.shutDown()
                return
            }
        }
    }

    private func makeChain(_ plan: LivePlan) -> LiveChain {
        LiveChain(plan, limits: limits, converters: converters, outlets: outlets, clock: clock, doorbell: doorbell)
    }

    private func adopt(_ chain: LiveChain) -> LiveChain {
        doorbell.withLock {
            currentTaps = chain.taps
            currentLatency = chain.policy.declaredLatency
        }
        return chain
    }

    /// Whether all frames have left a chain that gets no more, those that its stages held included.
    private func isEmpty(_ chain: LiveChain) -> Bool {
        guard chain.policy.isDrained else { return false }
        chain.beginFlush()
        return chain.policy.isDrained
    }
}
