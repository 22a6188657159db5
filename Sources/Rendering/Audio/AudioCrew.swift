internal import FFmpegKit
internal import MediaCore
internal import Pipeline
internal import Synchronization

/// The thread that processes the sound of one job, beside those that render its picture.
final class AudioCrew: Sendable {
    private let request: RenderRequest
    private let plan: AudioPlan
    private let range: TimeRange
    private let clockShifts: ClockShifts
    private let output: AtomicOutput
    private let cancellation: CancellationFlag
    /// Of its own, so that a failure of the picture can stop the sound.
    private let interrupt = Demuxer.Interrupt()
    private struct State: Sendable {
        var results: [AudioTrackResult] = []
        var seconds = 0.0
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let wakeUp = Condition()
    /// Milliseconds of sound that went through any pass.
    private let done = Atomic<Int>(0)

    init(
        _ request: RenderRequest,
        _ plan: AudioPlan,
        range: TimeRange,
        clockShifts: ClockShifts,
        output: AtomicOutput,
        cancellation: CancellationFlag
    ) {
        self.request = request
        self.plan = plan
        self.range = range
        self.output = output
        self.cancellation = cancellation
        self.clockShifts = clockShifts
    }

    /// Makes the thread stop soon.
    func stop() { interrupt.raise() }

    /// Starts the thread.
    func start() throws -> NamedThread {
        try NamedThread(name: "sound") { [self] in
            let clock = MonotonicClock(), begin = clock.now
            defer {
                wakeUp.withLock {
                    state.withLock {
                        $0.seconds = begin.duration(to: clock.now).inSeconds
                        $0.hasEnded = true
                    }
                    wakeUp.broadcast()
                }
            }
            try cancellation.withHandler({ [interrupt] in interrupt.raise() }) { try work() }
        }
    }

    /// How much is done, 0–1, by the number of passes that most tracks need.
    func share(of seconds: Double) -> Double {
        let passes = Double(plan.effects.count + 1) * Double(plan.tracks.count)
        return seconds > 0 ? min(1, Double(done.load(ordering: .relaxed)) / 1000 / (seconds * passes)) : 0
    }

    /// What became of the tracks, in the order of the container.
    var results: [AudioTrackResult] { state.withLock { $0.results } }

    /// Seconds from the start of the thread to its end.
    var seconds: Double { state.withLock { $0.seconds } }

    /// Waits until the thread has nothing more to do, or some time is over.
    func waitForEnd(atMost time: Duration) {
        let deadline = MonotonicClock().now.advanced(by: time)
        wakeUp.withLock {
            if !state.withLock({ $0.hasEnded }) { wakeUp.wait(until: deadline) }
        }
    }

    /// The tracks that were encoded, by the index of their stream.
    var sounds: [Int: EncodedSound] {
        Dictionary(
            uniqueKeysWithValues: results.compactMap { result in result.sound.map { (result.stream.index, $0) } }
        )
    }

    private func work() throws {
        let demuxer = try RenderPlan.open(request.inputPath, interrupt)
        let container = Muxer.Container(fileName: request.outputPath)
        guard let container else { return }
        for track in plan.tracks {
            let renderer = AudioTrackRenderer(
                request: request,
                plan: plan,
                stream: track,
                range: range,
                clockShifts: clockShifts,
                duration: demuxer.duration,
                formatName: demuxer.formatName,
                container: container,
                scratchPrefix: output.temporary("sound-\(track.index)"),
                interrupt: interrupt,
                cancellation: cancellation,
                onProgress: { [self] in done.add(Int($0 * 1000), ordering: .relaxed) }
            )
            let result = try renderer.run()
            state.withLock { $0.results.append(result) }
        }
    }
}
