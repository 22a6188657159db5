/// Samples of Y, U, V and alpha side by side, in 8-bit code values (BT.709, limited range) and 0...1.
///
/// Where alpha is below 1 the other three are multiplied by it.
struct Picture: Sendable {
    /// Columns.
    let width: Int
    /// Rows.
    let height: Int
    /// `width * height` samples, row by row.
    var samples: [SIMD4<Float>]

    /// A picture of one value.
    init(width: Int, height: Int, repeating value: SIMD4<Float> = .zero) {
        self.width = width
        self.height = height
        samples = [SIMD4<Float>](repeating: value, count: width * height)
    }

    /// The uppermost rows.
    func prefix(rows: Int) -> Picture {
        precondition(rows <= height)
        var result = Picture(width: width, height: rows)
        result.samples = Array(samples[..<(rows * width)])
        return result
    }

    /// The picture in a mirror.
    func mirrored() -> Picture {
        var result = self
        for y in 0..<height {
            for x in 0..<width { result.samples[y * width + x] = samples[y * width + width - 1 - x] }
        }
        return result
    }

    /// The picture softened by a Gaussian, so that it can be made smaller without aliasing.
    func blurred(deviation: Float) -> Picture {
        let radius = max(1, Int((deviation * 4).rounded(.up)))
        var weights = (-radius...radius).map { gaussian(Float($0), deviation) }
        let total = weights.reduce(0, +)
        weights = weights.map { $0 / total }
        var (across, result) = (self, self)
        for y in 0..<height {
            for x in 0..<width {
                var sum = SIMD4<Float>.zero
                for (index, weight) in weights.enumerated() {
                    let column = min(max(x + index - radius, 0), width - 1)
                    sum += weight * samples[y * width + column]
                }
                across.samples[y * width + x] = sum
            }
        }
        for y in 0..<height {
            for x in 0..<width {
                var sum = SIMD4<Float>.zero
                for (index, weight) in weights.enumerated() {
                    let row = min(max(y + index - radius, 0), height - 1)
                    sum += weight * across.samples[row * width + x]
                }
                result.samples[y * width + x] = sum
            }
        }
        return result
    }
}

/// The bell curve without its factor, by a series of its own: `exp` of the C library differs between versions.
private func gaussian(_ x: Float, _ deviation: Float) -> Float {
    var (term, sum) = (1.0, 1.0)
    let exponent = Double(x * x) / Double(2 * deviation * deviation)
    for index in 1...60 {
        term *= exponent / Double(index)
        sum += term
    }
    return Float(1 / sum)
}
