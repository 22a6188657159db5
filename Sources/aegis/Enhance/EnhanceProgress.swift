internal import Pipeline
internal import Rendering

/// Shows how far a file is: a line on a terminal, events with `--json`, nothing otherwise.
final class EnhanceProgress {
    private enum Form { case events, line, nothing }

    private struct Event: Encodable {
        let input: String
        let phase: String
        let progress: Double
        let fps: Double?
        let speed: Double?
        let etaSeconds: Double?
    }

    private let input: String
    private let form: Form
    private let line: ProgressLine
    private let clock = MonotonicClock()
    private var lastShown: (at: MonotonicInstant, phase: RenderProgress.Phase)?
    private var isLineOpen = false

    /// Prepares to show the progress of a file.
    init(input: String, isJSON: Bool) {
        self.input = input
        form = isJSON ? .events : ProgressLine.isPossible ? .line : .nothing
        line = ProgressLine(name: input)
    }

    /// Shows that work has begun.
    func begin() { update(RenderProgress(phase: .analyse, percent: 0, fps: 0, speed: 0, etaSeconds: nil)) }

    /// Shows a state, at most ten times a second and at every change of phase.
    func update(_ progress: RenderProgress) {
        let now = clock.now
        if let lastShown, lastShown.phase == progress.phase, lastShown.at.duration(to: now) < .milliseconds(100) {
            return
        }
        lastShown = (now, progress.phase)
        show(progress)
    }

    /// Leaves the terminal's line clean.
    func finish() {
        guard isLineOpen else { return }
        isLineOpen = false
        try? StandardStream.error.write("\r\u{1B}[K")
    }

    // Progress that cannot be shown must not end the work.
    private func show(_ progress: RenderProgress) {
        switch form {
        case .nothing: return
        case .line:
            isLineOpen = true
            let text = line.text(progress, columns: StandardStream.error.columns ?? 80)
            try? StandardStream.error.write("\r\(text)\u{1B}[K")
        case .events:
            let event = Event(
                input: input,
                phase: progress.phase.rawValue,
                progress: PlainText.rounded(progress.percent, places: 1),
                fps: progress.fps > 0 ? PlainText.rounded(progress.fps, places: 1) : nil,
                speed: progress.speed > 0 ? PlainText.rounded(progress.speed, places: 2) : nil,
                etaSeconds: progress.etaSeconds.map { PlainText.rounded($0, places: 1) }
            )
            if let text = try? JSONText.event("progress", event) { try? StandardStream.output.write(text) }
        }
    }
}
