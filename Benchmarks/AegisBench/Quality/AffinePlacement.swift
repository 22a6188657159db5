import Foundation

/// Where a cutout stands in a frame: turned and enlarged about an anchor.
struct AffinePlacement: Sendable {
    /// The point of the cutout that is placed, in its pixels.
    var anchor: SIMD2<Double>
    /// Where that point comes to lie in the frame.
    var target: SIMD2<Double>
    /// Pixels of the frame for a pixel of the cutout.
    var scale: Double
    /// Clockwise turn in radians.
    var rotation: Double

    /// Where a point of the cutout comes to lie.
    func place(_ point: SIMD2<Double>) -> SIMD2<Double> {
        let (c, s) = (cos(rotation) * scale, sin(rotation) * scale)
        let d = point - anchor
        return target + SIMD2(c * d.x - s * d.y, s * d.x + c * d.y)
    }

    /// The inverse: the cutout's point under the frame's origin, and the steps for one column and one row.
    var inverse: (origin: SIMD2<Double>, column: SIMD2<Double>, row: SIMD2<Double>) {
        let (c, s) = (cos(rotation) / scale, sin(rotation) / scale)
        let (column, row) = (SIMD2(c, -s), SIMD2(s, c))
        return (anchor - target.x * column - target.y * row, column, row)
    }
}

extension Picture {
    /// Lays a cutout over this picture; alpha becomes that of both together.
    ///
    /// Samples bicubically where the cutout is enlarged, otherwise linearly (softened by the caller).
    mutating func lay(_ cutout: Picture, _ placement: AffinePlacement) {
        let (right, bottom) = (Double(cutout.width), Double(cutout.height))
        let corners = [SIMD2(-2, -2), SIMD2(right + 1, -2), SIMD2(-2, bottom + 1), SIMD2(right + 1, bottom + 1)]
            .map(placement.place)
        let columns = range(corners.map(\.x), limit: width)
        let rows = range(corners.map(\.y), limit: height)
        let inverse = placement.inverse
        let isEnlarged = placement.scale > 1
        let width = width
        samples.withUnsafeMutableBufferPointer { canvas in
            cutout.samples.withUnsafeBufferPointer { source in
                let sampler = Sampler(source: source, width: cutout.width, height: cutout.height)
                for y in rows {
                    for x in columns {
                        let point = inverse.origin + Double(x) * inverse.column + Double(y) * inverse.row
                        let value = isEnlarged ? sampler.cubic(point) : sampler.linear(point)
                        guard value.w > 0 else { continue }
                        // Cubic sampling overshoots: colours are limited as colours, not as products.
                        let share = min(value.w, 1)
                        var over = (value * (1 / value.w)).clamped(lowerBound: Self.black, upperBound: Self.white)
                        over.w = 1
                        let index = y * width + x
                        canvas[index] = canvas[index] * (1 - share) + over * share
                    }
                }
            }
        }
    }

    /// The least and the largest code value that video may hold.
    private static let black = SIMD4<Float>(1, 1, 1, 1)
    private static let white = SIMD4<Float>(254, 254, 254, 1)

    private func range(_ values: [Double], limit: Int) -> Range<Int> {
        let low = Int(max(0, (values.min() ?? 0).rounded(.down)))
        let high = Int(min(Double(limit), (values.max() ?? 0).rounded(.up) + 1))
        return low..<max(low, high)
    }

    /// The part of a background that a camera at a place between pixels sees.
    ///
    /// - Precondition: the part lies inside the background with a pixel to spare.
    mutating func see(_ background: Picture, x offsetX: Double, y offsetY: Double) {
        let (left, top) = (Int(offsetX.rounded(.down)), Int(offsetY.rounded(.down)))
        precondition(left >= 0 && left + width < background.width && top >= 0 && top + height < background.height)
        let (shareX, shareY) = (Float(offsetX) - Float(left), Float(offsetY) - Float(top))
        let (w00, w10) = ((1 - shareX) * (1 - shareY), shareX * (1 - shareY))
        let (w01, w11) = ((1 - shareX) * shareY, shareX * shareY)
        let (width, height, stride) = (width, height, background.width)
        samples.withUnsafeMutableBufferPointer { canvas in
            background.samples.withUnsafeBufferPointer { source in
                for y in 0..<height {
                    var from = (top + y) * stride + left
                    for index in (y * width)..<((y + 1) * width) {
                        let upper = source[from] * w00 + source[from + 1] * w10
                        canvas[index] = upper + source[from + stride] * w01 + source[from + stride + 1] * w11
                        from += 1
                    }
                }
            }
        }
    }
}

/// Reads a cutout between its pixels; outside there is nothing.
private struct Sampler {
    let source: UnsafeBufferPointer<SIMD4<Float>>
    let width: Int
    let height: Int

    func pixel(_ x: Int, _ y: Int) -> SIMD4<Float> {
        x >= 0 && x < width && y >= 0 && y < height ? source[y * width + x] : .zero
    }

    func linear(_ point: SIMD2<Double>) -> SIMD4<Float> {
        let (left, top) = (Int(point.x.rounded(.down)), Int(point.y.rounded(.down)))
        let (x, y) = (Float(point.x - Double(left)), Float(point.y - Double(top)))
        let upper = pixel(left, top) * (1 - x) + pixel(left + 1, top) * x
        let lower = pixel(left, top + 1) * (1 - x) + pixel(left + 1, top + 1) * x
        return upper * (1 - y) + lower * y
    }

    func cubic(_ point: SIMD2<Double>) -> SIMD4<Float> {
        let (left, top) = (Int(point.x.rounded(.down)), Int(point.y.rounded(.down)))
        guard left >= -2, left <= width, top >= -2, top <= height else { return .zero }
        let across = Self.weights(Float(point.x - Double(left)))
        let down = Self.weights(Float(point.y - Double(top)))
        var result = SIMD4<Float>.zero
        for row in 0..<4 {
            let y = top + row - 1
            var sum = pixel(left - 1, y) * across[0]
            sum += pixel(left, y) * across[1]
            sum += pixel(left + 1, y) * across[2]
            sum += pixel(left + 2, y) * across[3]
            result += sum * down[row]
        }
        return result
    }

    /// Catmull-Rom.
    private static func weights(_ t: Float) -> SIMD4<Float> {
        let (t2, t3) = (t * t, t * t * t)
        return SIMD4(-0.5 * t + t2 - 0.5 * t3, 1 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2 * t2 - 1.5 * t3, 0.5 * (t3 - t2))
    }
}
