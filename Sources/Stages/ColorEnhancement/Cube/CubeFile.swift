/// A colour look as `.cube` files hold it: three curves, a three-dimensional lattice, or curves before a lattice.
///
/// Source: Adobe, "Cube LUT Specification", version 1.0 (2013); the combination of both and `LUT_…_INPUT_RANGE` are
/// DaVinci Resolve's.
struct CubeFile: Sendable, Equatable {
    /// Points that lie evenly over a range of input.
    struct Table: Sendable, Equatable {
        /// Number of points along an axis.
        var size: Int
        /// The input of the first and of the last point.
        var low = SIMD3<Float>(repeating: 0), high = SIMD3<Float>(repeating: 1)
        /// The points; in a lattice red runs fastest.
        var points: [SIMD3<Float>] = []
    }

    /// What the file calls itself; empty when it does not say.
    var title = ""
    /// Curves, one a channel; applied first.
    var curves: Table?
    /// A lattice.
    var lattice: Table?

    /// The largest lattice that is read: 129³ points.
    static let largestLattice = 129
    /// The longest curve that is read.
    static let longestCurve = 65536

    /// The colour that a colour becomes: R'G'B', 0...1 and what lies around.
    ///
    /// Beyond the table's range the result goes on in parallel to the input, so that a table which changes nothing changes
    /// nothing there either.
    func map(_ color: SIMD3<Float>) -> SIMD3<Float> {
        var result = color
        if let curves { result = curves.inside(result) { curves.curve($0) } }
        if let lattice { result = lattice.inside(result) { lattice.tetrahedron($0) } }
        return result
    }
}

extension CubeFile.Table {
    /// Looks up the nearest colour of the range and adds what was cut off.
    fileprivate func inside(_ color: SIMD3<Float>, _ look: (SIMD3<Float>) -> SIMD3<Float>) -> SIMD3<Float> {
        let clamped = color.clamped(lowerBound: low, upperBound: high)
        return look((clamped - low) / (high - low) * Float(size - 1)) + (color - clamped)
    }

    /// Three curves, linear between points.
    fileprivate func curve(_ position: SIMD3<Float>) -> SIMD3<Float> {
        var result = SIMD3<Float>()
        for channel in 0..<3 {
            let first = min(Int(position[channel]), size - 2)
            let share = position[channel] - Float(first)
            result[channel] = points[first][channel] * (1 - share) + points[first + 1][channel] * share
        }
        return result
    }

    /// The cell's six tetrahedra meet on its grey diagonal, so that greys are interpolated from greys alone.
    fileprivate func tetrahedron(_ position: SIMD3<Float>) -> SIMD3<Float> {
        let (x, y, z) = (
            min(Int(position.x), size - 2), min(Int(position.y), size - 2), min(Int(position.z), size - 2)
        )
        let share = position - SIMD3(Float(x), Float(y), Float(z))
        let origin = (z * size + y) * size + x
        let (red, green, blue) = (1, size, size * size)
        // From the axis with the largest share to the one with the smallest.
        let (first, second, third): (Int, Int, Int)
        let (large, middle, small): (Float, Float, Float)
        if share.x >= share.y {
            if share.y >= share.z {
                (first, second, third) = (red, green, blue)
                (large, middle, small) = (share.x, share.y, share.z)
            } else if share.x >= share.z {
                (first, second, third) = (red, blue, green)
                (large, middle, small) = (share.x, share.z, share.y)
            } else {
                (first, second, third) = (blue, red, green)
                (large, middle, small) = (share.z, share.x, share.y)
            }
        } else if share.x >= share.z {
            (first, second, third) = (green, red, blue)
            (large, middle, small) = (share.y, share.x, share.z)
        } else if share.y >= share.z {
            (first, second, third) = (green, blue, red)
            (large, middle, small) = (share.y, share.z, share.x)
        } else {
            (first, second, third) = (blue, green, red)
            (large, middle, small) = (share.z, share.y, share.x)
        }
        let start = points[origin], one = points[origin + first]
        let two = points[origin + first + second], all = points[origin + first + second + third]
        return start * (1 - large) + one * (large - middle) + two * (middle - small) + all * small
    }
}
