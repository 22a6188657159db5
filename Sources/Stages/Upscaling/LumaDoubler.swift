internal import Inference
internal import Kernels

/// Enlarges a luma plane to twice its size with the network.
///
/// The result is Lanczos-3 plus what the network adds, kept within reach of what Lanczos shows around each sample (so
/// that nothing rings), and then corrected once by what it lacks when it is made small again (back-projection: M. Irani,
/// S. Peleg, "Improving resolution by image registration", 1991). The network runs tile by tile; its tiles have a margin
/// as wide as its view, so that the tiling cannot be seen. Confined to one thread; allocates nothing after `init`.
final class LumaDoubler {
    private let width: Int
    private let height: Int
    private let tile: UpscalingNetwork.Tile
    private let margin: Int
    private let request: any InferenceRequest
    /// How much of what the network says is added, 0...1.
    var strength: Float
    private let base: FloatPlane
    private let detail: FloatPlane
    private let difference: FloatPlane
    private var kernels: DetailKernels
    private var lanczos: PlaneResampler
    private var shrinking: PlaneResampler
    private var growing: PlaneResampler

    /// How far the network may leave the range of Lanczos's neighbouring samples, in 1/255 of the code range.
    private static let reach: Float = 12

    /// Reserves everything for planes of one size.
    ///
    /// - Parameters:
    ///   - width: columns of the planes that are enlarged.
    ///   - height: their rows.
    ///   - network: the network.
    ///   - strength: how much of what it says is added, 0...1.
    ///   - longestTile: the most columns and rows of a tile; 256 × 96 keeps a layer in the second-level cache.
    init(
        width: Int,
        height: Int,
        network: UpscalingNetwork,
        strength: Float = 1,
        longestTile: UpscalingNetwork.Tile = UpscalingNetwork.Tile(width: 256, height: 96)
    ) throws {
        self.width = width
        self.height = height
        tile = UpscalingNetwork.Tile(
            width: Self.share(width, atMost: longestTile.width),
            height: Self.share(height, atMost: longestTile.height)
        )
        margin = network.margin
        self.strength = strength
        request = try network.makeRequest(for: tile)
        base = FloatPlane(width: 2 * width, height: 2 * height)
        detail = FloatPlane(width: 2 * width, height: 2 * height)
        difference = FloatPlane(width: width, height: height)
        kernels = DetailKernels(enlargedWidth: 2 * width)
        let columns = PlaneResampler.Axis(from: width, to: 2 * width)
        let rows = PlaneResampler.Axis(from: height, to: 2 * height)
        lanczos = PlaneResampler(columns, rows, filter: .lanczos3)
        growing = PlaneResampler(columns, rows, filter: .bicubic)
        shrinking = PlaneResampler(
            PlaneResampler.Axis(from: 2 * width, to: width),
            PlaneResampler.Axis(from: 2 * height, to: height),
            filter: .bicubic
        )
    }

    /// Divides a length into equal parts.
    private static func share(_ length: Int, atMost longest: Int) -> Int {
        let count = (length + longest - 1) / longest
        return (length + count - 1) / count
    }

    /// Enlarges a plane.
    ///
    /// - Parameters:
    ///   - source: of the size of `init`, any kind of samples.
    ///   - destination: of twice that size.
    ///   - peak: the greatest code value.
    func run(_ source: SamplePlane, into destination: SamplePlane, peak: Int) throws {
        precondition(source.width == width && source.height == height, "another size than was prepared for")
        var progress = Progress(height: height)
        for y in stride(from: 0, to: height, by: tile.height) {
            for x in stride(from: 0, to: width, by: tile.width) {
                try addTile(source, x: x, y: y, peak: peak)
            }
            finish(source, into: destination, peak: peak, progress.advance(to: min(y + tile.height, height)))
        }
    }

    private func addTile(_ source: SamplePlane, x: Int, y: Int, peak: Int) throws {
        request.withInputBytes(at: 0) { bytes in
            kernels.gather(
                source,
                x: x - margin,
                y: y - margin,
                width: tile.width + 2 * margin,
                height: tile.height + 2 * margin,
                scale: 1 / Float(peak),
                into: bytes.bindMemory(to: Float.self)
            )
        }
        try request.run()
        request.withOutputBytes(at: 0) { bytes in
            kernels.weave(
                bytes.bindMemory(to: Float.self),
                tileWidth: tile.width,
                tileHeight: tile.height,
                scale: strength * Float(peak),
                into: detail.plane,
                x: 2 * x,
                y: 2 * y
            )
        }
    }

    /// Takes the rows whose detail is known through the remaining steps while they are in the cache.
    private func finish(_ source: SamplePlane, into destination: SamplePlane, peak: Int, _ rows: Progress.Rows) {
        lanczos.run(source, into: base.plane, rows: rows.base)
        let margin = Self.reach * Float(peak) / 255
        kernels.add(to: base.plane, margin: margin, detail: detail.plane, rows: rows.detail)
        shrinking.run(detail.plane, subtractedFrom: source, into: difference.plane, rows: rows.difference)
        growing.run(difference.plane, addedTo: detail.plane, into: destination, peak: peak, rows: rows.result)
    }
}

/// Which rows each step can make next: steps that look at rows below lag behind the one before.
private struct Progress {
    /// The rows that are next.
    struct Rows {
        var base: Range<Int>
        var detail: Range<Int>
        var difference: Range<Int>
        var result: Range<Int>
    }

    private let height: Int
    private var done = (base: 0, detail: 0, difference: 0, result: 0)

    init(height: Int) { self.height = height }

    /// - Parameter row: the number of source rows whose detail is known.
    mutating func advance(to row: Int) -> Rows {
        let isLast = row == height
        let base = 2 * row
        // One row below; four rows below the middle of a pair; two rows below the place between.
        let detail = isLast ? 2 * height : max(done.detail, base - 1)
        let difference = isLast ? height : max(done.difference, (detail - 4) / 2)
        let result = isLast ? 2 * height : max(done.result, 2 * (difference - 2))
        defer { done = (base, detail, difference, result) }
        return Rows(
            base: done.base..<base,
            detail: done.detail..<detail,
            difference: done.difference..<difference,
            result: done.result..<result
        )
    }
}
