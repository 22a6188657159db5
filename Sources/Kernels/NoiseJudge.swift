internal import CKernels

/// A plane of a frame to read; the pointer is borrowed for one call.
public struct NoiseSamples {
    /// Its first sample.
    public let base: UnsafeRawPointer
    /// Distance of two rows in bytes.
    public let stride: Int

    /// Borrows a plane.
    public init(_ base: UnsafeRawPointer, stride: Int) {
        self.base = base
        self.stride = stride
    }

    var c: aegis_noise_samples { aegis_noise_samples(base: base, stride: stride) }
}

/// Judges a noise filter on planes of one size, without knowing what they look like without noise.
///
/// The plane is disturbed twice with opposite noise of the same deviation as its own; one copy is filtered, the other
/// judges. The noise of both copies is uncorrelated, so what they differ by on average is the error that the filter
/// left plus the judge's own, known, variance (T. Pang et al., "Recorrupted-to-Recorrupted: Unsupervised Deep Learning
/// for Image Denoising", CVPR 2021). Not for the frames of a stream: nothing here is tuned for speed.
public struct NoiseJudge: Sendable {
    /// Size of the planes in samples.
    public let width: Int, height: Int
    /// Significant bits of their samples, 8 to 12.
    public let depth: Int
    private var bytesPerSample: Int32 { depth == 8 ? 1 : 2 }

    /// A judge for planes of a size and depth.
    public init(width: Int, height: Int, depth: Int) {
        precondition(width > 0 && height > 0 && (8...12).contains(depth), "size or depth")
        (self.width, self.height, self.depth) = (width, height, depth)
    }

    /// Sums over samples that noise did not drive to the ends of the range.
    public struct Sums: Sendable, Equatable {
        /// Samples.
        public var count = 0.0
        /// Squares of the noise that was added.
        public var added = 0.0
        /// Squares of the difference between filtered copy and judging copy.
        public var crossed = 0.0

        /// Nothing yet.
        public init() {}

        /// Adds those of another plane.
        public mutating func add(_ other: Sums) {
            count += other.count
            added += other.added
            crossed += other.crossed
        }
    }

    /// Adds reproducible, nearly Gaussian noise.
    ///
    /// - Parameters:
    ///   - source: the plane.
    ///   - deviation: standard deviation in code values of 8 bits.
    ///   - seed: the same seed gives the same noise.
    ///   - destination: first sample of the result; may be the source.
    ///   - stride: distance of its rows in bytes.
    public func disturb(
        _ source: NoiseSamples,
        deviation: Double,
        seed: UInt64,
        into destination: UnsafeMutableRawPointer,
        stride: Int
    ) {
        aegis_noise_disturb(
            source.c,
            Int32(width),
            Int32(height),
            bytesPerSample,
            Int32(depth),
            deviation * unit,
            seed,
            destination,
            stride
        )
    }

    /// Compares a filtered plane with the copy that judges.
    ///
    /// - Parameters:
    ///   - original: the plane.
    ///   - disturbed: the same with noise added.
    ///   - filtered: what the filter made of that.
    ///   - deviation: of that noise, in code values of 8 bits.
    /// - Returns: sums in code values of 8 bits.
    public func judge(
        original: NoiseSamples,
        disturbed: NoiseSamples,
        filtered: NoiseSamples,
        deviation: Double
    ) -> Sums {
        let result = aegis_noise_judge(
            original.c,
            disturbed.c,
            filtered.c,
            Int32(width),
            Int32(height),
            bytesPerSample,
            Int32(depth),
            4 * deviation * unit
        )
        var sums = Sums()
        sums.count = result.count
        sums.added = result.added / (unit * unit)
        sums.crossed = result.crossed / (unit * unit)
        return sums
    }

    /// How much of the gradient at clear edges is left: products with the gradient of the copy that judges, so that noise
    /// counts on neither side.
    ///
    /// - Parameters:
    ///   - original: the plane.
    ///   - disturbed: the same with noise added.
    ///   - filtered: what the filter made of that.
    ///   - deviation: of that noise, in code values of 8 bits.
    /// - Returns: sums before and after the filter; (0, 0) without edges.
    public func edges(
        original: NoiseSamples,
        disturbed: NoiseSamples,
        filtered: NoiseSamples,
        deviation: Double
    ) -> (before: Double, after: Double) {
        var sums = (before: 0.0, after: 0.0)
        // The judging copy's noise is the square root of 2 as strong, a Sobel gradient's the square root of 12 times.
        let limit = max(64, 20 * deviation) * unit
        aegis_noise_edges(
            original.c,
            disturbed.c,
            filtered.c,
            Int32(width),
            Int32(height),
            bytesPerSample,
            limit,
            &sums.before,
            &sums.after
        )
        return sums
    }

    /// One code value of 8 bits.
    private var unit: Double { Double(1 << (depth - 8)) }
}
