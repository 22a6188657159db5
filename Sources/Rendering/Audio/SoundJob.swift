internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// The sound's part of a running job. Confined to the thread that runs the job.
struct SoundJob {
    private let plan: AudioPlan
    private let crew: AudioCrew
    private let thread: NamedThread
    private let seconds: Double
    private let clock = MonotonicClock()
    private let begin: MonotonicInstant

    /// Starts; `nil` when the sound is copied.
    init?(
        _ plan: RenderPlan,
        output: AtomicOutput,
        cancellation: CancellationFlag
    ) throws {
        guard let audio = plan.audio else { return nil }
        self.plan = audio
        let wanted = plan.request.end.map { $0 - (plan.request.start ?? .zero) }
        seconds = min(plan.input.duration ?? 0, wanted?.seconds ?? .infinity)
        begin = clock.now
        crew = AudioCrew(
            plan.request,
            audio,
            range: plan.range,
            clockShifts: plan.clockShifts,
            output: output,
            cancellation: cancellation
        )
        thread = try crew.start()
    }

    /// Waits for the end.
    ///
    /// - Parameters:
    ///   - percent: how much of the whole job was done before.
    ///   - onProgress: called ten times a second.
    /// - Throws: what the sound's thread threw.
    func wait(from percent: Double, _ onProgress: (RenderProgress) -> Void) throws {
        while !thread.isFinished {
            let share = crew.share(of: seconds), elapsed = begin.duration(to: clock.now).inSeconds
            let speed = elapsed > 0 ? share * seconds / elapsed : 0
            onProgress(
                RenderProgress(
                    phase: .render,
                    percent: percent + (97 - percent) * share,
                    fps: 0,
                    speed: speed,
                    etaSeconds: share > 0.01 ? elapsed / share * (1 - share) : nil
                )
            )
            crew.waitForEnd(atMost: .milliseconds(100))
        }
        try thread.join()
    }

    /// Ends the thread, if it still runs because something failed elsewhere, and waits until it is gone.
    func end() {
        if !thread.isFinished { crew.stop() }
        try? thread.join()
    }

    /// The tracks that were encoded, by the index of their stream.
    var sounds: [Int: EncodedSound] { crew.sounds }

    /// Adds to a report what was done to the sound.
    func complete(_ report: inout RenderReport) {
        AudioReport(plan, crew.results, seconds: crew.seconds).complete(&report)
    }
}
