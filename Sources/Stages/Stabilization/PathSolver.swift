internal import Foundation

/// Finds the calmest path that stays near another one.
///
/// Each of a path's numbers over time (x, y, angle, scale) is a problem of its own: minimise, over all frames,
///
///     |s - p|  +  a T |s'|  +  b T² |s''|  +  c T³ |s'''|      with  |s - p| < reach
///
/// Sums of absolute values make paths of pieces that stand still, move evenly or change speed evenly, as a tripod and a
/// good operator do (M. Grundmann, V. Kwatra, I. Essa, "Auto-Directed Video Stabilization with Robust L1 Optimal Camera
/// Paths", 2011). The first term, which that paper has not, gives the time T a meaning: what lasts shorter is shake,
/// what lasts longer is meant. The reach is a hard limit: outside of it the picture would end.
///
/// Solved by reweighted least squares with a logarithmic barrier; each step solves a band matrix. Reused, so that steady
/// state allocates nothing.
struct PathSolver {
    /// How much velocity, acceleration and jerk cost, in units of T.
    private static let weights = (velocity: 0.05, acceleration: 0.25, jerk: 0.02)
    private static let iterations = 40
    /// Within this share of the reach being elsewhere costs by the square: small deviations are free.
    private static let knee = 0.5

    private var error: [Double] = []
    private var gradient: [Double] = []
    /// The matrix's diagonal and the three beside it.
    private var diagonal: [Double] = []
    private var beside: ([Double], [Double], [Double]) = ([], [], [])

    /// Solves.
    ///
    /// - Parameters:
    ///   - solution: takes the calm path; its first `fixedCount` values are given and stay.
    ///   - path: the path as it was.
    ///   - reach: how far the solution may be from it, for each frame.
    ///   - time: T in frames.
    ///   - fixedCount: how many values are decided already.
    mutating func solve(
        _ solution: inout [Double],
        path: [Double],
        reach: [Double],
        time: Double,
        fixedCount: Int = 0
    ) {
        precondition(solution.count == path.count && reach.count == path.count && fixedCount <= path.count)
        let count = path.count
        for index in fixedCount..<count { solution[index] = path[index] }
        guard count - fixedCount > 0, count > 2 else { return }
        let scale = max(1e-9, reach.reduce(0, +) / Double(count))
        prepare(count)
        for iteration in 0..<Self.iterations {
            // First nearly least squares with a soft wall, in the end nearly absolute values with a hard one.
            let progress = Double(iteration) / Double(Self.iterations - 1)
            let softness = scale * pow(10, -0.5 - 2.5 * progress)
            let wall = scale * 0.3 * pow(10, -1 - 3 * progress)
            assemble(solution, path, reach, time, softness, wall, fixedCount)
            factorAndSolve(fixedCount)
            step(&solution, reach, fixedCount)
        }
    }

    private mutating func prepare(_ count: Int) {
        func resize(_ array: inout [Double]) {
            array.removeAll(keepingCapacity: true)
            array.append(contentsOf: repeatElement(0, count: count))
        }
        resize(&error)
        resize(&gradient)
        resize(&diagonal)
        resize(&beside.0)
        resize(&beside.1)
        resize(&beside.2)
    }

    private mutating func assemble(
        _ solution: [Double],
        _ path: [Double],
        _ reach: [Double],
        _ time: Double,
        _ softness: Double,
        _ wall: Double,
        _ fixedCount: Int
    ) {
        let count = path.count
        for index in 0..<count {
            let (e, r) = (solution[index] - path[index], reach[index])
            error[index] = e
            (beside.0[index], beside.1[index], beside.2[index]) = (0, 0, 0)
            guard index >= fixedCount else {
                (diagonal[index], gradient[index]) = (1, 0)
                continue
            }
            let weight = 1 / (e * e + Self.knee * Self.knee * r * r).squareRoot()
            let gap = r * r - e * e
            gradient[index] = weight * e + wall * 2 * e / gap
            diagonal[index] = weight + wall * (2 / gap + 4 * e * e / (gap * gap))
        }
        addDifferences(solution, order: 1, weight: Self.weights.velocity * time, softness / time)
        addDifferences(solution, order: 2, weight: Self.weights.acceleration * time * time, softness / (time * time))
        let cube = time * time * time
        addDifferences(solution, order: 3, weight: Self.weights.jerk * cube, softness / cube)
        for index in 0..<fixedCount {
            (diagonal[index], gradient[index]) = (1, 0)
            (beside.0[index], beside.1[index], beside.2[index]) = (0, 0, 0)
        }
    }

