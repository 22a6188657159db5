internal import FFmpegKit
internal import MediaCore

/// One instance of a station on a thread of its own: the conversions that lead to a stage, and the stage.
///
/// The owner gives one frame at a time and is rung when the answer is there. All mailboxes are guarded by the lock of the
/// owner's doorbell. A worker that hangs is abandoned: whatever it does later is nobody's business any more.
final class LiveWorker: @unchecked Sendable {
    // Safe because: `mailbox` variables are touched with the lock held only; instances live on the worker's thread.

    /// What the owner wants.
    enum Order: Sendable { case none, process, substitute, flush, stop }

    /// What the worker has done.
    enum Answer: Sendable {
        case none
        case started
        case couldNotStart(any Error)
        case processed(Int)
        case flushed(Int)
        /// A substitute or none; with the error when `process` or `flush` threw before.
        case substituted(Bool, (any Error)?)
    }

    /// What a worker needs to know to work.
    struct Task: Sendable {
        let layout: PipelineLayout
        let steps: Range<Int>
        let converters: any FrameConverterFactory
        let tap: StageTap
        let clock: any PipelineClock
        /// Whether a substitute is of use: the raw frame must not or cannot be sent on instead.
        let needsSubstitute: Bool
        let onResult: @Sendable (StageResult) -> Void
    }

    private let task: Task
    private let doorbell: Condition
    private let wake: Condition
    private var thread: NamedThread?

    private var order = Order.none
    private var input: VideoFrame?
    private var answer = Answer.none
    private var answerFrames = FrameQueue()
    private var isAbandoned = false

    // Belongs to the worker's thread.
    private var convertedFrames = FrameQueue(initialCapacity: 1)

    /// Makes a worker whose thread has not started.
    init(_ task: Task, doorbell: Condition) {
        self.task = task
        self.doorbell = doorbell
        wake = Condition(sharingLockOf: doorbell)
    }

    /// Starts the thread, which makes the instance first.
    func start() {
        do {
            thread = try NamedThread(name: "live-\(task.layout.name(of: task.steps.upperBound - 1))") { [self] in work()
            }
        } catch {
            post(.couldNotStart(error))
        }
    }

    // MARK: - The owner's side

    /// Gives an order; there must be none in work.
    func give(_ order: Order, _ frame: consuming VideoFrame?) {
        doorbell.lock()
        self.order = order
        input = frame
        doorbell.unlock()
        wake.signal()
    }

    /// Takes the answer if there is one, and its frames into `frames`. The caller holds the doorbell's lock.
    func takeAnswer(into frames: inout FrameQueue) -> Answer {
        if case .none = answer { return .none }
        defer { answer = .none }
        while let frame = answerFrames.popFirst() { frames.append(frame) }
        return answer
    }

    /// Whether an answer is there. The caller holds the doorbell's lock.
    var hasAnswer: Bool { if case .none = answer { false } else { true } }

    /// Ends the thread after what it is doing, without waiting.
    func retire() { give(.stop, nil) }

    /// Leaves the thread to itself.
    func abandon() {
        doorbell.lock()
        isAbandoned = true
        order = .stop
        doorbell.unlock()
        wake.signal()
        thread = nil
    }

    /// Waits for the thread, which must have been retired.
    func join() {
        // The body of the thread throws nothing.
        try? thread?.join()
        thread = nil
    }

    // MARK: - The worker's side

    private func work() {
        let converting: StageChain?
        let stage: (any StageInstance)?
        do {
            let last = task.steps.upperBound - 1
            let hasStage = if case .stage = task.layout.steps[last] { true } else { false }
            let conversions = hasStage ? task.steps.dropLast() : task.steps
            converting = conversions.isEmpty ? nil : try makeConverting(conversions)
            stage = hasStage ? try task.layout.makeInstance(of: last, converters: task.converters) : nil
        } catch {
            post(.couldNotStart(error))
            return
        }
        post(.started)
        let output = StageOutput()
        while true {
            doorbell.lock()
            while order == .none { wake.wait() }
            let current = order
            order = .none
            let frame = input.take()
            doorbell.unlock()
            switch current {
            case .none: break
            case .stop: return
            case .process:
                guard let frame else { break }
                process(frame, converting, stage, output)
            case .substitute:
                guard let frame else { break }
                substitute(frame, converting, stage)
            case .flush:
                do {
                    try stage?.flush(into: output)
                    report(output)
                    post(.flushed(deliver(output)))
                } catch {
                    discard(output)
                    post(.substituted(false, error))
                }
            }
        }
    }

    private func makeConverting(_ steps: Range<Int>) throws -> StageChain {
        try StageChain(
            task.layout,
            steps: steps,
            converters: task.converters,
            taps: task.layout.steps.indices.map { StageTap(name: task.layout.name(of: $0)) },
            clock: task.clock,
            onResult: { _ in }
        )
    }

    private func process(
        _ frame: consuming VideoFrame,
        _ converting: StageChain?,
        _ stage: (any StageInstance)?,
        _ output: StageOutput
    ) {
        let start = task.clock.now
        var kept: VideoFrame?
        do {
            let converted = try convert(frame, converting)
            if let stage {
                if task.needsSubstitute { kept = try converted.share() }
                try stage.process(converted, into: output)
            } else {
                output.emit(converted)
            }
            task.tap.latency.record(nanoseconds: start.nanoseconds(to: task.clock.now))
            report(output)
            post(.processed(deliver(output)))
        } catch {
            discard(output)
            var hasPicture = false
            if let original = kept.take(), let picture = stage?.fallback(for: original) {
                hasPicture = deliver(picture)
            }
            post(.substituted(hasPicture, error))
        }
    }

    private func substitute(
        _ frame: consuming VideoFrame,
        _ converting: StageChain?,
        _ stage: (any StageInstance)?
    ) {
        var hasPicture = false
        if let stage, let converted = try? convert(frame, converting), let picture = stage.fallback(for: converted) {
            hasPicture = deliver(picture)
        }
        post(.substituted(hasPicture, nil))
    }

    private func convert(_ frame: consuming VideoFrame, _ converting: StageChain?) throws -> VideoFrame {
        guard let converting else { return frame }
        try converting.push(frame) { convertedFrames.append($0) }
        guard let converted = convertedFrames.popFirst() else {
            throw StageError(.failed, stage: task.tap.name, "a conversion before it gave no picture")
        }
        return converted
    }

    private func report(_ output: StageOutput) {
        output.drainResults { result in
            if !doorbell.withLock({ isAbandoned }) { task.onResult(result) }
        }
    }

    /// Puts the stage's frames into the mailbox and tells how many there were.
    private func deliver(_ output: StageOutput) -> Int {
        var count = 0
        while let frame = output.takeFrame() {
            if deliver(frame) { count += 1 }
        }
        return count
    }

    private func deliver(_ frame: consuming VideoFrame) -> Bool {
        doorbell.lock()
        defer { doorbell.unlock() }
        guard !isAbandoned else { return false }
        answerFrames.append(frame)
        return true
    }

    private func discard(_ output: StageOutput) {
        while output.takeFrame() != nil {}
        output.drainResults { _ in }
    }

    private func post(_ answer: Answer) {
        doorbell.lock()
        if !isAbandoned { self.answer = answer }
        doorbell.unlock()
        doorbell.signal()
    }
}
