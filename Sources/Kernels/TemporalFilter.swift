internal import CKernels

/// Steadies the mask over time: it adapts where the guide changed, and slowly elsewhere.
public struct TemporalFilter: ~Copyable {
    /// The filter's constants; the defaults are the specification's.
    public struct Parameters: Sendable {
        /// Smallest adaption once enough frames were seen.
        public var minimum: Float = 0.12
        /// Guide difference (0...255) at which adaption begins.
        public var low: Float = 2.5
        /// Guide difference at which adaption is complete.
        public var high: Float = 7
        /// Weight of chroma differences.
        public var chromaWeight: Float = 1.5

        /// The specification's constants.
        public init() {}
    }

    /// The filtered mask m, 0...1.
    public let mask: Grid<Float>

    /// The last step's k, 0...1: how far each cell moved to the newest mask.
    public let adaption: Grid<Float>

    private let parameters: Parameters
    private let reference: GridImage<Float>
    private let scratch: KernelMemory
    private var frameNumber = 0

    /// Creates the filter in its reset state.
    public init(width: Int, height: Int, hasChroma: Bool, parameters: Parameters = Parameters()) {
        self.parameters = parameters
        mask = Grid(width: width, height: height, repeating: 0)
        adaption = Grid(width: width, height: height, repeating: 1)
        reference = GridImage(width: width, height: height, hasChroma: hasChroma, repeating: 0)
        scratch = KernelMemory(byteCount: aegis_temporal_scratch_size(Int32(width), Int32(height)))
    }

    /// Forgets everything, as after a cut; the next update starts from its own mask.
    public mutating func reset() {
        frameNumber = 0
    }

    /// Whether the next ``update(guide:current:)`` will be the first after a reset.
    public var isReset: Bool { frameNumber == 0 }

    /// One step: moves ``mask`` towards `current` and sets ``adaption``.
    ///
    /// - Parameters:
    ///   - guide: The full-range guide of this frame.
    ///   - current: The pasted masks of this frame, 0...1.
    public mutating func update(guide: GridImage<UInt8>, current: Grid<Float>) {
        mask.requireSameSize(as: guide.y)
        mask.requireSameSize(as: current)
        precondition(guide.hasChroma == reference.hasChroma, "the guide's chroma came or went")
        // The number only sets the floor 1/n, which stops mattering long before.
        frameNumber = min(frameNumber + 1, 1_000_000)
        var constants = aegis_temporal_parameters(
            minimum: parameters.minimum,
            low: parameters.low,
            high: parameters.high,
            chroma_weight: parameters.chromaWeight
        )
        aegis_temporal_update(
            &constants,
            Int32(mask.width),
            Int32(mask.height),
            Int32(frameNumber),
            guide.y.base,
            guide.u?.base,
            guide.v?.base,
            current.base,
            reference.y.base,
            reference.u?.base,
            reference.v?.base,
            mask.base,
            adaption.base,
            scratch.base
        )
    }
}
