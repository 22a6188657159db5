public import FFmpegKit
internal import MediaCore

/// A stage that is a libavfilter graph: conversions between stages, and the `filter` and `transform` stages.
///
/// Confined to one thread. Frames that do not have the agreed input format (a stream whose size changes in the middle)
/// are scaled to it first.
public final class FilterGraphStage: StageInstance {
    private let description: String
    private let agreement: FormatAgreement
    private let allowsOutsideAccess: Bool
    private let threadCount: Int
    private var graph: VideoFilterGraph?
    private var graphTimebase: Timebase?

    /// Makes an instance; the graph itself is built when the first frame tells its timebase.
    ///
    /// - Parameters:
    ///   - description: libavfilter's syntax.
    ///   - agreement: formats at both ends; the output's pixel format is enforced.
    ///   - allowsOutsideAccess: whether filters may open files.
    ///   - threadCount: threads that filters may use.
    public init(
        _ description: String,
        agreement: FormatAgreement,
        allowsOutsideAccess: Bool = false,
        threadCount: Int = 1
    ) {
        self.description = description
        self.agreement = agreement
        self.allowsOutsideAccess = allowsOutsideAccess
        self.threadCount = threadCount
    }

    /// Sends the frame through the graph.
    public func process(_ frame: consuming VideoFrame, into output: StageOutput) throws {
        if graph == nil || graphTimebase != frame.timebase {
            try flush(into: output)
            graph = try VideoFilterGraph(
                description,
                input: agreement.input,
                timebase: frame.timebase,
                accepted: [agreement.output.pixelFormat],
                allowsOutsideAccess: allowsOutsideAccess,
                outputOrientation: agreement.output.orientation,
                isOutputMirrored: agreement.output.isMirrored,
                threadCount: threadCount
            )
            graphTimebase = frame.timebase
        }
        try graph?.send(frame)
        try drain(into: output)
    }

    /// Emits what the graph holds back.
    public func flush(into output: StageOutput) throws {
        guard let graph else { return }
        try graph.finish()
        try drain(into: output)
        self.graph = nil
    }

    /// Forgets the graph and what is in it.
    public func reset() { graph = nil }

    private func drain(into output: StageOutput) throws {
        while let frame = try graph?.receive() { output.emit(frame) }
    }
}
