public import MediaCore

/// The part of the time line that a segment owns.
///
/// The source delivers more than that: frames before it so that the state of the stages settles (pre-roll), frames after
/// it for stages that look ahead. They go through the stages and are dropped before the sink, and so are the results
/// about them, because the neighbouring segment has them.
public struct SegmentWindow: Sendable, Equatable {
    /// The first moment that belongs to the segment; `nil` at the beginning of the file.
    public let start: MediaTime?
    /// The first moment that does not belong to it any more; `nil` at the end of the file.
    public let end: MediaTime?

    /// Makes a window.
    public init(start: MediaTime? = nil, end: MediaTime? = nil) {
        self.start = start
        self.end = end
    }

    /// Everything.
    public static let unbounded = SegmentWindow()

    /// Whether a frame or result of this time belongs to the segment; one without a time always does.
    public func contains(_ time: MediaTime?) -> Bool {
        guard let time else { return true }
        if let start, time < start { return false }
        if let end, time >= end { return false }
        return true
    }
}
