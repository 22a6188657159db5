internal import Foundation
internal import Kernels

/// Measures the colours of small pictures (about 192 pixels across). One thread at a time; allocates nothing per picture.
///
/// The light is found from colour *edges* (J. van de Weijer, T. Gevers, A. Gijsenij, "Edge-Based Color Constancy", 2007),
/// which large coloured surfaces cannot pull away, but as the place of the crowd (``ColorHistogram``) instead of the mean.
/// Pictures without edges are judged by their colours.
final class ColorMeter {
    private let width: Int, height: Int
    private let encoding: ColorEncoding
    private let hasChroma: Bool
    private let light: [Float]
    private var linear: [SIMD3<Float>]
    private var smooth: [SIMD3<Float>]
    private var clipped: [Bool]
    private var clippedRows: [Bool]
    private var colors = ColorHistogram()
    private var edges = ColorHistogram()

    /// The longer side of the pictures that the constants are made for.
    static let longSide = 192
    /// Signals from here on are taken as clipped: their colour is lost.
    private static let clipping: Float = 0.985

    /// Makes a meter for 8-bit pictures of one size with chroma at full size.
    init(width: Int, height: Int, weightRed: Double, weightBlue: Double, isFullRange: Bool, hasChroma: Bool) {
        self.width = width
        self.height = height
        self.hasChroma = hasChroma
        encoding = ColorEncoding(depth: 8, weightRed: weightRed, weightBlue: weightBlue, isFullRange: isFullRange)
        light = (0...1023).map { SignalCurve.light(Float($0) / 1023) }
        linear = Array(repeating: SIMD3(), count: width * height)
        smooth = linear
        clipped = Array(repeating: false, count: width * height)
        clippedRows = clipped
    }

    /// Measures a picture of the meter's size.
    ///
    /// - Parameter wantsTiles: whether ``ColorMeasurement/tiles`` is filled.
    func measure(_ picture: GridImage<UInt8>, wantsTiles: Bool) -> ColorMeasurement {
        precondition(picture.width == width && picture.height == height, "the picture has another size")
        var result = ColorMeasurement()
        measureLuma(picture, &result)
        if wantsTiles { result.tiles = tiles(picture) }
        guard hasChroma, let u = picture.u, let v = picture.v else { return result }
        readColors(picture.y.samples, u.samples, v.samples, &result)
        spreadClipping()
        smoothColors()
        colors.clear()
        let used = addColors(&result)
        edges.clear()
        addEdges()
        estimate(used, &result)
        return result
    }

    // MARK: - Light and dark

    private func signal(ofLuma code: Int) -> Float {
        let range = encoding.legalRange.luma
        return Float(code - range.lowerBound) / Float(range.upperBound - range.lowerBound)
    }

    private func measureLuma(_ picture: GridImage<UInt8>, _ result: inout ColorMeasurement) {
        var histogram = [Int](repeating: 0, count: 256)
        for code in picture.y.samples { histogram[Int(code)] += 1 }
        let count = Float(picture.y.count)
        func percentile(_ share: Float) -> Float {
            var sum = 0
            for code in 0..<256 {
                sum += histogram[code]
                if Float(sum) > share * count { return min(max(signal(ofLuma: code), 0), 1) }
            }
            return 1
        }
        result.black = percentile(0.005)
        result.dark = percentile(0.05)
        result.bright = percentile(0.95)
        result.white = percentile(0.995)
    }

    private func tiles(_ picture: GridImage<UInt8>) -> TileHistograms {
        let bins = TileHistograms.bins
        var counts = [Int](repeating: 0, count: TileHistograms.columns * TileHistograms.rows * bins)
        var sizes = [Int](repeating: 0, count: TileHistograms.columns * TileHistograms.rows)
        let bin = (0..<256).map { min(max(Int(signal(ofLuma: $0) * Float(bins)), 0), bins - 1) }
        let samples = picture.y.samples
        for y in 0..<height {
            let row = y * TileHistograms.rows / height * TileHistograms.columns
            for x in 0..<width {
                let tile = row + x * TileHistograms.columns / width
                counts[tile * bins + bin[Int(samples[y * width + x])]] += 1
                sizes[tile] += 1
            }
        }
        let shares = counts.indices.map { index in
            UInt8((counts[index] * 255 + sizes[index / bins] / 2) / max(sizes[index / bins], 1))
        }
        return TileHistograms(shares: shares)
    }

