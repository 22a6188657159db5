internal import FFmpegKit
internal import Foundation
internal import MediaCore
public import Pipeline
internal import Synchronization

/// Runs a plan: renders the segments side by side, joins them, and says what was done.
public struct RenderJob: Sendable {
    let plan: RenderPlan
    let cancellation: CancellationFlag
    private let clock = MonotonicClock()
    /// The share of the job that is done when rendering begins, in percent.
    private var renderStart = 2.0

    /// Makes a job.
    ///
    /// - Parameters:
    ///   - plan: what to do.
    ///   - cancellation: set from another thread to stop; nothing is left behind then.
    public init(_ plan: RenderPlan, cancellation: CancellationFlag = CancellationFlag()) {
        self.plan = plan
        self.cancellation = cancellation
    }

    /// Runs the job on threads of its own and waits for its end.
    ///
    /// Blocking: never call it on the cooperative pool. The result appears under its name only when it is complete.
    ///
    /// - Parameter onProgress: called ten times a second on the calling thread.
    /// - Throws: ``RenderError``.
    public func run(onProgress: (RenderProgress) -> Void = { _ in }) throws -> RenderReport {
        let interrupt = Demuxer.Interrupt()
        do {
            return try cancellation.withHandler({ interrupt.raise() }) {
                try execute(interrupt: interrupt, onProgress: onProgress)
            }
        } catch {
            if cancellation.isCancelled { throw RenderError(.interrupted, "interrupted") }
            throw RenderError(error, input: plan.request.inputPath)
        }
    }

    private func execute(interrupt: Demuxer.Interrupt, onProgress: (RenderProgress) -> Void) throws -> RenderReport {
        let begin = clock.now
        let output = try AtomicOutput(path: plan.request.outputPath, replaces: plan.request.replacesOutput)
        let finished = output.temporary(URL(fileURLWithPath: plan.request.outputPath).lastPathComponent)
        let sound = try SoundJob(plan, output: output, cancellation: cancellation)
        // The thread must not write into a folder that is about to go.
        defer { sound?.end() }
        var report: RenderReport
        var kept: KeptWork?
        if let video = plan.video {
            kept = try plan.request.workDirectory.map { try KeptWork($0, JobIdentity(plan.request)) }
            let prepared = try prepared(video, kept, interrupt, onProgress)
            var job = RenderJob(prepared.plan, cancellation: cancellation)
            job.renderStart = Self.analysisShare(of: video)
            if prepared.leavesEverything {
                report = try job.copy(sound, finished, interrupt, onProgress)
            } else {
                report = try job.render(prepared, sound, output, kept, finished, interrupt, onProgress)
            }
            report.stages = prepared.reports(report.stages)
            report.warnings += prepared.warnings
        } else {
            report = try copy(sound, finished, interrupt, onProgress)
        }
        sound?.complete(&report)
        try cancellation.check()
        report.output = try MediaDescription(RenderPlan.open(finished, interrupt))
        report.output.filename = plan.request.outputPath
        try output.commit(finished)
        kept?.remove()
        report.seconds = begin.duration(to: clock.now).inSeconds
        if let frames = report.frames, report.seconds > 0 {
            report.fps = Double(frames) / report.seconds
            report.speed = (report.output.duration ?? 0) / report.seconds
        }
        return report
    }

    // MARK: - Copying

    private func copy(
        _ sound: SoundJob?,
        _ path: String,
        _ interrupt: Demuxer.Interrupt,
        _ onProgress: (RenderProgress) -> Void
    ) throws -> RenderReport {
        try sound?.wait(from: renderStart, onProgress)
        onProgress(RenderProgress(phase: .join, percent: sound == nil ? 0 : 97, fps: 0, speed: 0, etaSeconds: nil))
        let demuxer = try RenderPlan.open(plan.request.inputPath, interrupt)
        let joiner = SegmentJoiner(
            inputPath: plan.request.inputPath,
            demuxer: demuxer,
            videoStream: nil,
            range: plan.range,
            clockShifts: plan.clockShifts,
            outputPath: plan.request.outputPath,
            interrupt: interrupt,
            sounds: sound?.sounds ?? [:]
        )
        let notices = try joiner.join([], lastDuration: 0, to: path)
        return emptyReport(warnings: plan.warnings + notices.filter { !plan.warnings.contains($0) })
    }

