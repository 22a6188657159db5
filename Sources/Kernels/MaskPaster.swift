internal import CKernels

/// Brings the network's mask of one region to the guide grid.
public struct MaskPaster: ~Copyable {
    private let memory: KernelMemory
    private let maskWidth: Int, maskHeight: Int
    private let gridWidth: Int, gridHeight: Int
    private var tables: OpaquePointer?

    /// Reserves memory for one mask and grid size.
    public init(maskWidth: Int, maskHeight: Int, gridWidth: Int, gridHeight: Int) {
        precondition(maskWidth > 0 && maskHeight > 0 && gridWidth > 0 && gridHeight > 0, "sizes are positive")
        self.maskWidth = maskWidth
        self.maskHeight = maskHeight
        self.gridWidth = gridWidth
        self.gridHeight = gridHeight
        memory = KernelMemory(
            byteCount: aegis_paster_size(Int32(maskWidth), Int32(maskHeight), Int32(gridWidth), Int32(gridHeight))
        )
    }

    /// Chooses the region that the mask covers, in pixels of the frame.
    public mutating func prepare(frameWidth: Int, frameHeight: Int, x: Range<Int>, y: Range<Int>) {
        precondition(!x.isEmpty && !y.isEmpty, "the region is empty")
        precondition(x.lowerBound >= 0 && x.upperBound <= frameWidth, "the region leaves the frame")
        precondition(y.lowerBound >= 0 && y.upperBound <= frameHeight, "the region leaves the frame")
        precondition(frameWidth >= gridWidth && frameHeight >= gridHeight, "the grid is finer than the frame")
        precondition(frameWidth <= 32768 && frameHeight <= 32768, "frame sizes are 1...32768")
        tables = aegis_paster_prepare(
            memory.base,
            Int32(maskWidth),
            Int32(maskHeight),
            Int32(gridWidth),
            Int32(gridHeight),
            Int32(frameWidth),
            Int32(frameHeight),
            Int32(x.lowerBound),
            Int32(y.lowerBound),
            Int32(x.upperBound),
            Int32(y.upperBound)
        )
    }

    /// Combines the mask (values 0...1, row by row) with the grid by maximum; clear the grid before the first region.
    public mutating func run(mask: UnsafeBufferPointer<Float>, into grid: Grid<Float>) {
        precondition(mask.count == maskWidth * maskHeight, "the mask has another size")
        precondition(grid.width == gridWidth && grid.height == gridHeight, "the grid has another size")
        precondition(tables != nil, "no region was prepared")
        aegis_paster_run(tables, mask.baseAddress, grid.base)
    }

    /// As above, for a mask that is a plane (a turned one, for instance).
    public mutating func run(mask: Grid<Float>, into grid: Grid<Float>) {
        precondition(mask.width == maskWidth && mask.height == maskHeight, "the mask has another size")
        run(mask: UnsafeBufferPointer(mask.samples), into: grid)
    }
}
