/// How restless alpha is on a clip in which nothing moves but noise.
struct StillnessMeter {
    /// Frames that a mask gets to settle; their changes are counted apart.
    static let settling = 8

    private var previous: AlphaPlane?
    private var frames = 0
    /// Pairs of neighbouring frames that were compared, once settled.
    private(set) var pairs = 0
    private var changeSum = 0.0
    private var settlingChangeSum = 0.0
    private var bandSum = 0.0
    private var bandCount = 0
    private var toggles: [Int32] = []

    /// Takes the alpha of the next frame.
    mutating func add(_ plane: AlphaPlane) {
        defer {
            previous = plane
            frames += 1
        }
        guard let previous else {
            toggles = [Int32](repeating: 0, count: plane.values.count)
            return
        }
        guard frames > Self.settling else {
            settlingChangeSum += plane.meanError(to: previous)
            return
        }
        pairs += 1
        changeSum += plane.meanError(to: previous)
        for index in plane.values.indices {
            let (old, new) = (previous.values[index], plane.values[index])
            if old > 0.02 && old < 0.98 || new > 0.02 && new < 0.98 {
                bandSum += Double(abs(new - old))
                bandCount += 1
            }
            if (old > 0.5) != (new > 0.5) { toggles[index] += 1 }
        }
    }

    /// Mean change of a pixel from frame to frame, once settled.
    var meanChange: Double { pairs == 0 ? 0 : changeSum / Double(pairs) }
    /// The same while settling.
    var meanSettlingChange: Double { settlingChangeSum / Double(max(1, min(frames - 1, Self.settling))) }
    /// Mean change of the pixels that are neither all person nor all background, once settled.
    var meanBandChange: Double { bandCount == 0 ? 0 : bandSum / Double(bandCount) }
    /// Share of the pixels that go from person to background or back in more than a tenth of the settled frames.
    ///
    /// Means little for fewer than 20 frames, of which a single change is a tenth.
    var togglingShare: Double {
        let count = toggles.count { $0 * 10 > pairs }
        return toggles.isEmpty ? 0 : Double(count) / Double(toggles.count)
    }
}
