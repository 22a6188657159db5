internal import Foundation

/// Where colours lie, whatever their brightness: ln(red/green) and ln(blue/green) of linear light.
///
/// A coloured light moves all of it by the same step, so finding the light means finding where greys lie now. They are a
/// crowd: a prior for neutral light plus how many colours lie near a place give a probability for each place.
struct ColorHistogram {
    /// Cells along an axis, and their size.
    private static let cells = 61
    private static let cell: Float = 0.05
    private static let reach = Float(cells - 1) / 2 * cell
    /// How near to grey a colour counts as grey, in cells: 0.1.
    private static let blur: [Float] = (0...6).map { exp(-Float($0 * $0) / 8) }
    /// How far lights lie from neutral, along daylight (red against blue) and across it (green against magenta).
    private static let alongDaylight: Float = 0.5, acrossDaylight: Float = 0.25
    /// What a crowd weighs against the prior.
    private static let weight: Float = 60

    private var counts = [Float](repeating: 0, count: cells * cells)
    private var first = [Float](repeating: 0, count: cells * cells)
    private var second = [Float](repeating: 0, count: cells * cells)
    /// The weight of everything that was added.
    private(set) var total: Float = 0
    private let prior: [Float]

    init() {
        var prior = [Float](repeating: 0, count: Self.cells * Self.cells)
        for row in 0..<Self.cells {
            for column in 0..<Self.cells {
                let (red, blue) = (Float(row) * Self.cell - Self.reach, Float(column) * Self.cell - Self.reach)
                let along = (red - blue) / Self.alongDaylight, across = (red + blue) / Self.acrossDaylight
                prior[row * Self.cells + column] = -(along * along + across * across) / 4
            }
        }
        self.prior = prior
    }

    /// Forgets all colours.
    mutating func clear() {
        for index in counts.indices { counts[index] = 0 }
        total = 0
    }

    /// Adds a colour of linear light, all parts above 0.
    ///
    /// - Returns: where it lies.
    @discardableResult
    mutating func add(_ color: SIMD3<Float>, weight: Float) -> SIMD2<Float> {
        let green = log(color.y)
        let place = SIMD2(log(color.x) - green, log(color.z) - green)
        let limit = Float(Self.cells) - 1.001
        let row = min(max((place.x + Self.reach) / Self.cell, 0), limit)
        let column = min(max((place.y + Self.reach) / Self.cell, 0), limit)
        let (y, x) = (Int(row), Int(column))
        let (down, right) = (row - Float(y), column - Float(x))
        let index = y * Self.cells + x
        counts[index] += weight * (1 - down) * (1 - right)
        counts[index + 1] += weight * (1 - down) * right
        counts[index + Self.cells] += weight * down * (1 - right)
        counts[index + Self.cells + 1] += weight * down * right
        total += weight
        return place
    }

    /// The expected place of grey; `nil` when nothing was added.
    mutating func estimate() -> SIMD2<Float>? {
        guard total > 0 else { return nil }
        Self.blurRows(counts, &first)
        Self.blurRows(first, &second)
        // Blurred twice and turned twice, so it lies as before.
        var best = -Float.infinity
        for index in second.indices {
            second[index] = second[index] * (Self.weight / total) + prior[index]
            best = max(best, second[index])
        }
        var sum: Float = 0
        var mean = SIMD2<Float>()
        for row in 0..<Self.cells {
            for column in 0..<Self.cells {
                let share = exp(second[row * Self.cells + column] - best)
                sum += share
                mean += SIMD2(Float(row), Float(column)) * share
            }
        }
        return mean / sum * Self.cell - Self.reach
    }

    /// Blurs along rows and turns rows into columns.
    private static func blurRows(_ source: [Float], _ result: inout [Float]) {
        for row in 0..<cells {
            for column in 0..<cells {
                var sum = source[row * cells + column]
                for step in 1..<blur.count {
                    if column >= step { sum += source[row * cells + column - step] * blur[step] }
                    if column + step < cells { sum += source[row * cells + column + step] * blur[step] }
                }
                result[column * cells + row] = sum
            }
        }
    }
}
