internal import CKernels

/// Luma of a frame at falling sizes, each level half of the one before it (rounded down), 8 bits.
public final class LumaPyramid {
    /// The planes, largest first.
    public let levels: [Grid<UInt8>]

    /// Reserves planes.
    ///
    /// - Parameters:
    ///   - width: Columns of the largest plane.
    ///   - height: Its rows.
    ///   - smallestSide: Levels are added while both sides of the next one are at least this long.
    public init(width: Int, height: Int, smallestSide: Int = 36) {
        var levels = [Grid<UInt8>(width: width, height: height, repeating: 0)]
        var (nextWidth, nextHeight) = (width / 2, height / 2)
        while levels.count < Int(AEGIS_PYRAMID_LEVELS), min(nextWidth, nextHeight) >= max(1, smallestSide) {
            levels.append(Grid(width: nextWidth, height: nextHeight, repeating: 0))
            (nextWidth, nextHeight) = (nextWidth / 2, nextHeight / 2)
        }
        self.levels = levels
    }

    /// The largest plane: fill it, then call ``build()``.
    public var base: Grid<UInt8> { levels[0] }

    /// Fills the smaller planes from the largest one.
    public func build() {
        for (larger, smaller) in zip(levels, levels.dropFirst()) {
            aegis_halve(larger.base, Int32(larger.width), Int32(larger.height), smaller.base)
        }
    }

    /// The planes as the kernels see them.
    var c: aegis_pyramid {
        var result = aegis_pyramid()
        result.levels = Int32(levels.count)
        withUnsafeMutableBytes(of: &result.width) { widths in
            for (index, level) in levels.enumerated() {
                widths.storeBytes(of: Int32(level.width), toByteOffset: 4 * index, as: Int32.self)
            }
        }
        withUnsafeMutableBytes(of: &result.height) { heights in
            for (index, level) in levels.enumerated() {
                heights.storeBytes(of: Int32(level.height), toByteOffset: 4 * index, as: Int32.self)
            }
        }
        withUnsafeMutableBytes(of: &result.plane) { planes in
            let stride = MemoryLayout<UnsafeRawPointer?>.stride
            for (index, level) in levels.enumerated() {
                planes.storeBytes(
                    of: UnsafeRawPointer(level.base),
                    toByteOffset: stride * index,
                    as: UnsafeRawPointer?.self
                )
            }
        }
        return result
    }
}
