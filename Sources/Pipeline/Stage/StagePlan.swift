public import FFmpegKit
public import MediaCore

/// The second stage type: everything about a stage that all its instances share.
///
/// Immutable and `Sendable`: checked parameters, compiled models, tables, analysis results.
public protocol StagePlan: Sendable {
    /// The name of the stage, as in its descriptor.
    var name: String { get }
    /// The parameters in use, defaults included, as the report shows them.
    var parameters: StageParameters { get }
    /// Agrees on formats with the neighbour upstream.
    ///
    /// - Parameter offered: what comes out of the previous stage.
    /// - Returns: what this stage wants to be fed (the pipeline converts when it differs, except for the frame rate) and
    ///   what it then emits: a stage that makes more or fewer frames says so by the output's frame rate, which filters
    ///   behind it and the encoder rely on.
    /// - Throws: ``StageError`` when no conversion can help, for example a crop larger than the picture.
    func negotiate(_ offered: VideoFormat) throws -> FormatAgreement
    /// How many frames a frame stays inside: 0 when each call of `process` emits its own frame.
    var latencyFrames: Int { get }
    /// How many frames before a segment's first one an instance must see for its state to settle.
    var preRollFrames: Int { get }
    /// Whether every place of the picture stays where it is, relative to its size; scaling keeps it, cropping does not.
    var keepsGeometry: Bool { get }
    /// Makes the mutable part for one stream or segment.
    ///
    /// - Parameter agreement: what ``negotiate(_:)`` returned.
    func makeInstance(_ agreement: FormatAgreement) throws -> any StageInstance
    /// What must be measured in a whole file before it is rendered; `nil` when nothing need be, and in the plan that came
    /// out of the measurements.
    var analysis: (any FileAnalysis)? { get }
    /// Judges whether the stage makes a file better; `nil` when that cannot be measured.
    var stageGuard: (any StageGuard)? { get }
    /// The static HDR metadata of what this stage emits.
    ///
    /// - Parameter metadata: that of what it is fed.
    func hdrMetadata(after metadata: HDRMetadata?) -> HDRMetadata?
}

extension StagePlan {
    /// Nothing by default.
    public var analysis: (any FileAnalysis)? { nil }
    /// None by default.
    public var stageGuard: (any StageGuard)? { nil }
    /// Unchanged by default.
    public func hdrMetadata(after metadata: HDRMetadata?) -> HDRMetadata? { metadata }
}

extension StagePlan {
    /// Most stages change what is seen, not where.
    public var keepsGeometry: Bool { true }
}

/// The formats at both ends of a stage.
public struct FormatAgreement: Hashable, Sendable {
    /// What the stage is fed.
    public let input: VideoFormat
    /// What the stage emits.
    public let output: VideoFormat

    /// Makes an agreement.
    public init(input: VideoFormat, output: VideoFormat) {
        self.input = input
        self.output = output
    }
}

/// The third stage type: the mutable part, one a stream or segment, confined to one thread.
public protocol StageInstance: AnyObject {
    /// Takes one frame and emits none, one or several.
    ///
    /// - Parameters:
    ///   - frame: a frame of the agreed input format.
    ///   - output: where frames and results go.
    func process(_ frame: consuming VideoFrame, into output: StageOutput) throws
    /// Emits what is still inside, at the end of the stream or segment.
    func flush(into output: StageOutput) throws
    /// Forgets all temporal state: the next frame does not follow the last one.
    func reset()
    /// The picture to show instead of `frame` when this stage failed and must not show the raw one.
    ///
    /// Called on the instance's own thread after `process` threw, or by the live runner for a frame that it could not
    /// give to the stage in time. It must be cheap and must not fail: `nil` means that no picture can be shown safely
    /// and the frame is dropped.
    func fallback(for frame: borrowing VideoFrame) -> VideoFrame?
}

extension StageInstance {
    /// Nothing is kept inside by default.
    public func flush(into output: StageOutput) throws {}
    /// No temporal state by default.
    public func reset() {}
    /// No safe substitute by default.
    public func fallback(for frame: borrowing VideoFrame) -> VideoFrame? { nil }
}

/// Receives what a stage produces for one call.
///
/// Confined to the stage's thread; reused for every call, so that steady state allocates nothing.
public final class StageOutput {
    private var frames = FrameQueue()
    /// Results emitted since the last ``drainResults(_:)``.
    private var results: [StageResult] = []

    /// Makes an empty output.
    public init() {}

    /// Sends a frame on.
    public func emit(_ frame: consuming VideoFrame) { frames.append(frame) }

    /// Reports a typed result.
    public func report(_ result: StageResult) { results.append(result) }

    /// The oldest frame that was emitted and not yet taken.
    public func takeFrame() -> VideoFrame? { frames.popFirst() }

    /// Hands out all results since the last call, oldest first, and forgets them.
    public func drainResults(_ body: (StageResult) throws -> Void) rethrows {
        // The storage stays, so that a stage with findings in every frame does not allocate for each.
        defer { results.removeAll(keepingCapacity: true) }
        for result in results { try body(result) }
    }
}
