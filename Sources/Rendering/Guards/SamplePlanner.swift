internal import MediaCore
internal import Pipeline

/// Chooses the frames of a file by which stages are judged.
///
/// Pure logic. Runs of consecutive frames, each inside one shot, taken from the shots that fill most of the file: what
/// they show counts most in the result.
struct SamplePlanner: Sendable {
    /// The most runs.
    var runCount = 5
    /// The most frames in a run.
    var runLength = 8
    /// The most bytes that the frames of one run may take.
    var runBytes = 256 << 20

    /// How many frames of a size a run may have; at least two, because some judge by motion.
    func length(frameBytes: Int) -> Int { max(2, min(runLength, runBytes / max(1, frameBytes))) }

    /// Chooses runs.
    ///
    /// - Parameters:
    ///   - frames: the frames that will be rendered, as positions in the file.
    ///   - cuts: the positions of the first frames of shots, ascending.
    ///   - frameBytes: what one frame takes.
    /// - Returns: positions, in order.
    func runs(in frames: Range<Int>, cuts: [Int], frameBytes: Int) -> [Range<Int>] {
        guard !frames.isEmpty else { return [] }
        let length = length(frameBytes: frameBytes)
        let bounds = [frames.lowerBound] + cuts.filter { frames.contains($0) && $0 > frames.lowerBound }
        let shots = bounds.indices.map { bounds[$0]..<($0 + 1 < bounds.count ? bounds[$0 + 1] : frames.upperBound) }
        // Each next run goes to the shot in which a run stands for most frames so far.
        var shares = [Int](repeating: 0, count: shots.count)
        for _ in 0..<runCount {
            let best = shots.indices.filter { shots[$0].count >= (shares[$0] + 1) * length || shares[$0] == 0 }
                .max { shots[$0].count * (shares[$1] + 1) < shots[$1].count * (shares[$0] + 1) }
            if let best { shares[best] += 1 }
        }
        return shots.indices.flatMap { index in
            (0..<shares[index]).map { number in
                let shot = shots[index]
                let count = min(length, shot.count)
                let middle = shot.lowerBound + shot.count * (2 * number + 1) / (2 * shares[index])
                let first = max(shot.lowerBound, min(middle - count / 2, shot.upperBound - count))
                return first..<(first + count)
            }
        }
    }
}

extension VideoFormat {
    /// Bytes that the samples of a frame take.
    var frameBytes: Int {
        (0..<pixelFormat.planeCount).reduce(0) { sum, plane in
            let components = plane > 0 && pixelFormat.hasInterleavedChroma ? 2 : 1
            return sum + pixelFormat.planeWidth(plane, width: width) * pixelFormat.planeHeight(plane, height: height)
                * components * pixelFormat.bytesPerSample
        }
    }
}
