internal import FFmpegKit
internal import Foundation
internal import MediaCore
internal import Pipeline
internal import Synchronization

/// The first pass of a job: decodes the file once for everybody who must know all of it before rendering.
///
/// Segments are looked at side by side, each on one thread with its own decoder and probes. What a probe says about a
/// frame knows nothing of the rest of the file; what follows from all of it is worked out afterwards.
struct AnalysisPass: Sendable {
    /// What came out of it.
    struct Result: Sendable {
        /// The stages, those that measured with the plan that they made of it.
        let stages: [PlannedStage]
        /// Where the cuts are.
        let shots: ShotTable
    }

    /// What is looked at.
    struct File: Sendable {
        let path: String
        let stream: StreamDescription
        let source: SourceDescription
        let table: FrameTable
        let clockShifts: ClockShifts
        let isSeekable: Bool
        /// First tick to look at and first not to.
        let bounds: (start: Int64?, end: Int64?)
        /// The chain that will render, and its stages.
        let layout: PipelineLayout
        let stages: [PlannedStage]
        let acceleration: VideoDecoder.Acceleration
        let coreCount: Int
    }

    private let file: File
    private let cancellation: CancellationFlag
    private let interrupt: Demuxer.Interrupt
    private let measuring: [(stage: Int, subject: any MeasuringStage)]
    private let cuts = CutSubject()
    private let layout: AnalysisLayout
    /// What is looked at side by side.
    let segments: [Segment]

    /// Prepares a pass.
    ///
    /// - Parameters:
    ///   - file: what is looked at.
    ///   - findsCuts: whether the cuts are wanted although no stage measures.
    ///   - cancellation: looked at for every frame.
    ///   - interrupt: stops reading.
    /// - Returns: `nil` when nobody needs a pass.
    /// - Throws: what the stages' analyses throw when they negotiate.
    init?(_ file: File, findsCuts: Bool, cancellation: CancellationFlag, interrupt: Demuxer.Interrupt) throws {
        let measuring = file.stages.enumerated().compactMap { index, stage in
            stage.plan.analysis.map { (stage: index, subject: $0.subject(name: stage.plan.name)) }
        }
        if measuring.isEmpty && !findsCuts { return nil }
        self.file = file
        self.cancellation = cancellation
        self.interrupt = interrupt
        self.measuring = measuring
        layout = try AnalysisLayout(
            file.layout,
            stages: file.stages,
            viewers: measuring.map { AnalysisLayout.Viewer(subject: $0.subject, stage: $0.stage) }
                + [AnalysisLayout.Viewer(subject: cuts, stage: nil)]
        )
        segments = SegmentPlanner(workerCount: file.coreCount, preRollFrames: layout.preRollFrames).segments(
            of: file.table,
            from: file.bounds.start,
            to: file.bounds.end,
            canSplit: file.isSeekable && layout.canSplit
        )
    }

    /// Everybody who looks; cut detection comes last.
    private var subjects: [any ProbeSubject] { measuring.map(\.subject) + [cuts] }

    /// Runs the pass on threads of its own and waits for its end.
    ///
    /// - Parameters:
    ///   - kept: where to find what an interrupted run measured, and to keep what this one measures.
    ///   - onProgress: gets the number of frames looked at, about ten times a second on the calling thread.
    func run(_ kept: KeptWork? = nil, onProgress: (Int) -> Void) throws -> Result {
        let frames = FrameCount()
        let recordings = Mutex<[Int: [any Recording]]>([:])
        let crew = WorkCrew(
            name: "analyse",
            count: segments.count,
            workerCount: file.coreCount,
            cancellation: cancellation
        )
        try crew.run {
            onProgress(frames.value)
        } _: { number in
            let found = try remembered(number, kept, frames) ?? measure(segments[number], frames, crew)
            try kept?.keep(KeptRecordings(try found.map { try $0.encoded() }), as: Self.keptName(number))
            recordings.withLock { $0[number] = found }
        }
        try cancellation.check()
        return try reduce(recordings.withLock { found in segments.indices.compactMap { found[$0] } })
    }

    /// What was measured of one segment, as it is kept: one piece of JSON a subject.
    private struct KeptRecordings: Codable {
        let recordings: [Data]
        init(_ recordings: [Data]) { self.recordings = recordings }
    }

    private static func keptName(_ number: Int) -> String { "analysis-\(number).json" }

    /// What an interrupted run measured of a segment; `nil` when it did not get there.
    private func remembered(_ number: Int, _ kept: KeptWork?, _ frames: FrameCount) throws -> [any Recording]? {
        guard let found = kept?.read(KeptRecordings.self, from: Self.keptName(number)),
            found.recordings.count == subjects.count
        else { return nil }
        frames.add(segments[number].expectedFrames)
        return try zip(subjects, found.recordings).map { try $0.decode($1) }
    }

    private func measure(_ segment: Segment, _ frames: FrameCount, _ crew: WorkCrew) throws -> [any Recording] {
        let source = try SegmentSource(
            path: file.path,
            stream: file.stream,
            segment: segment,
            clockShifts: file.clockShifts,
            expectedFormat: file.layout.source,
            lookAheadFrames: layout.latencyFrames,
            threadCount: max(1, file.coreCount / max(1, min(segments.count, file.coreCount))),
            acceleration: file.acceleration,
            interrupt: interrupt
        )
        let window = SegmentWindow(segment, timebase: file.stream.timebase)
        let chain = try AnalysisChain(layout, subjects: subjects, window: window)
        while let frame = try source.next() {
            try cancellation.check()
            // Once one segment failed the others are of no use.
            if crew.hasFailed { throw CancellationError() }
            frames.add()
            try chain.push(frame)
        }
        try chain.flush()
        return chain.recordings
    }

    /// Works out what follows from the measurements of all segments.
    private func reduce(_ segments: [[any Recording]]) throws -> Result {
        let shots = cuts.shots(segments.map { $0[measuring.count] })
        var stages = file.stages
        for (number, (index, subject)) in measuring.enumerated() {
            let plan = try subject.makePlan(
                segments.map { $0[number] },
                format: file.layout.inputOfStage(index),
                frameRate: file.source.format.frameRate,
                shots: shots
            )
            stages[index] = stages[index].by(plan)
        }
        return Result(stages: stages, shots: shots)
    }
}

/// A counter that several threads add to.
final class FrameCount: Sendable {
    private let count = Atomic<Int>(0)

    /// The count.
    var value: Int { count.load(ordering: .relaxed) }

    /// Adds some.
    func add(_ more: Int = 1) { count.add(more, ordering: .relaxed) }
}

extension SegmentWindow {
    /// The part of the time line that a segment owns.
    init(_ segment: Segment, timebase: Timebase) {
        self.init(
            start: segment.start.map { MediaTime(ticks: $0, timebase: timebase) },
            end: segment.end.map { MediaTime(ticks: $0, timebase: timebase) }
        )
    }
}

extension PipelineLayout {
    /// What a stage is fed.
    func inputOfStage(_ plan: Int) -> VideoFormat {
        for case .stage(plan, let agreement) in steps { return agreement.input }
        return source
    }
}
