internal import CKernels

/// Scales one rectangle of a frame plane to a small 8-bit plane: the guide, or the network's input.
///
/// Area mean where an axis shrinks, bilinear where it grows. Holds tables and a scratch row, so it serves one thread at
/// a time; one scaler per plane size and destination (luma and chroma planes need one each).
public struct PlaneScaler: ~Copyable {
    private let memory: KernelMemory
    private let maximumWidth: Int, maximumHeight: Int
    private let width: Int, height: Int
    private var planeWidth = 0, planeHeight = 0
    private var tables: OpaquePointer?

    /// Reserves memory for planes up to a size.
    public init(maximumWidth: Int, maximumHeight: Int, width: Int, height: Int) {
        precondition(maximumWidth > 0 && maximumHeight > 0 && width > 0 && height > 0, "sizes are positive")
        precondition(maximumWidth <= 32768 && maximumHeight <= 32768, "planes are at most 32768 wide and high")
        self.maximumWidth = maximumWidth
        self.maximumHeight = maximumHeight
        self.width = width
        self.height = height
        memory = KernelMemory(
            byteCount: aegis_scaler_size(Int32(maximumWidth), Int32(maximumHeight), Int32(width), Int32(height))
        )
    }

    /// Chooses the rectangle, in samples of the plane; may be fractional, is clamped to the plane.
    ///
    /// Takes about 20 microseconds, so it may be called whenever the rectangle moves. A chroma plane of an odd-sized
    /// frame is `Double(frameWidth) / 2` wide.
    public mutating func prepare(
        planeWidth: Int,
        planeHeight: Int,
        x: Double,
        y: Double,
        rectangleWidth: Double,
        rectangleHeight: Double
    ) {
        precondition((1...maximumWidth).contains(planeWidth) && (1...maximumHeight).contains(planeHeight))
        precondition(rectangleWidth > 0 && rectangleHeight > 0, "the rectangle is empty")
        precondition(
            x < Double(planeWidth) && y < Double(planeHeight) && x + rectangleWidth > 0 && y + rectangleHeight > 0,
            "the rectangle does not touch the plane"
        )
        self.planeWidth = planeWidth
        self.planeHeight = planeHeight
        tables = aegis_scaler_prepare(
            memory.base,
            Int32(planeWidth),
            Int32(planeHeight),
            x,
            y,
            rectangleWidth,
            rectangleHeight,
            Int32(width),
            Int32(height)
        )
    }

    /// Scales a plane with one component per sample.
    ///
    /// - Parameters:
    ///   - plane: The plane's first sample, not the rectangle's.
    ///   - stride: Distance of two rows in bytes.
    ///   - layout: Where bytes per sample, depth and shift come from.
    ///   - destination: A grid of this scaler's size.
    public mutating func run(
        plane: UnsafeRawPointer,
        stride: Int,
        layout: FrameLayout,
        into destination: Grid<UInt8>
    ) {
        precondition(destination.width == width && destination.height == height, "the destination has another size")
        precondition(stride >= planeWidth * layout.bytesPerSample, "the stride is shorter than a row")
        precondition(tables != nil, "no rectangle was prepared")
        aegis_scaler_run(
            tables,
            plane,
            stride,
            1,
            Int32(layout.bytesPerSample),
            Int32(layout.depth),
            Int32(layout.shift),
            destination.base,
            nil
        )
    }

    /// Scales a plane of interleaved pairs (nv12's chroma) to two planes.
    public mutating func run(
        interleavedPlane plane: UnsafeRawPointer,
        stride: Int,
        layout: FrameLayout,
        into first: Grid<UInt8>,
        _ second: Grid<UInt8>
    ) {
        precondition(first.width == width && first.height == height, "the destination has another size")
        first.requireSameSize(as: second)
        precondition(stride >= 2 * planeWidth * layout.bytesPerSample, "the stride is shorter than a row")
        precondition(tables != nil, "no rectangle was prepared")
        aegis_scaler_run(
            tables,
            plane,
            stride,
            2,
            Int32(layout.bytesPerSample),
            Int32(layout.depth),
            Int32(layout.shift),
            first.base,
            second.base
        )
    }
}
