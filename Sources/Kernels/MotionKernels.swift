internal import CKernels

/// Kernels that find out how parts of a picture moved.
public enum MotionKernels {
    /// Side of the squares whose texture is measured, in samples.
    public static let textureBlock = Int(AEGIS_TEXTURE_BLOCK)
    /// Side of the patches that are tracked, in samples.
    public static let patchSide = Int(AEGIS_TRACKED_PATCH)
    /// The shortest side of a plane in which patches can be tracked.
    public static let smallestSide = Int(AEGIS_TRACKED_PATCH) + 2

    /// The texture of a square: sums of products of its gradients (central differences, not halved).
    public struct Texture: Equatable, Sendable {
        /// The sum of squared horizontal gradients.
        public var xx: Int32
        /// The sum of squared vertical gradients.
        public var yy: Int32
        /// The sum of their products.
        public var xy: Int32

        /// No texture.
        public static let flat = Texture(xx: 0, yy: 0, xy: 0)

        /// The texture of both squares together.
        public static func + (left: Texture, right: Texture) -> Texture {
            Texture(xx: left.xx + right.xx, yy: left.yy + right.yy, xy: left.xy + right.xy)
        }

        /// How well the square can be told from its neighbours in the least clear direction: the smaller eigenvalue.
        public var strength: Float {
            let (a, b, c) = (Float(xx), Float(xy), Float(yy))
            return ((a + c) - ((a - c) * (a - c) + 4 * b * b).squareRoot()) / 2
        }
    }

    /// A point that is followed from one frame to the next.
    public struct TrackedPoint: Equatable, Sendable {
        /// Column in the earlier frame, in samples of the pyramid's largest plane.
        public var x: Float
        /// Row in the earlier frame.
        public var y: Float
        /// How far it moved to the right; before tracking a guess.
        public var dx: Float
        /// How far it moved down; before tracking a guess.
        public var dy: Float
        /// The share of the patch's own contrast that is left as difference; 0 is a perfect match.
        public var residual: Float
        private var isTrackedFlag: Int32

        /// A point to be followed.
        public init(x: Float, y: Float, dx: Float = 0, dy: Float = 0) {
            (self.x, self.y, self.dx, self.dy) = (x, y, dx, dy)
            residual = 1
            isTrackedFlag = 0
        }

        /// Whether it could be followed.
        public var isTracked: Bool { isTrackedFlag != 0 }
    }

    /// Measures the texture of every whole block of a plane, row by row.
    ///
    /// - Parameters:
    ///   - plane: The plane.
    ///   - textures: Room for `(width / textureBlock) * (height / textureBlock)` blocks.
    ///   - scratch: Room for three rows.
    public static func measureTexture(
        _ plane: Grid<UInt8>,
        into textures: UnsafeMutableBufferPointer<Texture>,
        scratch: Grid<Int32>
    ) {
        precondition(textures.count == (plane.width / textureBlock) * (plane.height / textureBlock))
        precondition(scratch.count >= 3 * plane.width, "three rows of scratch are needed")
        guard let base = textures.baseAddress else { return }
        base.withMemoryRebound(to: Int32.self, capacity: 3 * textures.count) { sums in
            aegis_measure_texture(plane.base, Int32(plane.width), Int32(plane.height), sums, scratch.base)
        }
    }

    /// Takes the local brightness out of a plane, so that flashes and shadows do not matter: 128 plus the difference of
    /// each sample and the mean of the 7x7 samples around it.
    public static func flatten(_ source: Grid<UInt8>, into destination: Grid<UInt8>, scratch: Grid<Int32>) {
        source.requireSameSize(as: destination)
        precondition(scratch.count >= source.width, "a row of scratch is needed")
        precondition(source !== destination, "flattening does not work in place")
        aegis_flatten(source.base, Int32(source.width), Int32(source.height), destination.base, scratch.base)
    }

    /// Finds the whole-sample shift between two planes of one size with the least mean difference.
    ///
    /// - Returns: What is at (x, y) in `previous` is at (x + dx, y + dy) in `current`; and the mean absolute difference
    ///   in brightness levels.
    public static func findShift(
        from previous: Grid<UInt8>,
        to current: Grid<UInt8>,
        radius: Int
    ) -> (dx: Int, dy: Int, difference: Float) {
        previous.requireSameSize(as: current)
        var (dx, dy) = (Int32(0), Int32(0))
        let difference = aegis_find_shift(
            previous.base,
            current.base,
            Int32(previous.width),
            Int32(previous.height),
            Int32(radius),
            &dx,
            &dy
        )
        return (Int(dx), Int(dy), Float(difference) / 256)
    }

    /// Follows points from one frame to the next; a patch's mean brightness does not matter.
    public static func track(
        _ points: UnsafeMutableBufferPointer<TrackedPoint>,
        from previous: LumaPyramid,
        to current: LumaPyramid
    ) {
        previous.base.requireSameSize(as: current.base)
        precondition(previous.levels.count == current.levels.count, "both pyramids have one height")
        for level in previous.levels {
            precondition(min(level.width, level.height) >= smallestSide, "a plane is smaller than a patch")
        }
        guard let base = points.baseAddress else { return }
        var (from, to) = (previous.c, current.c)
        base.withMemoryRebound(to: aegis_tracked_point.self, capacity: points.count) { pointer in
            aegis_track_points(&from, &to, pointer, Int32(points.count))
        }
    }

    /// The mean of the squared differences of two planes of one size.
    public static func meanSquaredDifference(_ first: Grid<UInt8>, _ second: Grid<UInt8>) -> Double {
        first.requireSameSize(as: second)
        return Double(aegis_sum_squared_difference(first.base, second.base, first.count)) / Double(first.count)
    }
}
