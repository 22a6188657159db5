internal import CKernels

/// The guide without the person, weighed and halved: what ``BackgroundFilter`` blurs, shared by several of them.
public struct BackgroundCells: ~Copyable {
    /// Columns of the grid.
    public let width: Int
    /// Rows of the grid.
    public let height: Int
    /// Whether there is chroma.
    public let hasChroma: Bool
    /// The cells, and the planes' means.
    private(set) var source: aegis_background_source

    private let cells: KernelMemory
    private let scratch: KernelMemory
    /// Mask value from which a cell does not count.
    private static let opaque: Float = 0.1

    /// Reserves memory for one grid size.
    public init(width: Int, height: Int, hasChroma: Bool) {
        (self.width, self.height, self.hasChroma) = (width, height, hasChroma)
        let count = ((width + 1) / 2) * ((height + 1) / 2)
        cells = KernelMemory(byteCount: (4 * count + 64) * MemoryLayout<UInt16>.size)
        scratch = KernelMemory(byteCount: aegis_background_cells_scratch_size(Int32(width), Int32(height)))
        source = aegis_background_source(
            cells: cells.base.assumingMemoryBound(to: UInt16.self),
            mean_y: 0,
            mean_u: 0,
            mean_v: 0
        )
    }

    /// Takes in the planes (in the stream's range, before `expandRange`) without the cells of the mask.
    public mutating func update(planes: GridImage<UInt8>, mask: Grid<Float>) {
        precondition(planes.y.width == width && planes.y.height == height, "the planes are of another size")
        precondition(mask.width == width && mask.height == height, "the mask is of another size")
        precondition(planes.hasChroma == hasChroma, "both images have chroma, or none")
        aegis_background_cells(
            Self.opaque,
            Int32(width),
            Int32(height),
            planes.y.base,
            planes.u?.base,
            planes.v?.base,
            mask.base,
            &source,
            scratch.base
        )
    }
}
