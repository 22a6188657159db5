/// The taps of a whole pipeline: source, every step, sink.
///
/// Thread-safe; segments that are processed side by side may share one.
public struct PipelineTaps: Sendable {
    /// Reading and decoding.
    public let source: StageTap
    /// The stages and conversions in order.
    public let steps: [StageTap]
    /// Encoding and writing; its drops count the frames that overlap a neighbouring segment.
    public let sink: StageTap

    /// Makes the taps of a layout.
    public init(_ layout: PipelineLayout) {
        source = StageTap(name: "source")
        steps = layout.steps.indices.map { StageTap(name: layout.name(of: $0)) }
        sink = StageTap(name: "sink")
    }

    /// What was measured up to now, from source to sink.
    public func snapshot() -> [StageTap.Snapshot] { ([source] + steps + [sink]).map { $0.snapshot() } }
}
