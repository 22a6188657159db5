internal import CKernels

/// Removes noise from planes: shrinks the coefficients of a cosine transform over space and time.
///
/// See `aegis_noise.h` for the method. Holds scratch, so it serves one thread at a time.
public struct NoiseFilter: ~Copyable {
    /// The most frames on each side of the one that is filtered.
    public static let largestRadius = Int(AEGIS_NOISE_RADIUS)

    /// How a plane is filtered.
    public struct Parameters {
        var c = aegis_noise_filter_parameters()

        /// Works out the constants of the transform in time.
        ///
        /// - Parameters:
        ///   - before: how many different frames there are before the middle one, at most ``NoiseFilter/largestRadius``.
        ///   - after: how many after it. At distances where there is one on one side only, it stands on both; without
        ///     any, the plane is filtered in space alone.
        ///   - step: distance of blocks, 4 or 2.
        ///   - deviation: standard deviation of the noise in code values of 8 bits.
        ///   - limit: coefficients up to this many deviations are noise.
        ///   - grain: share of the removed part that is put back, below 1.
        ///   - depth: significant bits of the frame's samples, 8 to 12.
        ///   - range: samples inside stay inside, in code values of 8 bits.
        public init(
            before: Int,
            after: Int,
            step: Int,
            deviation: Float,
            limit: Float,
            grain: Float = 0,
            depth: Int,
            range: ClosedRange<Int> = 0...255
        ) {
            let radius = max(before, after)
            precondition(min(before, after) >= 0 && radius <= NoiseFilter.largestRadius, "radius")
            precondition(step == 2 || step == 4, "step")
            precondition((0..<1).contains(grain) && deviation >= 0 && limit >= 0 && (8...12).contains(depth))
            c.radius = Int32(radius)
            c.step = Int32(step)
            c.depth = Int32(depth)
            c.bytes_per_sample = depth == 8 ? 1 : 2
            c.grain = Int16(grain * 32768)
            c.lowest = Int16(range.lowerBound * 16 - 2048)
            c.highest = range.upperBound >= 255 ? 2047 : Int16(range.upperBound * 16 - 2048)
            for function in 0...radius {
                var variance = 0.0
                for distance in 0...radius {
                    let weight = aegis_noise_weight(c.radius, Int32(function), Int32(distance))
                    if distance > 0 {
                        set(\.weights, function * NoiseFilter.largestRadius + distance - 1, weight * 32768)
                    }
                    // A frame that stands on both sides brings the same noise twice.
                    variance += (distance == 0 ? 1 : distance <= min(before, after) ? 2 : 4) * weight * weight
                }
                // Higher functions hold what does not fit its neighbours, so less of it is picture: measured optimum.
                let units = Double(deviation * limit) * 16 * variance.squareRoot() * (function == 0 ? 1 : 1.15)
                set(\.limits, function, units)
            }
        }

        /// Sets a number of a C array, which Swift sees as a tuple.
        private mutating func set<Numbers>(
            _ numbers: WritableKeyPath<aegis_noise_filter_parameters, Numbers>,
            _ index: Int,
            _ value: Double
        ) {
            withUnsafeMutableBytes(of: &c[keyPath: numbers]) {
                $0.storeBytes(of: Int16(min(value.rounded(), 32767)), toByteOffset: 2 * index, as: Int16.self)
            }
        }
    }

    private let width: Int
    private let scratch: KernelMemory

    /// Reserves scratch for planes up to a width.
    public init(width: Int) {
        self.width = width
        scratch = KernelMemory(byteCount: aegis_noise_filter_scratch_size(Int32(width)))
    }

    /// Filters a plane.
    ///
    /// - Parameters:
    ///   - parameters: how.
    ///   - plane: the plane.
    ///   - sums: for each distance in time how the two neighbours differ (``NoisePlane/add(_:_:to:along:)``).
    ///   - destination: first sample of a frame's plane of the same size.
    ///   - stride: distance of its rows in bytes.
    public mutating func run(
        _ parameters: Parameters,
        _ plane: NoisePlane,
        sums: [NoisePlane],
        into destination: UnsafeMutableRawPointer,
        stride: Int
    ) {
        let radius = Int(parameters.c.radius)
        precondition(plane.width <= width && sums.count >= radius, "width or sums")
        for sum in sums.prefix(radius) {
            precondition(sum.width == plane.width && sum.height == plane.height, "planes have the same size")
        }
        let planes = (
            radius > 0 ? sums[0].c : plane.c, radius > 1 ? sums[1].c : plane.c, radius > 2 ? sums[2].c : plane.c
        )
        withUnsafePointer(to: parameters.c) { parameters in
            withUnsafeBytes(of: planes) {
                aegis_noise_filter(
                    parameters,
                    &plane.c,
                    $0.baseAddress?.assumingMemoryBound(to: aegis_noise_plane.self),
                    destination,
                    stride,
                    scratch.base
                )
            }
        }
    }
}

extension NoisePlane {
    /// Makes this plane the sum of what two frames, shifted along their motion, have more than a third.
    ///
    /// - Parameters:
    ///   - first: the frame that vectors lead to, unless they lead to the second.
    ///   - second: the other frame.
    ///   - current: the frame that vectors come from.
    ///   - motion: two fields, usually one to each frame.
    public func add(
        _ first: NoisePlane,
        _ second: NoisePlane,
        to current: NoisePlane,
        along motion: (MotionField, MotionField)
    ) {
        add(first, second, current, motion.0, isFirst: true)
        add(first, second, current, motion.1, isFirst: false)
    }

    private func add(
        _ first: NoisePlane,
        _ second: NoisePlane,
        _ current: NoisePlane,
        _ field: MotionField,
        isFirst: Bool
    ) {
        precondition(first.width == width && first.height == height, "planes have the same size")
        precondition(second.width == width && second.height == height, "planes have the same size")
        precondition(current.width == width && current.height == height, "planes have the same size")
        precondition(field.width == width && field.height == height, "the field is for another size")
        let planes = (first.c, second.c)
        withUnsafeBytes(of: planes) {
            aegis_noise_compensate(
                &c,
                &current.c,
                $0.baseAddress?.assumingMemoryBound(to: aegis_noise_plane.self),
                field.cells,
                isFirst
            )
        }
    }
}
