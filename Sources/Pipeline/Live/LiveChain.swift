internal import FFmpegKit
internal import MediaCore

/// A running set of stations: carries out what ``LivePolicy`` decides, on the thread of the ``LiveRunner``.
final class LiveChain {
    /// The pictures at one station.
    private final class Station {
        let task: LiveWorker.Task
        let maySendRaw: Bool
        var worker: LiveWorker?
        var waiting = FrameQueue()
        var answers = FrameQueue()
        var raw: VideoFrame?
        var rawTime: MediaTime?
        var last: VideoFrame?

        init(task: LiveWorker.Task, maySendRaw: Bool) {
            self.task = task
            self.maySendRaw = maySendRaw
        }
    }

    /// What a chain tells and sends.
    struct Outlets: Sendable {
        let onFrame: @Sendable (consuming VideoFrame) -> Void
        let onResult: @Sendable (StageResult) -> Void
        let onEvent: @Sendable (LiveEvent) -> Void
    }

    let layout: PipelineLayout
    let taps: LiveTaps
    private(set) var policy: LivePolicy
    /// The error of the first instance that could not be made.
    private(set) var startFailure: (stage: String, error: any Error)?
    private let stations: [Station]
    private let outlets: Outlets
    private let clock: any PipelineClock
    private let doorbell: Condition
    private var retired: [LiveWorker] = []
    /// Frames that wait for older stages to drain where there is no station to wait at.
    private var held = FrameQueue()
    private var heldArrivals: [MonotonicInstant] = []

    init(
        _ plan: LivePlan,
        limits: LiveLimits,
        converters: any FrameConverterFactory,
        outlets: Outlets,
        clock: any PipelineClock,
        doorbell: Condition
    ) {
        layout = plan.layout
        let groups = plan.stations
        let taps = LiveTaps(groups.map { plan.layout.name(of: $0.steps.upperBound - 1) })
        self.taps = taps
        self.outlets = outlets
        self.clock = clock
        self.doorbell = doorbell
        policy = LivePolicy(groups.map(\.rules), limits: limits)
        stations = zip(groups, taps.stations).map { group, tap in
            Station(
                task: LiveWorker.Task(
                    layout: plan.layout,
                    steps: group.steps,
                    converters: converters,
                    tap: tap,
                    clock: clock,
                    needsSubstitute: !group.rules.maySendRaw,
                    onResult: outlets.onResult
                ),
                maySendRaw: group.rules.maySendRaw
            )
        }
        carryOut()
    }

    // MARK: - Events

    func accept(_ frame: consuming VideoFrame, arrival: MonotonicInstant) {
        taps.pipeline.countIn()
        guard let first = stations.first else {
            if !policy.isHolding { return emit(frame, arrival) }
            held.append(frame)
            return heldArrivals.append(arrival)
        }
        first.waiting.append(frame)
        policy.arrived(at: arrival, now: clock.now)
        carryOut()
    }

    func tick() {
        policy.tick(clock.now)
        carryOut()
    }

    func hold() { policy.hold() }

    func release() {
        policy.release(clock.now)
        carryOut()
        for arrival in heldArrivals {
            if let frame = held.popFirst() { emit(frame, arrival) }
        }
        heldArrivals = []
    }

    func beginFlush() {
        policy.beginFlush(clock.now)
        carryOut()
    }

    /// Whether a worker has answered. The caller holds the doorbell's lock.
    var hasAnswers: Bool { stations.contains { $0.worker?.hasAnswer ?? false } }

    /// Takes up what the workers have answered.
    func collect() {
        for (index, station) in stations.enumerated() {
            guard let worker = station.worker else { continue }
            doorbell.lock()
            let answer = worker.takeAnswer(into: &station.answers)
            doorbell.unlock()
            take(answer, index)
        }
    }

