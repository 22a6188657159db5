/// Why a frame was not shown, or not as its stage would have made it.
public enum DropCause: Int, Sendable, CaseIterable {
    /// Its deadline passed.
    case late
    /// A newer frame took its place in a queue.
    case newestWins
    /// A stage threw.
    case failed
    /// A stage was not ready yet.
    case warmUp
    /// A stage hung and is out of service.
    case quarantined
    /// It passed a stage unprocessed, which the stage's failure policy allows.
    case bypassed
    /// The stage's safe substitute was shown instead.
    case substituted
    /// The last processed picture was shown instead.
    case reused
    /// It overlapped the neighbouring segment: pre-roll or look-ahead.
    case overlap

    /// The name in metrics and reports, in snake case.
    public var label: String {
        switch self {
        case .late: "late"
        case .newestWins: "newest_wins"
        case .failed: "failed"
        case .warmUp: "warm_up"
        case .quarantined: "quarantined"
        case .bypassed: "bypassed"
        case .substituted: "substituted"
        case .reused: "reused"
        case .overlap: "overlap"
        }
    }
}

/// Counts frames by ``DropCause``; any thread may count, without a lock.
public final class DropCounter: Sendable {
    private let counters = AtomicCounters(count: DropCause.allCases.count)

    /// Makes a counter of zeros.
    public init() {}

    /// Counts one frame.
    public func count(_ cause: DropCause) { counters.add(to: cause.rawValue) }

    /// How many frames were counted for a cause.
    public subscript(cause: DropCause) -> Int { Int(counters.value(cause.rawValue)) }

    /// All counts that are not zero.
    public func snapshot() -> [DropCause: Int] {
        var result: [DropCause: Int] = [:]
        for cause in DropCause.allCases where self[cause] > 0 { result[cause] = self[cause] }
        return result
    }
}
