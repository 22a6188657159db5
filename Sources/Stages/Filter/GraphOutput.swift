internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// The format that a graph emits for an input, frame rate included: the graph is built once and thrown away.
///
/// - Throws: ``StageError`` in libavfilter's words.
func graphOutput(
    _ graph: String,
    _ input: VideoFormat,
    stage: String,
    allowsOutsideAccess: Bool
) throws(StageError) -> VideoFormat {
    do {
        let probe = try VideoFilterGraph(
            graph,
            input: input,
            timebase: .microseconds,
            allowsOutsideAccess: allowsOutsideAccess
        )
        var output = probe.outputFormat
        output.color = input.color
        return output
    } catch {
        throw StageError(.usage, stage: stage, "graph '\(error.graph)': \(error.message)")
    }
}
