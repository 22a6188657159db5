/// How many frames late alpha follows people who move.
struct LagMeter {
    private var found: [AlphaPlane] = []
    private var truth: [AlphaPlane] = []

    /// Delays that are tried; a negative one would be ahead.
    private static let delays = -2...3
    /// Frames at the start that a mask gets to settle.
    private static let settling = 6

    /// Takes alpha as found and as it is in truth.
    mutating func add(found: AlphaPlane, truth: AlphaPlane) {
        self.found.append(found.quartered())
        self.truth.append(truth.quartered())
    }

    /// The delay at which both agree best, in whole frames and between them; `nil` for too few frames.
    var lag: (frames: Int, exact: Double)? {
        guard found.count >= 14 else { return nil }
        let counted = Self.settling..<(found.count - Self.delays.upperBound)
        let correlations = Self.delays.map { delay in
            correlation(counted.map { (found[$0].values, truth[$0 - delay].values) })
        }
        guard let best = correlations.indices.max(by: { correlations[$0] < correlations[$1] }) else { return nil }
        var exact = Double(Self.delays.lowerBound + best)
        if best > 0, best + 1 < correlations.count {
            // The top of the parabola through the best and its neighbours.
            let (before, top, after) = (correlations[best - 1], correlations[best], correlations[best + 1])
            let bend = before - 2 * top + after
            if bend < 0 { exact += 0.5 * (before - after) / bend }
        }
        return (Self.delays.lowerBound + best, exact)
    }

    /// Pearson's, over all pixels of all frames.
    private func correlation(_ pairs: [([Float], [Float])]) -> Double {
        var sums = SIMD8<Double>.zero
        for (one, other) in pairs {
            for index in one.indices {
                let (x, y) = (Double(one[index]), Double(other[index]))
                sums += SIMD8(x, y, x * x, y * y, x * y, 1, 0, 0)
            }
        }
        let count = sums[5]
        let (meanX, meanY) = (sums[0] / count, sums[1] / count)
        let (varianceX, varianceY) = (sums[2] / count - meanX * meanX, sums[3] / count - meanY * meanY)
        guard varianceX > 0, varianceY > 0 else { return 0 }
        return (sums[4] / count - meanX * meanY) / (varianceX * varianceY).squareRoot()
    }
}