    private func emptyReport(warnings: [String]) -> RenderReport {
        RenderReport(input: plan.input, output: plan.input, stages: [], seconds: 0, warnings: warnings)
    }

    // MARK: - Rendering

    private func render(
        _ prepared: PreparedJob,
        _ sound: SoundJob?,
        _ output: AtomicOutput,
        _ kept: KeptWork?,
        _ path: String,
        _ interrupt: Demuxer.Interrupt,
        _ onProgress: (RenderProgress) -> Void
    ) throws -> RenderReport {
        guard let video = plan.video else { throw RenderError(.failed, "there are no pictures to render") }
        let crew = SegmentCrew(
            plan: plan,
            video: video,
            output: output,
            kept: kept,
            judgements: prepared.judgements,
            cancellation: cancellation,
            interrupt: interrupt
        )
        let begin = clock.now
        try crew.run { framesDone in
            let elapsed = begin.duration(to: clock.now).inSeconds
            onProgress(progress(framesDone, of: video, elapsed: elapsed))
        }
        try cancellation.check()
        try sound?.wait(from: 97, onProgress)
        onProgress(RenderProgress(phase: .join, percent: 97, fps: 0, speed: 0, etaSeconds: nil))
        let joiner = SegmentJoiner(
            inputPath: plan.request.inputPath,
            demuxer: try RenderPlan.open(plan.request.inputPath, interrupt),
            videoStream: video.stream,
            range: plan.range,
            clockShifts: plan.clockShifts,
            outputPath: plan.request.outputPath,
            interrupt: interrupt,
            sounds: sound?.sounds ?? [:]
        )
        let segments = crew.results
        let notices = try joiner.join(segments, lastDuration: lastDuration(of: video), to: path)
        var report = emptyReport(
            warnings: plan.warnings + crew.warnings + notices.filter { !plan.warnings.contains($0) }
        )
        report.encoder = video.encoder.encoderName
        report.frames = segments.reduce(0) { $0 + $1.result.presentationTicks.count }
        report.segments = video.segments.count
        report.stages = crew.stageReports
        return report
    }

    /// How long the last picture of the result is shown, in ticks of the source's stream.
    private func lastDuration(of video: RenderPlan.Video) -> Int64 {
        guard plan.request.end != nil, let end = video.segments.last?.end else { return video.table.lastDuration }
        let next = video.table.ticks.partitioningIndex { $0 >= end }
        guard next > 0, next < video.table.ticks.count else { return video.table.lastDuration }
        return video.table.ticks[next] - video.table.ticks[next - 1]
    }

    private func progress(_ framesDone: Int, of video: RenderPlan.Video, elapsed: Double) -> RenderProgress {
        let expected = max(1, video.expectedFrames)
        let share = min(1, Double(framesDone) / Double(expected))
        let fps = elapsed > 0 ? Double(framesDone) / elapsed : 0
        let mediaSeconds = video.table.seconds * Double(framesDone) / Double(max(1, video.table.ticks.count))
        return RenderProgress(
            phase: .render,
            percent: renderStart + (97 - renderStart) * share,
            fps: fps,
            speed: elapsed > 0 ? mediaSeconds / elapsed : 0,
            etaSeconds: fps > 0 ? Double(expected - min(framesDone, expected)) / fps : nil
        )
    }
}

extension Duration {
    /// The duration in seconds, for reports.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// The duration in milliseconds, for reports.
    var inMilliseconds: Double { inSeconds * 1000 }
}
