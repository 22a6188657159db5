internal import CKernels

/// Warps planes by affine transforms that are near to standing still, with interpolation over six samples.
///
/// Holds scratch, so it serves one thread at a time.
public struct PlaneWarper: ~Copyable {
    /// Where the samples of the result come from: the source position of the result's sample (X, Y), in samples.
    public struct Transform: Equatable, Sendable {
        /// x = `xx` X + `xy` Y + `x0`.
        public var xx: Double, xy: Double, x0: Double
        /// y = `yx` X + `yy` Y + `y0`.
        public var yx: Double, yy: Double, y0: Double

        /// Makes a transform.
        public init(xx: Double, xy: Double, x0: Double, yx: Double, yy: Double, y0: Double) {
            (self.xx, self.xy, self.x0) = (xx, xy, x0)
            (self.yx, self.yy, self.y0) = (yx, yy, y0)
        }

        /// Whether the kernels can do it: scales of 0.7 to 1.2, shears up to 0.2, finite offsets.
        public var isSupported: Bool {
            (0.7...1.2).contains(xx) && (0.7...1.2).contains(yy) && abs(xy) <= 0.2 && abs(yx) <= 0.2
                && x0.isFinite && y0.isFinite
        }
    }

    /// What lies outside of a plane.
    public enum Border: Equatable, Sendable {
        /// The plane's nearest sample.
        case `repeat`
        /// The plane, mirrored at its outermost samples.
        case mirror
        /// One value.
        case value(Int)
    }

    private let scratch = KernelMemory(byteCount: aegis_warp_scratch_size())

    /// Reserves scratch.
    public init() {}

    /// Warps one plane into another of the same size.
    ///
    /// - Parameters:
    ///   - source: The first sample of the plane.
    ///   - sourceStride: Distance of its rows in bytes.
    ///   - destination: The first sample of the result; does not overlap the source.
    ///   - destinationStride: Distance of its rows in bytes.
    ///   - width: Samples in a row.
    ///   - height: Rows.
    ///   - depth: Significant bits: 8 with one byte a sample, more with two.
    ///   - transform: Where samples come from; must be supported.
    ///   - border: What lies outside.
    public mutating func warp(
        _ source: UnsafeRawPointer,
        stride sourceStride: Int,
        into destination: UnsafeMutableRawPointer,
        stride destinationStride: Int,
        width: Int,
        height: Int,
        depth: Int,
        transform: Transform,
        border: Border
    ) {
        let bytes = depth > 8 ? 2 : 1
        precondition((1...32768).contains(width) && (1...32768).contains(height), "plane sizes are 1...32768")
        precondition((8...16).contains(depth), "samples have 8 to 16 bits")
        precondition(sourceStride >= width * bytes && destinationStride >= width * bytes, "a stride is too short")
        precondition(transform.isSupported, "the transform is too far from standing still")
        var warp = aegis_warp()
        (warp.width, warp.height) = (Int32(width), Int32(height))
        (warp.bytes_per_sample, warp.depth) = (Int32(bytes), Int32(depth))
        switch border {
        case .repeat: warp.border = AEGIS_BORDER_REPEAT
        case .mirror: warp.border = AEGIS_BORDER_MIRROR
        case .value(let value):
            warp.border = AEGIS_BORDER_VALUE
            warp.border_value = Int32(value)
        }
        (warp.xx, warp.xy, warp.x0) = (transform.xx, transform.xy, transform.x0)
        (warp.yx, warp.yy, warp.y0) = (transform.yx, transform.yy, transform.y0)
        aegis_warp_plane(&warp, source, sourceStride, destination, destinationStride, scratch.base)
    }
}
