internal import MediaCore
public import Pipeline

/// A run of frames that is rendered by itself.
public struct Segment: Sendable, Equatable {
    /// Position in the file, from 0.
    public let index: Int
    /// First frame's time in ticks; `nil` for the beginning of the file.
    public let start: Int64?
    /// Time of the first frame after it; `nil` for the end of the file.
    public let end: Int64?
    /// Where to seek before decoding; `nil` for the beginning of the file.
    public let seekTicks: Int64?
    /// Time of the first frame that stages see without its result being kept; `nil` when there is no pre-roll.
    public let preRollStart: Int64?
    /// How many frames are expected to come out of decoding.
    public let expectedFrames: Int

    /// Makes a segment.
    public init(
        index: Int,
        start: Int64?,
        end: Int64?,
        seekTicks: Int64?,
        preRollStart: Int64?,
        expectedFrames: Int
    ) {
        self.index = index
        self.start = start
        self.end = end
        self.seekTicks = seekTicks
        self.preRollStart = preRollStart
        self.expectedFrames = expectedFrames
    }
}

/// Decides where a file is cut into segments that are rendered side by side.
///
/// Pure logic. A segment begins `preRollFrames` after a keyframe wherever there is one near: its decoder then starts at
/// that keyframe, and the frames up to its first one settle the stages' temporal state, so that neither is wasted. Where
/// cuts are known a segment begins at one if there is one near: nothing before a cut tells anything about what follows, so
/// that it needs no pre-roll. Short shots share a segment, long ones are sliced.
public struct SegmentPlanner: Sendable {
    /// The shortest segment worth an encoder of its own, in seconds.
    public var minimumSeconds = 5.0
    /// The length aimed at, in seconds.
    public var targetSeconds = 10.0
    /// How many segments run at once.
    public var workerCount: Int
    /// How many frames before a segment the stages must see.
    public var preRollFrames: Int
    /// Where the cuts are, when that is known.
    public var shots = ShotTable.whole

    /// Makes a planner.
    public init(workerCount: Int, preRollFrames: Int) {
        self.workerCount = max(1, workerCount)
        self.preRollFrames = max(0, preRollFrames)
    }

    /// Cuts a file.
    ///
    /// - Parameters:
    ///   - table: the file's pictures.
    ///   - start: first time to render in ticks; `nil` for the beginning.
    ///   - end: first time not to render; `nil` for the end.
    ///   - canSplit: whether the stages allow it and the file can be read from the middle.
    /// - Returns: at least one segment; together they cover every frame once.
    public func segments(of table: FrameTable, from start: Int64?, to end: Int64?, canSplit: Bool) -> [Segment] {
        let first = start.map { start in table.ticks.partitioningIndex { $0 >= start } } ?? 0
        let last = end.map { end in table.ticks.partitioningIndex { $0 >= end } } ?? table.ticks.count
        let cuts = cuts(in: table)
        var boundaries = [first]
        if canSplit && table.isComplete && last > first {
            boundaries += inner(of: table, first: first, last: last, cuts: cuts)
        }
        return boundaries.indices.map { position in
            let begin = boundaries[position]
            let next = position + 1 < boundaries.count ? boundaries[position + 1] : nil
            let isFirst = position == 0
            return segment(
                at: position,
                of: table,
                cuts: cuts,
                frames: begin..<(next ?? last),
                start: isFirst ? start : table.ticks[begin],
                end: next.map { table.ticks[$0] } ?? end
            )
        }
    }

    /// Runs of frames to look at, as segments.
    ///
    /// - Parameters:
    ///   - table: the file's pictures.
    ///   - start: first time to render in ticks; `nil` for the beginning.
    ///   - end: first time not to render; `nil` for the end.
    ///   - canSeek: whether the file can be read from the middle.
    ///   - choose: gets the positions of the frames that will be rendered and of the cuts, and chooses runs.
    func samples(
        of table: FrameTable,
        from start: Int64?,
        to end: Int64?,
        canSeek: Bool,
        choose: (_ frames: Range<Int>, _ cuts: [Int]) -> [Range<Int>]
    ) -> [Segment] {
        let first = start.map { start in table.ticks.partitioningIndex { $0 >= start } } ?? 0
        let last = end.map { end in table.ticks.partitioningIndex { $0 >= end } } ?? table.ticks.count
        // Where the middle cannot be reached the beginning must do.
        let reachable = table.isComplete && canSeek ? last : min(last, first + 50)
        let cuts = cuts(in: table)
        return choose(first..<max(first, reachable), cuts).enumerated().map { number, run in
            segment(
                at: number,
                of: table,
                cuts: cuts,
                frames: run,
                start: run.lowerBound > 0 ? table.ticks[run.lowerBound] : start,
                end: run.upperBound < table.ticks.count ? table.ticks[run.upperBound] : end
            )
        }
    }

