internal import CKernels

/// How the samples of a frame lie in memory.
public struct FrameLayout: Equatable, Sendable {
    /// How chroma is stored.
    public enum Chroma: Equatable, Sendable {
        /// Gray.
        case none
        /// One plane of U, V pairs (nv12, p010).
        case interleaved(subsamplingX: Int, subsamplingY: Int)
        /// One plane each (yuv420p, yuv422p10, ...).
        case planar(subsamplingX: Int, subsamplingY: Int)
    }

    /// Size of the luma plane in pixels.
    public let width: Int, height: Int

    /// Bytes of one sample: 1 or 2 (little endian).
    public let bytesPerSample: Int

    /// Significant bits of a sample: 8 with one byte; 9, 10 or 12 with two.
    public let depth: Int

    /// Position of the lowest significant bit: 0; 6 for p010.
    public let shift: Int

    /// Where chroma is. Subsampling factors are 1 or 2.
    public let chroma: Chroma

    /// False for limited range (luma 16...235 at 8 bits).
    public let isFullRange: Bool

    /// Describes a frame; traps on combinations that the kernels do not know.
    public init(
        width: Int,
        height: Int,
        bytesPerSample: Int = 1,
        depth: Int = 8,
        shift: Int = 0,
        chroma: Chroma = .planar(subsamplingX: 2, subsamplingY: 2),
        isFullRange: Bool = false
    ) {
        precondition(width > 0 && height > 0 && width <= 32768 && height <= 32768, "frame sizes are 1...32768")
        precondition(
            (bytesPerSample == 1 && depth == 8 && shift == 0)
                || (bytesPerSample == 2 && (8...12).contains(depth) && shift >= 0 && shift + depth <= 16),
            "samples are 8 bits in a byte or 8 to 12 bits in two bytes"
        )
        self.width = width
        self.height = height
        self.bytesPerSample = bytesPerSample
        self.depth = depth
        self.shift = shift
        self.chroma = chroma
        self.isFullRange = isFullRange
        let (x, y) = subsampling
        precondition((x == 1 || x == 2) && (y == 1 || y == 2), "chroma is subsampled by 1 or 2")
    }

    /// Chroma subsampling factors; (1, 1) for gray.
    public var subsampling: (x: Int, y: Int) {
        switch chroma {
        case .none: (1, 1)
        case .interleaved(let x, let y), .planar(let x, let y): (x, y)
        }
    }

    /// Size of a chroma plane in samples (pairs if interleaved), rounded up.
    public var chromaWidth: Int { (width + subsampling.x - 1) / subsampling.x }

    /// Height of a chroma plane, rounded up.
    public var chromaHeight: Int { (height + subsampling.y - 1) / subsampling.y }

    /// Number of planes of a frame: 1 for gray, 2 if chroma is interleaved, else 3.
    public var planeCount: Int {
        switch chroma {
        case .none: 1
        case .interleaved: 2
        case .planar: 3
        }
    }

    /// Bytes that the samples of one row of a plane take.
    public func rowBytes(ofPlane index: Int) -> Int {
        if index == 0 { return width * bytesPerSample }
        return chromaWidth * bytesPerSample * (planeCount == 2 ? 2 : 1)
    }

    /// Number of rows of a plane.
    public func rows(ofPlane index: Int) -> Int {
        index == 0 ? height : chromaHeight
    }

    var c: aegis_layout {
        aegis_layout(
            width: Int32(width),
            height: Int32(height),
            bytes_per_sample: Int32(bytesPerSample),
            depth: Int32(depth),
            shift: Int32(shift),
            chroma_planes: Int32(planeCount - 1),
            chroma_shift_x: subsampling.x == 2 ? 1 : 0,
            chroma_shift_y: subsampling.y == 2 ? 1 : 0,
            full_range: isFullRange
        )
    }
}

/// The planes of a frame to read; the pointers are borrowed for one call.
public struct FramePlanes {
    /// First sample of each plane: Y; then UV, or U and V.
    public var base: (UnsafeRawPointer, UnsafeRawPointer?, UnsafeRawPointer?)

    /// Distance of two rows in bytes.
    public var stride: (Int, Int, Int)

    /// Borrows planes.
    public init(
        _ base: (UnsafeRawPointer, UnsafeRawPointer?, UnsafeRawPointer?),
        stride: (Int, Int, Int)
    ) {
        self.base = base
        self.stride = stride
    }

    func check(_ layout: FrameLayout) {
        precondition(stride.0 >= layout.rowBytes(ofPlane: 0), "the luma stride is shorter than a row")
        if layout.planeCount > 1 {
            precondition(base.1 != nil && stride.1 >= layout.rowBytes(ofPlane: 1), "chroma is missing or too narrow")
        }
        if layout.planeCount > 2 {
            precondition(base.2 != nil && stride.2 >= layout.rowBytes(ofPlane: 2), "chroma is missing or too narrow")
        }
    }

    var c: aegis_image {
        aegis_image(
            plane0: base.0,
            plane1: base.1,
            plane2: base.2,
            stride0: stride.0,
            stride1: stride.1,
            stride2: stride.2
        )
    }
}

/// The planes of a frame to write; the pointers are borrowed for one call.
public struct MutableFramePlanes {
    /// First sample of each plane: Y; then UV, or U and V.
    public var base: (UnsafeMutableRawPointer, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?)

    /// Distance of two rows in bytes.
    public var stride: (Int, Int, Int)

    /// Borrows planes.
    public init(
        _ base: (UnsafeMutableRawPointer, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?),
        stride: (Int, Int, Int)
    ) {
        self.base = base
        self.stride = stride
    }

    /// The same planes, to read.
    public var readable: FramePlanes {
        FramePlanes((UnsafeRawPointer(base.0), base.1.map { .init($0) }, base.2.map { .init($0) }), stride: stride)
    }

    var c: aegis_mutable_image {
        aegis_mutable_image(
            plane0: base.0,
            plane1: base.1,
            plane2: base.2,
            stride0: stride.0,
            stride1: stride.1,
            stride2: stride.2
        )
    }
}
