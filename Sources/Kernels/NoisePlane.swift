internal import CKernels

/// A plane of a frame as the noise filter works on it: 12-bit signed samples with mirrored padding.
///
/// A reference type, like ``Grid``: confined to one thread at a time by its owner.
public final class NoisePlane {
    /// Samples per row.
    public let width: Int
    /// Number of rows.
    public let height: Int
    private let memory: KernelMemory
    var c: aegis_noise_plane

    /// Reserves memory; the samples are undefined.
    public init(width: Int, height: Int) {
        precondition((1...32768).contains(width) && (1...32768).contains(height), "sizes are 1...32768")
        self.width = width
        self.height = height
        memory = KernelMemory(byteCount: aegis_noise_plane_size(Int32(width), Int32(height)))
        c = aegis_noise_plane_make(memory.base, Int32(width), Int32(height))
    }

    /// Reads a plane of a frame.
    ///
    /// - Parameters:
    ///   - plane: its first sample.
    ///   - stride: distance of two rows in bytes; may be negative.
    ///   - depth: significant low bits: 8 in a byte; 9 to 12 in two.
    public func load(_ plane: UnsafeRawPointer, stride: Int, depth: Int) {
        precondition((8...12).contains(depth), "samples have 8 to 12 bits")
        aegis_noise_load(&c, plane, stride, depth == 8 ? 1 : 2, Int32(depth))
    }

    /// The samples without the padding, row by row: (value - half of the range) * 2^(12 - depth).
    public var values: [Int16] {
        (0..<height).flatMap { row in
            Array(UnsafeBufferPointer(start: c.base + row * c.stride, count: width))
        }
    }
}

/// Finds out how noisy planes are. Holds scratch, so it serves one thread at a time.
public struct NoiseMeter: ~Copyable {
    private let scratch = KernelMemory(byteCount: Int(AEGIS_NOISE_MEASURE_SCRATCH))

    /// Reserves scratch.
    public init() {}

    /// The standard deviation of a plane's noise in code values of 8 bits, whatever its depth.
    ///
    /// - Parameters:
    ///   - plane: the plane.
    ///   - range: the ends of its range at 8 bits: noise at an end is cut off and says nothing.
    /// - Returns: `nil` where no block of 16×16 samples can tell: everything is constant or cut off, or too small.
    public mutating func deviation(of plane: NoisePlane, range: ClosedRange<Int>) -> Float? {
        let result = aegis_noise_measure(&plane.c, Int32(range.lowerBound), Int32(range.upperBound), scratch.base)
        return result < 0 ? nil : Float(result) / 256
    }
}
