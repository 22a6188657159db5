internal import FFmpegKit
public import Pipeline

/// Sample runs from frames in memory.
public final class ArraySampleFrames: SampleFrames {
    /// What the stage is fed and what it emits.
    public let agreement: FormatAgreement
    private let ranges: [Range<Int>]
    private let frames: FrameQueue

    /// Makes one run of all frames.
    public convenience init(_ agreement: FormatAgreement, _ frames: consuming FrameQueue) {
        let count = frames.count
        self.init(agreement, frames, runs: count > 0 ? [0..<count] : [])
    }

    /// Makes runs.
    ///
    /// - Parameters:
    ///   - agreement: what the stage is fed and what it emits.
    ///   - frames: all frames.
    ///   - runs: which of them each run holds, at least one frame a run.
    public init(_ agreement: FormatAgreement, _ frames: consuming FrameQueue, runs: [Range<Int>]) {
        self.agreement = agreement
        self.frames = frames
        ranges = runs
    }

    /// How many runs there are.
    public var runCount: Int { ranges.count }

    /// Lends a run.
    public func withRun<R>(_ index: Int, _ body: (borrowing FrameQueue) throws -> R) throws -> R {
        var run = FrameQueue(initialCapacity: ranges[index].count)
        for position in ranges[index] {
            try frames.withFrame(at: position) { frame in run.append(try frame.share()) }
        }
        return try body(run)
    }
}
