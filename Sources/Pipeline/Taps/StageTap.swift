/// What is measured at one stage: how long frames took, how many came and went, why some did not.
///
/// Thread-safe and free of locks; one tap may serve all segments of a file. Recording allocates nothing.
public final class StageTap: Sendable {
    /// The stage's name, or `convert` for a conversion between stages.
    public let name: String
    /// How long each call took.
    public let latency = LatencyHistogram()
    /// Frames that did not take the ordinary way.
    public let drops = DropCounter()
    private let counters = AtomicCounters(count: 2)

    /// Makes a tap.
    public init(name: String) { self.name = name }

    /// Counts a frame that went in.
    public func countIn() { counters.add(to: 0) }

    /// Counts a frame that came out.
    public func countOut() { counters.add(to: 1) }

    /// What was measured up to now.
    public func snapshot() -> Snapshot {
        Snapshot(
            name: name,
            framesIn: Int(counters.value(0)),
            framesOut: Int(counters.value(1)),
            latency: latency.snapshot(),
            drops: drops.snapshot()
        )
    }

    /// Figures of a tap at one moment.
    public struct Snapshot: Sendable, Equatable {
        /// The stage's name.
        public let name: String
        /// Frames that went in.
        public let framesIn: Int
        /// Frames that came out.
        public let framesOut: Int
        /// How long calls took.
        public let latency: LatencyHistogram.Snapshot
        /// Frames that did not take the ordinary way, by cause.
        public let drops: [DropCause: Int]
    }
}