    private func take(_ answer: LiveWorker.Answer, _ index: Int) {
        let name = taps.stations[index].name
        let now = clock.now
        switch answer {
        case .none: return
        case .started:
            outlets.onEvent(.stageReady(stage: name))
            policy.started(index, now: now)
        case .couldNotStart(let error):
            if startFailure == nil { startFailure = (name, error) }
            outlets.onEvent(.stageUnavailable(stage: name, error: error))
            policy.couldNotStart(index, now: now)
        case .processed(let count): policy.processed(index, count: count, now: now)
        case .flushed(let count): policy.flushed(index, count: count, now: now)
        case .substituted(let hasPicture, let error):
            if let error { outlets.onEvent(.stageFailed(stage: name, error: error)) }
            policy.substituted(index, didThrow: error != nil, hasPicture: hasPicture, now: now)
        }
        carryOut()
        if policy.stations[index].running == nil { stations[index].raw = nil }
    }

    /// Ends all threads: idle ones are waited for, busy ones are left to themselves.
    func shutDown() {
        for (index, station) in stations.enumerated() {
            guard let worker = station.worker.take() else { continue }
            if policy.stations[index].running == nil, policy.stations[index].availability == .ready {
                worker.retire()
                worker.join()
            } else {
                worker.abandon()
            }
        }
        for worker in retired { worker.join() }
        retired = []
    }

    // MARK: - Actions

    private func carryOut() {
        // By index: holding on to the array would make the policy copy it.
        var index = 0
        while index < policy.actions.count {
            carryOut(policy.actions[index])
            index += 1
        }
        policy.actions.removeAll(keepingCapacity: true)
    }

    private func carryOut(_ action: LivePolicy.Action) {
        switch action {
        case .process(let index): give(.process, index)
        case .substitute(let index): give(.substitute, index)
        case .flush(let index): stations[index].worker?.give(.flush, nil)
        case .forward(let index, let picture, let arrival): forward(index, picture, arrival)
        case .remember(let index): stations[index].last = stations[index].answers.popFirst()
        case .drop(let index, let picture): _ = take(picture, index)
        case .count(let index, let cause): taps.stations[index].drops.count(cause)
        case .start(let index):
            let worker = LiveWorker(stations[index].task, doorbell: doorbell)
            stations[index].worker = worker
            worker.start()
        case .retire(let index):
            guard let worker = stations[index].worker.take() else { return }
            worker.retire()
            // Earlier ones have ended long ago.
            for earlier in retired { earlier.join() }
            retired = [worker]
        case .abandon(let index):
            outlets.onEvent(.stageHung(stage: taps.stations[index].name))
            stations[index].worker.take()?.abandon()
            stations[index].raw = nil
        }
    }

    private func give(_ order: LiveWorker.Order, _ index: Int) {
        let station = stations[index]
        guard let frame = station.waiting.popFirst() else { return }
        taps.stations[index].countIn()
        station.rawTime = frame.time
        // A second reference only where the raw frame may be shown: it makes a stage that works in place copy.
        station.raw = station.maySendRaw ? try? frame.share() : nil
        station.worker?.give(order, frame)
    }

    private func forward(_ index: Int, _ picture: LivePolicy.Picture, _ arrival: MonotonicInstant) {
        let station = stations[index]
        // The policy counts frames; without one its counts would be wrong from here on.
        guard let frame = take(picture, index) else { preconditionFailure("no picture to send on: out of memory") }
        if picture == .answer, !station.maySendRaw { station.last = try? frame.share() }
        taps.stations[index].countOut()
        if index + 1 < stations.count {
            stations[index + 1].waiting.append(frame)
        } else {
            emit(frame, arrival)
        }
    }

    private func take(_ picture: LivePolicy.Picture, _ index: Int) -> VideoFrame? {
        let station = stations[index]
        switch picture {
        case .waiting: return station.waiting.popFirst()
        case .raw: return station.raw.take()
        case .answer: return station.answers.popFirst()
        case .lastForWaiting: return last(station, at: station.waiting.popFirst()?.time)
        case .lastForRaw: return last(station, at: station.rawTime)
        }
    }

    private func last(_ station: Station, at time: MediaTime?) -> VideoFrame? {
        guard let copy = try? station.last?.share() else { return nil }
        guard let time else { return copy }
        return VideoFrame.retimed(copy, to: time)
    }

    private func emit(_ frame: consuming VideoFrame, _ arrival: MonotonicInstant) {
        taps.pipeline.latency.record(nanoseconds: arrival.nanoseconds(to: clock.now))
        taps.pipeline.countOut()
        outlets.onFrame(frame)
    }
}
