internal import FFmpegKit
internal import Foundation
internal import MediaCore
internal import Pipeline

/// Something that looks at the frames of the analysis pass, whatever it measures: a stage, or cut detection.
protocol ProbeSubject: Sendable {
    /// The name in messages and in kept files.
    var name: String { get }
    /// How many frames before a segment's first one it must see.
    var preRollFrames: Int { get }
    /// Chooses the format in which it sees frames.
    ///
    /// - Parameter offered: what the stage is fed when rendering, or what the decoder delivers.
    func negotiate(_ offered: VideoFormat) throws -> VideoFormat
    /// Makes what looks at the frames of one segment, on one thread.
    func makeRecorder(_ format: VideoFormat) throws -> any ProbeRecorder
    /// Reads back what ``Recording/encoded()`` wrote.
    func decode(_ data: Data) throws -> any Recording
}

/// A probe with what it has measured so far. Confined to one thread.
protocol ProbeRecorder: AnyObject {
    /// Looks at a frame.
    ///
    /// - Parameters:
    ///   - frame: a frame of the negotiated format.
    ///   - isKept: whether it belongs to the segment; others settle the probe's state only.
    func look(at frame: borrowing VideoFrame, isKept: Bool) throws
    /// Everything so far.
    var recording: any Recording { get }
}

/// What a probe measured in one segment.
protocol Recording: Sendable {
    /// The bytes to keep for an interrupted job.
    func encoded() throws -> Data
}

/// Measurements of a known type.
struct TypedRecording<Measurement: Codable & Sendable>: Recording {
    /// In presentation order.
    var frames: [MeasuredFrame<Measurement>]

    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        return try encoder.encode(frames)
    }

    /// Reads back what ``encoded()`` wrote.
    static func decode(_ data: Data) throws -> TypedRecording {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        return TypedRecording(frames: try decoder.decode([MeasuredFrame<Measurement>].self, from: data))
    }

    /// Puts the segments of a file together, in presentation order.
    static func joined(_ segments: [any Recording]) -> [MeasuredFrame<Measurement>] {
        var frames: [MeasuredFrame<Measurement>] = []
        for case let segment as TypedRecording<Measurement> in segments {
            // Filters may emit the frame at a seam from both sides.
            let last = frames.last?.time
            frames += segment.frames.drop { frame in last.map { frame.time <= $0 } ?? false }
        }
        return frames
    }
}

/// A probe of a known type.
final class TypedRecorder<Measurement: Codable & Sendable>: ProbeRecorder {
    private let probe: any FrameProbe<Measurement>
    private var frames: [MeasuredFrame<Measurement>] = []

    init(_ probe: any FrameProbe<Measurement>) { self.probe = probe }

    func look(at frame: borrowing VideoFrame, isKept: Bool) throws {
        guard let measurement = try probe.measure(frame), isKept, let time = frame.time else { return }
        // Every frame at most once, and in order, whatever a filter before the probe did.
        if let last = frames.last?.time, time <= last { return }
        frames.append(MeasuredFrame(time: time, measurement: measurement))
    }

    var recording: any Recording { TypedRecording(frames: frames) }
}

/// A stage that measures the file before it renders.
protocol MeasuringStage: ProbeSubject {
    /// Makes the plan that renders.
    ///
    /// - Parameters:
    ///   - recordings: what the probes measured, segment by segment.
    ///   - format: what the stage is fed when rendering.
    ///   - frameRate: nominal frame rate of the source.
    ///   - shots: where the cuts are.
    func makePlan(
        _ recordings: [any Recording],
        format: VideoFormat,
        frameRate: Rational?,
        shots: ShotTable
    ) throws -> any StagePlan
}

/// Any stage's analysis behind one type.
struct StageSubject<Analysis: FileAnalysis>: MeasuringStage {
    let name: String
    private let analysis: Analysis

    init(name: String, _ analysis: Analysis) {
        self.name = name
        self.analysis = analysis
    }

    var preRollFrames: Int { analysis.preRollFrames }

    func negotiate(_ offered: VideoFormat) throws -> VideoFormat { try analysis.negotiate(offered) }

    func makeRecorder(_ format: VideoFormat) throws -> any ProbeRecorder {
        TypedRecorder<Analysis.Measurement>(try analysis.makeProbe(format))
    }

    func decode(_ data: Data) throws -> any Recording { try TypedRecording<Analysis.Measurement>.decode(data) }

    func makePlan(
        _ recordings: [any Recording],
        format: VideoFormat,
        frameRate: Rational?,
        shots: ShotTable
    ) throws -> any StagePlan {
        let frames = TypedRecording<Analysis.Measurement>.joined(recordings)
        return try analysis.makePlan(
            MeasuredFile(format: format, frameRate: frameRate, shots: shots, frames: frames)
        )
    }
}

extension FileAnalysis {
    /// This analysis as a subject of the pass.
    func subject(name: String) -> any MeasuringStage { StageSubject(name: name, self) }
}
