internal import CKernels

/// A plane that resampling reads or writes; the pointer is borrowed for one call.
///
/// Values are code values (0...255, 0...1023 …) whatever the type of the samples is.
public struct SamplePlane {
    /// How a sample is stored.
    public enum Kind: Int, Sendable {
        /// One byte.
        case uint8 = 1
        /// Two bytes, little endian, the value in the low bits.
        case uint16 = 2
        /// IEEE 754 binary32.
        case float32 = 4
    }

    /// First sample of the first row.
    public let base: UnsafeMutableRawPointer
    /// Distance of two rows in bytes.
    public let stride: Int
    /// Samples per row.
    public let width: Int
    /// Number of rows.
    public let height: Int
    /// How a sample is stored.
    public let kind: Kind

    /// Borrows a plane to read and write.
    public init(_ base: UnsafeMutableRawPointer, stride: Int, width: Int, height: Int, kind: Kind) {
        precondition((1...65536).contains(width) && (1...65536).contains(height), "planes are 1 to 65536 wide and high")
        precondition(stride >= width * kind.rawValue, "the stride is shorter than a row")
        precondition(kind != .float32 || stride % 4 == 0, "rows of floats begin at multiples of 4 bytes")
        self.base = base
        self.stride = stride
        self.width = width
        self.height = height
        self.kind = kind
    }

    /// Borrows a plane that is only read.
    public init(reading base: UnsafeRawPointer, stride: Int, width: Int, height: Int, kind: Kind) {
        self.init(UnsafeMutableRawPointer(mutating: base), stride: stride, width: width, height: height, kind: kind)
    }

    var c: aegis_plane {
        aegis_plane(base: base, stride: stride, bytes_per_sample: Int32(kind.rawValue))
    }

    /// The plane's upper left part.
    public func cropped(width: Int, height: Int) -> SamplePlane {
        precondition(width <= self.width && height <= self.height, "the part is larger than the plane")
        return SamplePlane(base, stride: stride, width: width, height: height, kind: kind)
    }

    /// Whether another plane has the same size.
    func hasSize(of other: SamplePlane) -> Bool { width == other.width && height == other.height }

    /// The sum of squared differences to another plane of the same size and integer kind, over a rectangle.
    ///
    /// - Parameters:
    ///   - other: the other plane.
    ///   - x: columns of both that are compared, inside them.
    ///   - y: rows.
    public func squaredDifference(to other: SamplePlane, x: Range<Int>, y: Range<Int>) -> UInt64 {
        precondition(kind != .float32 && kind == other.kind, "only integer planes of one kind are compared")
        precondition(x.lowerBound >= 0 && y.lowerBound >= 0, "the rectangle begins outside the planes")
        precondition(x.upperBound <= min(width, other.width) && y.upperBound <= min(height, other.height))
        var (a, b) = (c, other.c)
        return aegis_plane_squared_difference(
            &a,
            &b,
            Int32(x.lowerBound),
            Int32(y.lowerBound),
            Int32(x.count),
            Int32(y.count)
        )
    }
}

/// A plane of floats in memory of its own, with rows on vector boundaries.
///
/// Confined to one thread at a time by its owner.
public final class FloatPlane {
    /// Samples per row.
    public let width: Int
    /// Number of rows.
    public let height: Int
    private let memory: KernelMemory
    private let stride: Int

    /// Makes a plane of zeros.
    public init(width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a plane has at least one sample")
        self.width = width
        self.height = height
        // A power of two would put all rows into the same few lines of the cache.
        let rowBytes = (width * 4 + 63) / 64 * 64
        stride = rowBytes % 4096 == 0 ? rowBytes + 64 : rowBytes
        memory = KernelMemory(byteCount: stride * height)
    }

    /// The plane; valid as long as this object lives.
    public var plane: SamplePlane {
        SamplePlane(memory.base, stride: stride, width: width, height: height, kind: .float32)
    }
}

/// A plane of integer samples in memory of its own.
///
/// Confined to one thread at a time by its owner.
public final class OwnedPlane {
    private let memory: KernelMemory
    private let width: Int
    private let height: Int
    private let kind: SamplePlane.Kind

    /// Makes a plane of zeros.
    public init(width: Int, height: Int, kind: SamplePlane.Kind) {
        precondition(width > 0 && height > 0, "a plane has at least one sample")
        self.width = width
        self.height = height
        self.kind = kind
        memory = KernelMemory(byteCount: width * height * kind.rawValue)
    }

    /// The plane; valid as long as this object lives.
    public var plane: SamplePlane {
        SamplePlane(memory.base, stride: width * kind.rawValue, width: width, height: height, kind: kind)
    }
}
