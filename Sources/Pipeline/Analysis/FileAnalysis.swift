public import FFmpegKit
public import MediaCore

/// What a stage measures in a whole file before it is rendered, and the plan that it makes of the measurements.
///
/// File jobs have two passes. The first decodes the file once for all stages, in segments side by side, and gives every
/// frame to one probe a stage; the second renders with the plan that ``makePlan(_:)`` returned. The map (a probe's
/// measurement of a frame) knows nothing of shots or of the rest of the file; the reduce (``makePlan(_:)``) sees
/// everything and is pure, so that the same measurements always give the same plan. Live streams have no first pass: a
/// plan without measurements must work too, by adapting as it goes.
public protocol FileAnalysis: Sendable {
    /// What a probe says about one frame. It is stored, so that an interrupted job need not measure again.
    associatedtype Measurement: Codable & Sendable

    /// Chooses the format in which probes see frames; the pipeline scales and converts where it differs.
    ///
    /// Small is fast: measure at full size only what disappears by scaling (noise).
    ///
    /// - Parameter offered: what the stage is fed when rendering.
    func negotiate(_ offered: VideoFormat) throws -> VideoFormat
    /// How many frames before a segment's first one a probe must see, for measurements between two frames.
    var preRollFrames: Int { get }
    /// Makes a probe for one segment; it is used on one thread.
    func makeProbe(_ format: VideoFormat) throws -> any FrameProbe<Measurement>
    /// Makes the plan that renders.
    func makePlan(_ file: MeasuredFile<Measurement>) throws -> any StagePlan
}

/// Looks at the frames of one segment, one after the other. Confined to one thread.
public protocol FrameProbe<Measurement>: AnyObject {
    /// What it says about a frame.
    associatedtype Measurement

    /// Measures a frame.
    ///
    /// - Returns: `nil` where this frame need not be looked at; such frames are left out of ``MeasuredFile/frames``.
    func measure(_ frame: borrowing VideoFrame) throws -> Measurement?
}

/// All that one stage measured in a file.
public struct MeasuredFile<Measurement: Codable & Sendable>: Sendable {
    /// The format of frames when rendering, which need not be the one that probes saw.
    public let format: VideoFormat
    /// Nominal frame rate, when there is one.
    public let frameRate: Rational?
    /// Where the cuts are.
    public let shots: ShotTable
    /// What was measured, in presentation order, every frame at most once.
    public let frames: [MeasuredFrame<Measurement>]

    /// Puts together what was measured.
    public init(
        format: VideoFormat,
        frameRate: Rational?,
        shots: ShotTable,
        frames: [MeasuredFrame<Measurement>]
    ) {
        self.format = format
        self.frameRate = frameRate
        self.shots = shots
        self.frames = frames
    }

    /// The measurements of one shot, in presentation order.
    public func frames(inShot shot: Int) -> ArraySlice<MeasuredFrame<Measurement>> {
        let first = frames.firstIndex { shots.shot(at: $0.time) >= shot } ?? frames.endIndex
        let last = frames[first...].firstIndex { shots.shot(at: $0.time) > shot } ?? frames.endIndex
        return frames[first..<last]
    }
}

/// What was measured in one frame.
public struct MeasuredFrame<Measurement: Codable & Sendable>: Sendable, Codable {
    /// The frame's time.
    public let time: MediaTime
    /// What was measured.
    public let measurement: Measurement

    /// Notes a measurement.
    public init(time: MediaTime, measurement: Measurement) {
        self.time = time
        self.measurement = measurement
    }
}
