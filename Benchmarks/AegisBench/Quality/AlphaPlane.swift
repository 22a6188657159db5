/// How much of each pixel is person, 0...1.
struct AlphaPlane: Sendable {
    /// Columns.
    let width: Int
    /// Rows.
    let height: Int
    /// `width * height` samples, row by row.
    var values: [Float]

    /// A plane without anybody.
    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        values = [Float](repeating: 0, count: width * height)
    }

    /// Which pixels are more than half person.
    var mask: Mask {
        var mask = Mask(width: width, height: height)
        for index in values.indices { mask.values[index] = values[index] > 0.5 ? 1 : 0 }
        return mask
    }

    /// Mean distance to another plane of the size.
    func meanError(to other: AlphaPlane) -> Double {
        precondition(values.count == other.values.count)
        var sum = 0.0
        for y in 0..<height {
            // Row by row: a float cannot hold the sum of a million.
            var row: Float = 0
            for index in (y * width)..<((y + 1) * width) { row += abs(values[index] - other.values[index]) }
            sum += Double(row)
        }
        return sum / Double(values.count)
    }

    /// The plane at a quarter of its size: means of 4×4.
    func quartered() -> AlphaPlane {
        var result = AlphaPlane(width: width / 4, height: height / 4)
        for y in 0..<(result.height * 4) {
            for x in 0..<(result.width * 4) {
                result.values[y / 4 * result.width + x / 4] += values[y * width + x] / 16
            }
        }
        return result
    }

    /// A coarse plane enlarged linearly, pixel centres kept in place, borders repeated.
    init(enlarging source: [Float], width sourceWidth: Int, height sourceHeight: Int, toWidth width: Int, height: Int) {
        precondition(source.count == sourceWidth * sourceHeight)
        self.init(width: width, height: height)
        let columns = Self.taps(from: sourceWidth, to: width)
        let rows = Self.taps(from: sourceHeight, to: height)
        var line = [Float](repeating: 0, count: sourceWidth)
        for (y, row) in rows.enumerated() {
            for x in 0..<sourceWidth {
                let (upper, lower) = (source[row.low * sourceWidth + x], source[row.high * sourceWidth + x])
                line[x] = upper + (lower - upper) * row.share
            }
            for (x, column) in columns.enumerated() {
                values[y * width + x] = line[column.low] + (line[column.high] - line[column.low]) * column.share
            }
        }
    }

    private static func taps(from source: Int, to count: Int) -> [(low: Int, high: Int, share: Float)] {
        (0..<count).map { index in
            let place = (Float(index) + 0.5) * Float(source) / Float(count) - 0.5
            let low = Int(place.rounded(.down))
            let share = place - Float(low)
            return (min(max(low, 0), source - 1), min(max(low + 1, 0), source - 1), share)
        }
    }
}

/// Which pixels are person: 1, else 0.
struct Mask: Sendable, Equatable {
    /// Columns.
    let width: Int
    /// Rows.
    let height: Int
    /// `width * height` samples, row by row.
    var values: [UInt8]

    /// A mask without anybody.
    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        values = [UInt8](repeating: 0, count: width * height)
    }

    /// Share of the pixels that are person.
    var share: Double { Double(values.reduce(into: 0) { $0 += Int($1) }) / Double(values.count) }

    /// Pixels in both masks over pixels in any of them; 1 for two empty ones.
    func intersectionOverUnion(_ other: Mask) -> Double {
        precondition(values.count == other.values.count)
        var (both, either) = (0, 0)
        for index in values.indices {
            both += Int(values[index] & other.values[index])
            either += Int(values[index] | other.values[index])
        }
        return either == 0 ? 1 : Double(both) / Double(either)
    }
}