    // MARK: - Colours

    private func readColors(
        _ y: UnsafeMutableBufferPointer<UInt8>,
        _ u: UnsafeMutableBufferPointer<UInt8>,
        _ v: UnsafeMutableBufferPointer<UInt8>,
        _ result: inout ColorMeasurement
    ) {
        var saturation: Float = 0, visible: Float = 0, skin: Float = 0
        for index in 0..<width * height {
            let code = SIMD3(Float(y[index]), Float(u[index]), Float(v[index]))
            let color = encoding.decode(code).clamped(lowerBound: SIMD3(), upperBound: SIMD3(repeating: 1))
            let steps = color * 1023
            linear[index] = SIMD3(light[Int(steps.x)], light[Int(steps.y)], light[Int(steps.z)])
            let largest = color.max()
            clipped[index] = largest >= Self.clipping
            if largest > 0.1 {
                visible += 1
                saturation += (largest - color.min()) / largest
                skin += Skin.weight(color)
            }
        }
        result.saturation = visible > 0 ? saturation / visible : 0
        result.skin = skin / Float(width * height)
    }

    /// Pixels near clipped ones are mixed with them: their colour is not to be trusted either.
    private func spreadClipping() {
        for y in 0..<height {
            for x in 0..<width {
                var any = false
                for column in max(0, x - 2)...min(width - 1, x + 2) where clipped[y * width + column] { any = true }
                clippedRows[y * width + x] = any
            }
        }
        for y in 0..<height {
            let rows = max(0, y - 2)...min(height - 1, y + 2)
            for x in 0..<width {
                var any = false
                for row in rows where clippedRows[row * width + x] { any = true }
                clipped[y * width + x] = any
            }
        }
    }

    private func smoothColors() {
        for y in 0..<height {
            let row = y * width
            for x in 0..<width {
                let left = linear[row + max(x - 1, 0)], right = linear[row + min(x + 1, width - 1)]
                smooth[row + x] = (left + right) * 0.25 + linear[row + x] * 0.5
            }
        }
        for y in 0..<height {
            let (above, row, below) = (max(y - 1, 0) * width, y * width, min(y + 1, height - 1) * width)
            for x in 0..<width {
                linear[row + x] = (smooth[above + x] + smooth[below + x]) * 0.25 + smooth[row + x] * 0.5
            }
        }
    }

    /// - Returns: the share of pixels that count.
    private func addColors(_ result: inout ColorMeasurement) -> Float {
        var used = 0
        var grey: Float = 0, all: Float = 0
        // 5 % of the signal.
        let darkest = SignalCurve.light(0.05)
        for index in 0..<width * height where !clipped[index] {
            let color = linear[index]
            guard color.min() > darkest else { continue }
            let largest = color.max()
            let place = colors.add(color, weight: largest * largest)
            all += largest * largest
            if (place * place).sum() < 0.01 { grey += largest * largest }
            used += 1
        }
        result.neutral = all > 0 ? grey / all : 0
        return Float(used) / Float(width * height)
    }

    private func addEdges() {
        guard width > 2, height > 2 else { return }
        for y in 1..<height - 1 {
            for x in 1..<width - 1 where !clipped[y * width + x] {
                let index = y * width + x
                let (a, b, c) = (linear[index - width - 1], linear[index - width], linear[index - width + 1])
                let (d, e) = (linear[index - 1], linear[index + 1])
                let (f, g, h) = (linear[index + width - 1], linear[index + width], linear[index + width + 1])
                let across = (c - a) + (e - d) * 2 + (h - f), down = (f - a) + (g - b) * 2 + (h - c)
                let edge = (across * across + down * down).squareRoot() / 8
                if edge.min() > 0.004 { edges.add(edge, weight: edge.max()) }
            }
        }
    }

    private func estimate(_ used: Float, _ result: inout ColorMeasurement) {
        guard let light = edges.estimate() ?? colors.estimate() else { return }
        // A fiftieth of the picture is enough to see the light.
        result.confidence = min(used / 0.02, 1)
        result.illuminant = light
    }
}
