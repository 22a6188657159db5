internal import CKernels

/// The low-resolution part of the fast guided filter (He, Sun 2015): colour guide, two passes, radius 4.
public struct GuidedFilter: ~Copyable {
    /// The filter's constants; the defaults are the specification's.
    public struct Parameters: Sendable {
        /// Regularisation for a guide in 0...1.
        public var epsilon: Float = 3e-4
        /// Weight of chroma in the guide.
        public var chromaWeight: Float = 1.5
        /// Pass 1 starts from the mask stretched from `hard ... 1 - hard`.
        public var hard: Float = 0.15
        /// Pass 2 starts from the first line stretched from this value ...
        public var middleLow: Float = 0.12
        /// ... to this one.
        public var middleHigh: Float = 0.8

        /// The specification's constants.
        public init() {}
    }

    /// The value of 1 in ``Lines/input2``.
    public static let one = UInt16(AEGIS_GUIDED_ONE)

    /// The result: a line `a0 Y + a1 U + a2 V + b` per cell, for (Y, 1.5 U, 1.5 V) / 255.
    public struct Lines {
        /// Slopes over luma and weighted chroma.
        public let a0: Grid<Float>, a1: Grid<Float>, a2: Grid<Float>
        /// Offset.
        public let b: Grid<Float>
        /// What pass 2 started from, `0...GuidedFilter.one`; tiles are classified by it.
        public let input2: Grid<UInt16>

        init(width: Int, height: Int) {
            a0 = Grid(width: width, height: height, repeating: 0)
            a1 = Grid(width: width, height: height, repeating: 0)
            a2 = Grid(width: width, height: height, repeating: 0)
            b = Grid(width: width, height: height, repeating: 0)
            input2 = Grid(width: width, height: height, repeating: 0)
        }
    }

    /// The last run's result.
    public let lines: Lines

    /// The filter's constants.
    public let parameters: Parameters

    private let scratch: KernelMemory

    /// Reserves results and scratch for one grid size.
    public init(width: Int, height: Int, parameters: Parameters = Parameters()) {
        precondition(parameters.epsilon >= 1e-4, "a smaller epsilon leaves the fixed-point range")
        precondition(parameters.hard >= 0 && parameters.hard < 0.5, "the stretch is empty")
        precondition(parameters.middleHigh > parameters.middleLow, "the stretch is empty")
        self.parameters = parameters
        lines = Lines(width: width, height: height)
        scratch = KernelMemory(byteCount: aegis_guided_scratch_size(Int32(width), Int32(height)))
    }

    /// Fits ``lines`` to a mask (the spec's p, 0...1) on a full-range guide.
    public mutating func run(guide: GridImage<UInt8>, mask: Grid<Float>) {
        lines.a0.requireSameSize(as: guide.y)
        lines.a0.requireSameSize(as: mask)
        var constants = aegis_guided_parameters(
            epsilon: parameters.epsilon,
            chroma_weight: parameters.chromaWeight,
            hard: parameters.hard,
            middle_low: parameters.middleLow,
            middle_high: parameters.middleHigh
        )
        aegis_guided_filter(
            &constants,
            Int32(mask.width),
            Int32(mask.height),
            guide.y.base,
            guide.u?.base,
            guide.v?.base,
            mask.base,
            lines.a0.base,
            lines.a1.base,
            lines.a2.base,
            lines.b.base,
            lines.input2.base,
            scratch.base
        )
    }
}
