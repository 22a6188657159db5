internal import FFmpegKit
internal import Foundation
internal import MediaCore
internal import Pipeline

/// All that a rendered segment leaves, beside its spool file.
struct FinishedSegment: Sendable {
    /// What its encoder said; `nil` when no frame was written.
    let result: VideoSink.Result?
    let repeatedFrames: Int
    let damagedFrames: Int
    let damagedPackets: Int
    let readFailure: String?
    let findings: SegmentFindings
}

/// The numbers that stages measured while they rendered.
struct SegmentFindings: Sendable, Codable, Equatable {
    private struct Entry: Sendable, Codable, Equatable {
        let stage: String
        let name: String
        let unit: String
        var sum: Double
        var count: Int
    }

    private var entries: [Entry] = []

    /// Takes in a result; everything but finite metrics is ignored.
    mutating func add(_ result: StageResult) {
        guard case .metric(let name, let value, let unit) = result.finding, value.isFinite else { return }
        add(Entry(stage: result.stage, name: name, unit: unit, sum: value, count: 1))
    }

    /// Takes in the numbers of another segment.
    mutating func merge(_ other: SegmentFindings) {
        for entry in other.entries { add(entry) }
    }

    private mutating func add(_ entry: Entry) {
        let same = entries.firstIndex { $0.stage == entry.stage && $0.name == entry.name && $0.unit == entry.unit }
        if let same {
            entries[same].sum += entry.sum
            entries[same].count += entry.count
        } else {
            entries.append(entry)
        }
    }

    /// The means of one stage's numbers, by name.
    func means(of stage: String) -> [RenderReport.Metric] {
        entries.filter { $0.stage == stage }
            .map { RenderReport.Metric(name: $0.name, after: $0.sum / Double($0.count), unit: $0.unit) }
            .sorted { $0.name < $1.name }
    }
}

/// What a segment's bytes depend on beyond the job's identity: what the first pass found out.
struct SegmentFingerprint: Codable, Equatable {
    private let stages: [String]
    private let parameters: [[String: ParameterValue]]
    private let steps: [String]
    private let judgements: [Judgement]
    private let encoder: [String]
    private let place: [Int64?]
    private let shots: ShotTable?

    init(_ video: RenderPlan.Video, _ segment: Segment, _ judgements: [Judgement]) throws {
        stages = video.stages.map(\.plan.name)
        parameters = video.stages.map(\.plan.parameters.values)
        steps = video.layout.steps.map { "\($0.input) → \($0.output)" }
        self.judgements = judgements
        encoder = [video.encoder.encoderName] + video.encoder.options.flatMap { [$0.name, $0.value] }
        place = [segment.start, segment.end, segment.seekTicks, segment.preRollStart]
        shots = video.shots
    }
}

extension KeptWork {
    private struct Record: Codable {
        let fingerprint: SegmentFingerprint
        let byteCount: Int64
        let parameters: CodecParameters.Archive?
        let timebase: [Int32]
        let presentationTicks: [Int64]
        let frameRate: [Int32]?
        let contentLight: ContentLight?
        let repeatedFrames: Int
        let damagedFrames: Int
        let damagedPackets: Int
        let readFailure: String?
        let findings: SegmentFindings
    }

    /// The name of a segment's spool file.
    static func spoolName(_ index: Int) -> String { "segment-\(index).packets" }

    private static func recordName(_ index: Int) -> String { "segment-\(index).json" }

    /// Where the finished spool of a segment is.
    func spool(_ index: Int) -> String { file(Self.spoolName(index)) }

    /// Where the spool of a segment is written.
    func unfinishedSpool(_ index: Int) -> String { spool(index) + ".part" }

    /// Keeps a segment whose spool was written.
    func keep(_ segment: FinishedSegment, _ index: Int, _ fingerprint: SegmentFingerprint) throws {
        forget(Self.recordName(index))
        try finish(Self.spoolName(index))
        let result = segment.result
        let record = Record(
            fingerprint: fingerprint,
            byteCount: Self.byteCount(spool(index)) ?? 0,
            parameters: try result?.parameters.archived(),
            timebase: result.map { [$0.timebase.numerator, $0.timebase.denominator] } ?? [],
            presentationTicks: result?.presentationTicks ?? [],
            frameRate: result?.frameRate.map { [$0.numerator, $0.denominator] },
            contentLight: result?.contentLight,
            repeatedFrames: segment.repeatedFrames,
            damagedFrames: segment.damagedFrames,
            damagedPackets: segment.damagedPackets,
            readFailure: segment.readFailure,
            findings: segment.findings
        )
        try keep(record, as: Self.recordName(index))
    }

    /// A segment that an interrupted run finished; `nil` when there is none, or one that was made otherwise.
    func segment(_ index: Int, _ fingerprint: SegmentFingerprint) -> FinishedSegment? {
        guard let record = read(Record.self, from: Self.recordName(index)), record.fingerprint == fingerprint,
            Self.byteCount(spool(index)) == record.byteCount
        else { return nil }
        var result: VideoSink.Result?
        if let archive = record.parameters {
            guard let parameters = try? CodecParameters.restored(archive), record.timebase.count == 2 else {
                return nil
            }
            result = VideoSink.Result(
                parameters: parameters,
                timebase: Timebase(record.timebase[0], record.timebase[1]),
                presentationTicks: record.presentationTicks,
                frameRate: record.frameRate.flatMap { $0.count == 2 ? Rational($0[0], $0[1]) : nil },
                contentLight: record.contentLight
            )
        }
        return FinishedSegment(
            result: result,
            repeatedFrames: record.repeatedFrames,
            damagedFrames: record.damagedFrames,
            damagedPackets: record.damagedPackets,
            readFailure: record.readFailure,
            findings: record.findings
        )
    }

    private static func byteCount(_ path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }
}