    private func segment(
        at index: Int,
        of table: FrameTable,
        cuts: [Int],
        frames: Range<Int>,
        start: Int64?,
        end: Int64?
    )
        -> Segment
    {
        var seek: Int64?
        var preRollStart: Int64?
        // A table that cannot be trusted must not decide where to seek either; trimming then decodes from the start.
        if start != nil, table.isComplete, frames.lowerBound > 0 {
            // Nothing before the shot's first frame settles anything.
            let shotStart = cuts.last { $0 <= frames.lowerBound } ?? 0
            let wanted = max(shotStart, frames.lowerBound - preRollFrames)
            let candidate = table.keyframes.partitioningIndex { $0.index > wanted } - 1
            if candidate > 0 { seek = table.keyframes[candidate].seekTicks }
            if preRollFrames > 0, wanted < frames.lowerBound { preRollStart = table.ticks[wanted] }
        }
        return Segment(
            index: index,
            start: start,
            end: end,
            seekTicks: seek,
            preRollStart: preRollStart,
            expectedFrames: frames.count
        )
    }

    /// The first frames of all segments but the first.
    private func inner(of table: FrameTable, first: Int, last: Int, cuts: [Int]) -> [Int] {
        let frames = last - first
        let seconds = table.seconds * Double(frames) / Double(max(1, table.ticks.count))
        let count = segmentCount(seconds: seconds)
        guard count > 1 else { return [] }
        let length = frames / count
        guard length > 2 * preRollFrames + 1 else { return [] }
        // With few segments for each worker equal shares matter most: a worker that is done early waits for the others. With
        // many the next free worker evens it out, and what counts is that nothing is decoded twice.
        let isShort = count <= 4 * workerCount
        let alignment = isShort ? length / 12 : length / 2
        let cutAlignment = isShort ? length / 8 : length / 2
        var result: [Int] = []
        for position in 1..<count {
            let ideal = first + frames * position / count
            let cut = self.cut(near: ideal, alignment: cutAlignment, reach: length / 2, cuts, in: table)
            let place = cut ?? boundary(near: ideal, alignment: alignment, reach: length / 2, in: table)
            guard let boundary = place else { continue }
            let previous = result.last ?? first
            if boundary - previous > length / 3 && last - boundary > length / 3 { result.append(boundary) }
        }
        return result
    }

    /// The first frames of all shots but the first.
    private func cuts(in table: FrameTable) -> [Int] {
        guard table.isComplete else { return [] }
        return shots.starts.dropFirst().compactMap { start in
            let ticks = start.rescaled(to: table.timebase).ticks
            let index = table.ticks.partitioningIndex { $0 >= ticks }
            return index < table.ticks.count && table.ticks[index] == ticks ? index : nil
        }
    }

    /// The cut nearest to an ideal place, if decoding up to it from the last keyframe costs less than half a segment.
    private func cut(near ideal: Int, alignment: Int, reach: Int, _ cuts: [Int], in table: FrameTable) -> Int? {
        let after = cuts.partitioningIndex { $0 >= ideal }
        let near = [after - 1, after].filter { cuts.indices.contains($0) && abs(cuts[$0] - ideal) <= alignment }
        guard let best = near.map({ cuts[$0] }).min(by: { abs($0 - ideal) < abs($1 - ideal) }) else { return nil }
        let before = table.keyframes.partitioningIndex { $0.index > best } - 1
        guard before >= 0, best - table.keyframes[before].index <= reach else { return nil }
        return best
    }

    /// How many segments a length of time is worth: enough for all workers, none too short, equal shares at the end.
    func segmentCount(seconds: Double) -> Int {
        let most = Int(seconds / minimumSeconds)
        let wanted = Int((seconds / targetSeconds).rounded())
        let rounded = (max(wanted, 1) + workerCount - 1) / workerCount * workerCount
        return max(1, min(rounded, most))
    }

    /// The cheapest place near an ideal one: pre-roll after a keyframe if there is one, otherwise the ideal place
    /// itself if decoding up to it from the last keyframe costs less than half a segment.
    private func boundary(near ideal: Int, alignment: Int, reach: Int, in table: FrameTable) -> Int? {
        let after = table.keyframes.partitioningIndex { $0.index + preRollFrames >= ideal }
        var best: Int?
        for candidate in [after - 1, after] where table.keyframes.indices.contains(candidate) {
            let place = table.keyframes[candidate].index + preRollFrames
            guard abs(place - ideal) <= alignment, place < table.ticks.count else { continue }
            if best.map({ abs(place - ideal) < abs($0 - ideal) }) ?? true { best = place }
        }
        if let best { return best }
        let before = table.keyframes.partitioningIndex { $0.index > ideal - preRollFrames } - 1
        guard before >= 0, ideal - table.keyframes[before].index <= reach else { return nil }
        return ideal
    }
}
