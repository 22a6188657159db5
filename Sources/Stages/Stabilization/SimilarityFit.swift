internal import Foundation

/// Finds the motion that most points share, whatever the others do.
///
/// Random samples of two points (M. Fischler, R. Bolles, "Random Sample Consensus", 1981, with the truncated quadratic
/// score of P. Torr, A. Zisserman, 2000), then least squares with Tukey's weights. The random numbers are the same in
/// every call, so equal points give equal motions.
struct SimilarityFit {
    /// A point of the earlier frame and where it is now, in picture heights from the centre.
    struct Pair {
        var x: Double, y: Double
        var toX: Double, toY: Double
        /// How much it counts.
        var weight: Double
    }

    /// The motion, and the weight of the points that share it.
    struct Result {
        var motion: SimilarityTransform
        var agreeing: Double
    }

    /// How far a point may be off, in picture heights. Tight: with much room a change of scale explains somebody who moves
    /// on one side of the picture together with the wall on the other.
    let tolerance: Double

    private static let sampleCount = 120
    /// A camera that stands still is believed with a little less agreement than one that moves.
    private static let stillnessBonus = 1.2
    private static let iterations = 6
    /// Cameras rarely zoom: a change of scale by a hundredth costs a tenth of the agreement.
    private static let scaleCost = 10.0
    /// Points that are off by this many tolerances still count as moving alike: lenses and shutters bend pictures.
    private static let looseness = 1.7

    /// `x' = c x - s y + x0`, `y' = s x + c y + y0`.
    private struct Model {
        var c = 1.0, s = 0.0, x = 0.0, y = 0.0

        @inline(__always)
        func squaredError(_ pair: Pair) -> Double {
            let ex = c * pair.x - s * pair.y + x - pair.toX
            let ey = s * pair.x + c * pair.y + y - pair.toY
            return ex * ex + ey * ey
        }

        /// Whether a camera can do this within one frame.
        var isPlausible: Bool {
            let scale = c * c + s * s
            return scale > 0.6 && scale < 1.6 && abs(s) < 0.35 && c > 0
        }

        var transform: SimilarityTransform {
            SimilarityTransform(x: x, y: y, angle: atan2(s, c), logScale: log((c * c + s * s).squareRoot()))
        }
    }

    /// Fits; `nil` when there are too few points or they share nothing.
    func fit(_ pairs: UnsafeBufferPointer<Pair>) -> Result? {
        guard pairs.count >= 6 else { return nil }
        var best = Model()
        var bestScore = score(best, pairs) * Self.stillnessBonus
        var random = UInt64(0x9E37_79B9_7F4A_7C15)
        for _ in 0..<Self.sampleCount {
            guard let model = sample(pairs, &random) else { continue }
            let score = score(model, pairs)
            if score > bestScore { (best, bestScore) = (model, score) }
        }
        guard bestScore > 0 else { return nil }
        var reach = tolerance
        for iteration in 0..<Self.iterations {
            guard let refined = refine(best, reach: reach, pairs), refined.isPlausible else { return nil }
            best = refined
            if iteration >= 1 { reach = min(tolerance, max(tolerance / 3, 4 * spread(best, pairs))) }
        }
        let limit = Self.looseness * Self.looseness * tolerance * tolerance
        var agreeing = 0.0
        for pair in pairs where best.squaredError(pair) < limit { agreeing += pair.weight }
        return Result(motion: best.transform, agreeing: agreeing)
    }

    /// Whether a point moves by a motion.
    func agrees(_ pair: Pair, with motion: SimilarityTransform) -> Bool {
        let to = motion.applied(to: SIMD2(pair.x, pair.y)) - SIMD2(pair.toX, pair.toY)
        return (to * to).sum() < Self.looseness * Self.looseness * tolerance * tolerance
    }

    /// The motion of two points that are not too near to each other.
    private func sample(_ pairs: UnsafeBufferPointer<Pair>, _ random: inout UInt64) -> Model? {
        func next() -> Int {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random >> 33) % pairs.count
        }
        for _ in 0..<4 {
            let (p, q) = (pairs[next()], pairs[next()])
            let (dx, dy) = (q.x - p.x, q.y - p.y)
            let distance = dx * dx + dy * dy
            guard distance > 0.04 else { continue }
            let (ex, ey) = (q.toX - p.toX, q.toY - p.toY)
            var model = Model()
            model.c = (dx * ex + dy * ey) / distance
            model.s = (dx * ey - dy * ex) / distance
            model.x = (p.toX + q.toX - model.c * (p.x + q.x) + model.s * (p.y + q.y)) / 2
            model.y = (p.toY + q.toY - model.s * (p.x + q.x) - model.c * (p.y + q.y)) / 2
            return model.isPlausible ? model : nil
        }
        return nil
    }

    /// The agreement: each point counts by how near it is.
    private func score(_ model: Model, _ pairs: UnsafeBufferPointer<Pair>) -> Double {
        let limit = tolerance * tolerance
        var sum = 0.0
        for pair in pairs {
            let error = model.squaredError(pair)
            if error < limit { sum += pair.weight * (1 - error / limit) }
        }
        return sum * (1 - min(0.5, Self.scaleCost * abs(model.c * model.c + model.s * model.s - 1) / 2))
    }

    /// Least squares over what lies within reach, the farther the less.
    private func refine(_ model: Model, reach: Double, _ pairs: UnsafeBufferPointer<Pair>) -> Model? {
        var (sum, px, py, qx, qy) = (0.0, 0.0, 0.0, 0.0, 0.0)
        var (square, dot, cross) = (0.0, 0.0, 0.0)
        var count = 0
        for pair in pairs {
            let share = model.squaredError(pair) / (reach * reach)
            guard share < 1 else { continue }
            let weight = pair.weight * (1 - share) * (1 - share)
            count += 1
            sum += weight
            px += weight * pair.x
            py += weight * pair.y
            qx += weight * pair.toX
            qy += weight * pair.toY
            square += weight * (pair.x * pair.x + pair.y * pair.y)
            dot += weight * (pair.x * pair.toX + pair.y * pair.toY)
            cross += weight * (pair.x * pair.toY - pair.y * pair.toX)
        }
        guard count >= 4, sum > 0 else { return nil }
        // About the means; a little prior keeps the turn of a small patch of points quiet.
        let prior = 0.0005 * sum
        let spread = square - (px * px + py * py) / sum + prior
        var result = Model()
        result.c = (dot - (px * qx + py * qy) / sum + prior) / spread
        result.s = (cross - (px * qy - py * qx) / sum) / spread
        result.x = (qx - result.c * px + result.s * py) / sum
        result.y = (qy - result.s * px - result.c * py) / sum
        return result
    }

    /// The root mean square error of the points within tolerance.
    private func spread(_ model: Model, _ pairs: UnsafeBufferPointer<Pair>) -> Double {
        var (sum, weight) = (0.0, 0.0)
        for pair in pairs {
            let error = model.squaredError(pair)
            guard error < tolerance * tolerance else { continue }
            sum += pair.weight * error
            weight += pair.weight
        }
        return weight > 0 ? (sum / weight).squareRoot() : tolerance
    }
}
