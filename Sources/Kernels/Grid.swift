/// A dense plane of samples that the kernels read and write: guide, masks, coefficients, network input.
///
/// A reference type, so that a stage can hand several of its planes to one kernel without exclusivity conflicts.
/// Confined to one thread at a time by its owner.
public final class Grid<Sample: BitwiseCopyable> {
    /// Samples per row.
    public let width: Int

    /// Number of rows.
    public let height: Int

    /// All samples, row by row, without padding.
    ///
    /// Valid as long as the grid lives, which may end after its last use: keep the grid in a property, or ask for
    /// ``values`` instead.
    public let samples: UnsafeMutableBufferPointer<Sample>

    /// Creates a plane filled with one value.
    ///
    /// - Precondition: Both sizes are positive.
    public init(width: Int, height: Int, repeating value: Sample) {
        precondition(width > 0 && height > 0, "a grid has at least one sample")
        self.width = width
        self.height = height
        // Aligned to cache lines, so that rows of usual widths start on vector boundaries.
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: width * height * MemoryLayout<Sample>.stride,
            alignment: 64
        )
        samples = UnsafeMutableBufferPointer(
            start: raw.initializeMemory(as: Sample.self, repeating: value, count: width * height),
            count: width * height
        )
    }

    deinit {
        samples.baseAddress.map { UnsafeMutableRawPointer($0).deallocate() }
    }

    /// Number of samples.
    public var count: Int { samples.count }

    /// The sample in a column and row.
    public subscript(x: Int, y: Int) -> Sample {
        get {
            precondition(x >= 0 && x < width && y >= 0 && y < height, "outside the grid")
            return samples[y * width + x]
        }
        set {
            precondition(x >= 0 && x < width && y >= 0 && y < height, "outside the grid")
            samples[y * width + x] = newValue
        }
    }

    /// A copy of all samples, row by row.
    public var values: [Sample] { Array(samples) }

    /// Sets every sample.
    public func fill(_ value: Sample) {
        // Bytes, not values: this class is generic and other modules call it, so that a loop over values would go through
        // the type's witness table sample by sample.
        samples[0] = value
        let raw = UnsafeMutableRawPointer(base)
        let size = count * MemoryLayout<Sample>.stride
        var done = MemoryLayout<Sample>.stride
        while done < size {
            let next = min(done, size - done)
            (raw + done).copyMemory(from: raw, byteCount: next)
            done += next
        }
    }

    /// Takes over all samples of a plane of the same size.
    public func copy(from other: Grid<Sample>) {
        requireSameSize(as: other)
        UnsafeMutableRawPointer(base).copyMemory(from: other.base, byteCount: count * MemoryLayout<Sample>.stride)
    }

    var base: UnsafeMutablePointer<Sample> {
        // Never empty: `init` requires at least one sample.
        samples.baseAddress.unsafelyUnwrapped
    }

    func requireSameSize<Other>(as other: Grid<Other>) {
        precondition(width == other.width && height == other.height, "planes of one call have one size")
    }
}

/// Three grids of one size, Y, U and V, or Y alone for gray pictures.
public struct GridImage<Sample: BitwiseCopyable> {
    /// Luma.
    public let y: Grid<Sample>

    /// Chroma: both or none.
    public let u: Grid<Sample>?, v: Grid<Sample>?

    /// Creates the planes filled with one value.
    public init(width: Int, height: Int, hasChroma: Bool, repeating value: Sample) {
        y = Grid(width: width, height: height, repeating: value)
        u = hasChroma ? Grid(width: width, height: height, repeating: value) : nil
        v = hasChroma ? Grid(width: width, height: height, repeating: value) : nil
    }

    /// Samples per row.
    public var width: Int { y.width }

    /// Number of rows.
    public var height: Int { y.height }

    /// Whether there is chroma.
    public var hasChroma: Bool { u != nil }

    /// Takes over all planes of an image of the same size.
    public func copy(from other: GridImage<Sample>) {
        y.copy(from: other.y)
        if let u, let v, let otherU = other.u, let otherV = other.v {
            u.copy(from: otherU)
            v.copy(from: otherV)
        }
    }

    func requireSize<Other>(of other: Grid<Other>) {
        y.requireSameSize(as: other)
    }
}
