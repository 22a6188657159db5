public import MediaCore

/// Where the shots of a file begin: the runs of frames between two cuts.
///
/// Stages look up the shot of a frame by its time, so the table stays right when frames are dropped, repeated or
/// rendered by several threads.
public struct ShotTable: Sendable, Equatable, Codable {
    /// The time of each shot's first frame, ascending. The first shot also holds whatever comes before its time.
    public let starts: [MediaTime]

    /// Makes a table.
    ///
    /// - Parameter starts: the time of each shot's first frame, ascending; empty means one shot that holds everything.
    public init(starts: [MediaTime]) {
        precondition(zip(starts, starts.dropFirst()).allSatisfy { $0 < $1 }, "shots must be in order")
        self.starts = starts
    }

    /// One shot that holds the whole file.
    public static let whole = ShotTable(starts: [])

    /// How many shots there are, at least 1.
    public var count: Int { max(1, starts.count) }

    /// The number of the shot that a moment belongs to, from 0; a frame without a time belongs to the first.
    public func shot(at time: MediaTime?) -> Int {
        guard let time else { return 0 }
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }
}