    /// Adds the cost of all differences of an order, as a square that touches it here.
    private mutating func addDifferences(_ s: [Double], order: Int, weight: Double, _ softness: Double) {
        guard s.count > order else { return }
        for i in 0..<(s.count - order) {
            let (a, b, c, d): (Double, Double, Double, Double) =
                switch order {
                case 1: (-1, 1, 0, 0)
                case 2: (1, -2, 1, 0)
                default: (-1, 3, -3, 1)
                }
            var difference = a * s[i] + b * s[i + 1]
            if order > 1 { difference += c * s[i + 2] }
            if order > 2 { difference += d * s[i + 3] }
            let w = weight / (difference * difference + softness * softness).squareRoot()
            let pull = w * difference
            gradient[i] += pull * a
            gradient[i + 1] += pull * b
            diagonal[i] += w * a * a
            diagonal[i + 1] += w * b * b
            beside.0[i] += w * a * b
            guard order > 1 else { continue }
            gradient[i + 2] += pull * c
            diagonal[i + 2] += w * c * c
            beside.0[i + 1] += w * b * c
            beside.1[i] += w * a * c
            guard order > 2 else { continue }
            gradient[i + 3] += pull * d
            diagonal[i + 3] += w * d * d
            beside.0[i + 2] += w * c * d
            beside.1[i + 1] += w * b * d
            beside.2[i] += w * a * d
        }
    }

    /// Solves the band matrix by its factors L D Lᵀ; ``gradient`` becomes the step downhill.
    private mutating func factorAndSolve(_ fixedCount: Int) {
        let count = diagonal.count
        for i in fixedCount..<count {
            let pivot = diagonal[i]
            let (u1, u2, u3) = (beside.0[i], beside.1[i], beside.2[i])
            let (l1, l2, l3) = (u1 / pivot, u2 / pivot, u3 / pivot)
            if i + 1 < count {
                diagonal[i + 1] -= l1 * u1
                beside.0[i + 1] -= l1 * u2
                beside.1[i + 1] -= l1 * u3
                gradient[i + 1] -= l1 * gradient[i]
            }
            if i + 2 < count {
                diagonal[i + 2] -= l2 * u2
                beside.0[i + 2] -= l2 * u3
                gradient[i + 2] -= l2 * gradient[i]
            }
            if i + 3 < count {
                diagonal[i + 3] -= l3 * u3
                gradient[i + 3] -= l3 * gradient[i]
            }
            (beside.0[i], beside.1[i], beside.2[i]) = (l1, l2, l3)
        }
        for i in stride(from: count - 1, through: fixedCount, by: -1) {
            var value = gradient[i] / diagonal[i]
            if i + 1 < count { value -= beside.0[i] * gradient[i + 1] }
            if i + 2 < count { value -= beside.1[i] * gradient[i + 2] }
            if i + 3 < count { value -= beside.2[i] * gradient[i + 3] }
            gradient[i] = value
        }
    }

    /// Goes downhill, but never through the wall.
    private func step(_ solution: inout [Double], _ reach: [Double], _ fixedCount: Int) {
        var share = 1.0
        for index in fixedCount..<solution.count {
            let move = -gradient[index]
            if move > 0 {
                share = min(share, 0.95 * (reach[index] - error[index]) / move)
            } else if move < 0 {
                share = min(share, 0.95 * (reach[index] + error[index]) / -move)
            }
        }
        for index in fixedCount..<solution.count { solution[index] -= share * gradient[index] }
    }
}
