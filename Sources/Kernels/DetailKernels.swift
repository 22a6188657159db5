internal import CKernels

/// The steps around a network that says what an enlargement by two lacks.
///
/// Confined to one thread: it holds scratch rows.
public struct DetailKernels: ~Copyable {
    private let width: Int
    private let scratch: KernelMemory

    /// Reserves scratch for enlarged planes of a width.
    public init(enlargedWidth width: Int) {
        precondition((1...65536).contains(width), "planes are 1 to 65536 wide")
        self.width = width
        scratch = KernelMemory(byteCount: aegis_detail_scratch_count(Int32(width)) * MemoryLayout<Float>.stride)
    }

    /// Copies a rectangle of a plane for a network, times `scale`; beyond the plane its edge is repeated.
    ///
    /// - Parameters:
    ///   - source: the plane.
    ///   - x: first column, may be negative; the rectangle touches the plane.
    ///   - y: first row.
    ///   - width: columns of the rectangle.
    ///   - height: its rows.
    ///   - scale: what each sample is multiplied by.
    ///   - tile: gets `width * height` samples.
    public func gather(
        _ source: SamplePlane,
        x: Int,
        y: Int,
        width: Int,
        height: Int,
        scale: Float,
        into tile: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(width > 0 && height > 0 && tile.count >= width * height, "the tile is too small")
        precondition(x < source.width && y < source.height && x + width > 0 && y + height > 0, "beside the plane")
        var plane = source.c
        aegis_gather_tile(
            &plane,
            Int32(source.width),
            Int32(source.height),
            Int32(x),
            Int32(y),
            Int32(width),
            Int32(height),
            scale,
            tile.baseAddress
        )
    }

    /// Weaves four planes of a tile (even rows' even and odd columns, odd rows' even and odd columns) into one of floats.
    ///
    /// - Parameters:
    ///   - tile: the planes, one after the other.
    ///   - tileWidth: columns of each.
    ///   - tileHeight: rows of each.
    ///   - scale: what each sample is multiplied by.
    ///   - destination: a plane of floats.
    ///   - x: the even column of the destination where the tile begins.
    ///   - y: the even row; what lies beyond the destination is left out.
    public func weave(
        _ tile: UnsafeBufferPointer<Float>,
        tileWidth: Int,
        tileHeight: Int,
        scale: Float,
        into destination: SamplePlane,
        x: Int,
        y: Int
    ) {
        precondition(tile.count >= 4 * tileWidth * tileHeight, "the tile is too small")
        precondition(destination.kind == .float32 && x >= 0 && y >= 0, "the tile begins inside a plane of floats")
        let columns = min(tileWidth, (destination.width - x) / 2), rows = min(tileHeight, (destination.height - y) / 2)
        guard columns > 0, rows > 0 else { return }
        var plane = aegis_plane(
            base: destination.base + y * destination.stride + x * 4,
            stride: destination.stride,
            bytes_per_sample: 4
        )
        aegis_weave_tile(
            tile.baseAddress,
            Int32(tileWidth),
            Int32(tileHeight),
            Int32(columns),
            Int32(rows),
            scale,
            &plane
        )
    }

    /// detail = base + detail, at most `margin` beyond what the base has within one sample's distance.
    ///
    /// - Parameters:
    ///   - base: floats.
    ///   - margin: in code values.
    ///   - detail: floats of the same size, what is to be added; becomes the sum.
    ///   - rows: the rows that are treated.
    public mutating func add(to base: SamplePlane, margin: Float, detail: SamplePlane, rows: Range<Int>) {
        precondition(base.kind == .float32 && detail.kind == .float32 && base.hasSize(of: detail), "two equal planes")
        precondition(base.width <= width, "the planes are wider than was said")
        precondition(rows.lowerBound >= 0 && rows.upperBound <= base.height, "rows outside the planes")
        var (from, to) = (base.c, detail.c)
        aegis_add_detail(
            &from,
            Int32(base.width),
            Int32(base.height),
            margin,
            &to,
            Int32(rows.lowerBound),
            Int32(rows.upperBound),
            scratch.base.assumingMemoryBound(to: Float.self)
        )
    }
}
