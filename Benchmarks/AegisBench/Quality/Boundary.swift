/// Where a mask changes, ready to be compared with the boundary of another mask.
///
/// A pixel belongs to it when its right or lower neighbour is of the other kind. The frame's border is none: a person
/// cut off by it has no edge there.
struct Boundary {
    private let width: Int
    private let height: Int
    /// Positions of the boundary's pixels.
    private let pixels: [Int]
    /// For each pixel the distance to the boundary's nearest pixel in its column, or ``reach`` if that is farther.
    private let columnDistances: [UInt8]

    /// Tolerances must stay below this.
    static let reach = 32

    init(of mask: Mask) {
        (width, height) = (mask.width, mask.height)
        var pixels: [Int] = []
        var distances = [UInt8](repeating: UInt8(Self.reach), count: width * height)
        for y in 0..<height {
            for x in 0..<width {
                let index = y * width + x
                let value = mask.values[index]
                let changes = x + 1 < width && mask.values[index + 1] != value
                if changes || y + 1 < height && mask.values[index + width] != value {
                    pixels.append(index)
                    distances[index] = 0
                }
            }
        }
        for index in width..<(width * height) {
            distances[index] = min(distances[index], distances[index - width] + 1, UInt8(Self.reach))
        }
        for index in (0..<(width * (height - 1))).reversed() {
            distances[index] = min(distances[index], distances[index + width] + 1)
        }
        self.pixels = pixels
        columnDistances = distances
    }

    /// Harmonic mean of the shares of each boundary that lie within a Euclidean distance of the other.
    ///
    /// - Parameters:
    ///   - other: the boundary of a mask of the same size.
    ///   - tolerance: the distance in pixels, below ``reach``.
    /// - Returns: 1 when both are empty, 0 when one is.
    func score(against other: Boundary, tolerance: Double) -> Double {
        precondition(width == other.width && height == other.height && tolerance < Double(Self.reach))
        guard !pixels.isEmpty, !other.pixels.isEmpty else { return pixels.isEmpty == other.pixels.isEmpty ? 1 : 0 }
        let (precision, recall) = (share(near: other, tolerance), other.share(near: self, tolerance))
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
    }

    private func share(near other: Boundary, _ tolerance: Double) -> Double {
        let limit = Int((tolerance * tolerance).rounded(.down))
        let reach = Int(tolerance.rounded(.down))
        let near = pixels.count { index in
            let (x, row) = (index % width, index - index % width)
            return (max(0, x - reach)...min(width - 1, x + reach)).contains { column in
                let (across, down) = (column - x, Int(other.columnDistances[row + column]))
                return across * across + down * down <= limit
            }
        }
        return Double(near) / Double(pixels.count)
    }
}
