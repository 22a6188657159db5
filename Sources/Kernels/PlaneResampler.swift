internal import CKernels

/// Resamples planes of one size to another, separably and in single precision.
///
/// Steps above 1 stretch the filter, so that nothing aliases. Holds tables and scratch rows, so it serves one thread at a
/// time. All variants give the same bits.
///
/// Source: C. Duchon, "Lanczos filtering in one and two dimensions", 1979; R. Keys, "Cubic convolution interpolation for
/// digital image processing", 1981.
public struct PlaneResampler: ~Copyable {
    /// The shape of the filter.
    public enum Filter: Sendable {
        /// sinc(x) sinc(x / 3): the sharpest that enlarging takes without much ringing.
        case lanczos3
        /// Keys' cubic with a = -0.5: what "bicubic, antialiased" means in the literature on super-resolution.
        case bicubic
    }

    /// Where the samples of the result lie on one axis: number `i` at `origin + i * step` in samples of the source.
    public struct Axis: Sendable, Equatable {
        /// Samples of the source.
        public var sourceCount: Int
        /// Samples of the result.
        public var count: Int
        /// Position of the result's first sample; 0 is the centre of the source's first one.
        public var origin: Double
        /// Distance of the result's samples.
        public var step: Double

        /// Places samples anywhere.
        public init(sourceCount: Int, count: Int, origin: Double, step: Double) {
            self.sourceCount = sourceCount
            self.count = count
            self.origin = origin
            self.step = step
        }

        /// Lays both rows of samples over the same picture, edge on edge.
        public init(from sourceCount: Int, to count: Int) {
            let step = Double(sourceCount) / Double(count)
            self.init(sourceCount: sourceCount, count: count, origin: step / 2 - 0.5, step: step)
        }
    }

    /// The horizontal axis.
    public let horizontal: Axis
    /// The vertical axis.
    public let vertical: Axis
    private let memory: KernelMemory
    private let tables: OpaquePointer

    /// Makes tables.
    public init(_ horizontal: Axis, _ vertical: Axis, filter: Filter) {
        for axis in [horizontal, vertical] {
            precondition(
                (1...65536).contains(axis.sourceCount) && (1...65536).contains(axis.count),
                "sizes are positive"
            )
            precondition(axis.step > 1 / 64 && axis.step <= 64, "sizes differ by at most 64 times")
            precondition(abs(axis.origin) <= 128, "the result begins near the source")
        }
        self.horizontal = horizontal
        self.vertical = vertical
        var resampling = aegis_resampling(
            in_width: Int32(horizontal.sourceCount),
            in_height: Int32(vertical.sourceCount),
            out_width: Int32(horizontal.count),
            out_height: Int32(vertical.count),
            origin_x: horizontal.origin,
            step_x: horizontal.step,
            origin_y: vertical.origin,
            step_y: vertical.step,
            filter: filter == .lanczos3 ? AEGIS_FILTER_LANCZOS3 : AEGIS_FILTER_BICUBIC
        )
        memory = KernelMemory(byteCount: aegis_resampler_size(&resampling))
        tables = aegis_resampler_prepare(memory.base, &resampling)
    }

    /// destination = resampled source.
    ///
    /// - Parameters:
    ///   - source: a plane of the source's size.
    ///   - destination: a plane of the result's size; integer samples are rounded and clamped.
    ///   - peak: the greatest code value of an integer destination.
    ///   - rows: the destination's rows that are made; all by default.
    public mutating func run(
        _ source: SamplePlane,
        into destination: SamplePlane,
        peak: Int = 255,
        rows: Range<Int>? = nil
    ) {
        run(source, AEGIS_RESAMPLER_STORE, nil, destination, peak, rows)
    }

    /// destination = base + resampled source, where `base` is a float plane of the result's size.
    public mutating func run(
        _ source: SamplePlane,
        addedTo base: SamplePlane,
        into destination: SamplePlane,
        peak: Int = 255,
        rows: Range<Int>? = nil
    ) {
        precondition(base.kind == .float32, "the base is a plane of floats")
        run(source, AEGIS_RESAMPLER_ADD, base, destination, peak, rows)
    }

    /// destination = minuend - resampled source, where `minuend` has the result's size and any kind of samples.
    public mutating func run(
        _ source: SamplePlane,
        subtractedFrom minuend: SamplePlane,
        into destination: SamplePlane,
        rows: Range<Int>? = nil
    ) {
        precondition(destination.kind == .float32, "differences are floats")
        run(source, AEGIS_RESAMPLER_SUBTRACT, minuend, destination, 0, rows)
    }

    private func run(
        _ source: SamplePlane,
        _ mode: aegis_resampler_mode,
        _ other: SamplePlane?,
        _ destination: SamplePlane,
        _ peak: Int,
        _ rows: Range<Int>?
    ) {
        precondition(source.width == horizontal.sourceCount && source.height == vertical.sourceCount, "another source")
        precondition(destination.width == horizontal.count && destination.height == vertical.count, "another result")
        precondition(other?.hasSize(of: destination) ?? true, "the other plane has another size than the result")
        let rows = rows ?? 0..<destination.height
        precondition(rows.lowerBound >= 0 && rows.upperBound <= destination.height, "rows outside the result")
        var (from, to) = (source.c, destination.c)
        var third = other?.c ?? to
        aegis_resampler_run(
            tables,
            &from,
            mode,
            &third,
            Float(peak),
            &to,
            Int32(rows.lowerBound),
            Int32(rows.upperBound)
        )
    }
}
