public import MediaCore

/// How much a frame differs from each of the frames before it.
public struct FrameChange: Sendable, Codable, Equatable {
    /// The content score against the frame one, two, three … frames earlier, at most ``reach`` of them; shorter at the
    /// beginning of a file. 0 means the same picture, ``CutDetector/minimumScore`` and more another one.
    public let scores: [Float]

    /// How many frames back a frame is compared.
    public static let reach = 5

    /// Notes scores.
    public init(scores: [Float]) { self.scores = scores }
}

/// Finds the hard cuts of a file from how much each frame differs from those before it.
///
/// Pure logic. A frame begins a shot where its score is high in itself, high against the frames around it (so that
/// pans and fast motion do not count), and where the pictures on both sides of it differ too (so that flashes do not
/// count). Dissolves and fades have no such frame and are not found.
///
/// Source: the adaptive detector of content scores as facts and figures about PySceneDetect describe it; the score and
/// the guard against flashes are the house's own.
public struct CutDetector: Sendable {
    /// The smallest score of a cut.
    public var minimumScore: Float = 15
    /// How many times the mean score of the frames around it a cut must have.
    public var minimumRatio: Float = 3.5
    /// How many frames before and after count as around.
    public var window = 3
    /// The shortest shot.
    public var minimumLength = MediaTime(ticks: 600, timebase: Timebase(1, 1000))
    /// How many frames a flash lasts at most.
    public var flashFrames = 4
    /// The share of a cut's score that the pictures on both sides of it must differ by.
    public var flashShare: Float = 0.5

    /// Makes a detector with the usual figures.
    public init() {}

    /// Finds the cuts.
    ///
    /// - Parameter frames: every frame of the file, in presentation order.
    /// - Returns: the first frame's time and the time of every frame after a cut; empty without frames.
    public func shots(in frames: [MeasuredFrame<FrameChange>]) -> ShotTable {
        guard let first = frames.first else { return .whole }
        var starts = [first.time]
        var candidates: [Int] = []
        for index in frames.indices where isCut(at: index, frames) { candidates.append(index) }
        // Of two cuts closer together than a shot may be, the clearer one counts.
        var kept: [Int] = []
        for candidate in candidates {
            guard let last = kept.last else {
                if frames[candidate].time - first.time >= minimumLength { kept.append(candidate) }
                continue
            }
            if frames[candidate].time - frames[last].time >= minimumLength {
                kept.append(candidate)
            } else if score(candidate, 1, frames) > score(last, 1, frames),
                frames[candidate].time - (kept.dropLast().last.map { frames[$0].time } ?? first.time) >= minimumLength
            {
                kept[kept.count - 1] = candidate
            }
        }
        starts += kept.map { frames[$0].time }
        return ShotTable(starts: starts)
    }

    /// How much a frame differs from the one `lag` frames before it; `nil` at the beginning of the file.
    private func score(_ index: Int, _ lag: Int, _ frames: [MeasuredFrame<FrameChange>]) -> Float {
        let scores = frames[index].measurement.scores
        return scores.indices.contains(lag - 1) ? scores[lag - 1] : 0
    }

    private func isCut(at index: Int, _ frames: [MeasuredFrame<FrameChange>]) -> Bool {
        let own = score(index, 1, frames)
        guard index > 0, own >= minimumScore else { return false }
        return own >= minimumRatio * surroundings(of: index, frames) && !isFlash(at: index, own, frames)
    }

    /// The mean score of the frames around one; repeated frames say nothing about motion and are left out.
    private func surroundings(of index: Int, _ frames: [MeasuredFrame<FrameChange>]) -> Float {
        var (sum, count): (Float, Float) = (0, 0)
        for other in max(1, index - window)...min(frames.count - 1, index + window) where other != index {
            let score = score(other, 1, frames)
            guard score > 0.05 else { continue }
            sum += score
            count += 1
        }
        return count > 0 ? sum / count : 0
    }

    /// Whether the picture before comes back soon after, or the picture from here was there shortly before.
    private func isFlash(at index: Int, _ own: Float, _ frames: [MeasuredFrame<FrameChange>]) -> Bool {
        let limit = max(minimumScore * flashShare, own * flashShare)
        // The frame before against the frames after: frame `index + step` looks back `step + 1` frames.
        for step in 1...flashFrames where index + step < frames.count {
            if score(index + step, step + 1, frames) < limit { return true }
        }
        // The frame itself against the frames before the one before.
        for lag in 2...(flashFrames + 1) where index - lag >= 0 {
            if score(index, lag, frames) < limit { return true }
        }
        return false
    }
}
