internal import CKernels

/// The guide without the person, blurred: the local background estimate, or the blur that replaces the background.
public struct BackgroundFilter: ~Copyable {
    /// The filter's constants.
    public struct Parameters: Sendable {
        /// Box radius in cells, 1...64.
        public var radius: Int
        /// Number of boxes, 1...4.
        public var passes: Int
        /// Radius of the wide box that fills large holes, 1...64.
        public var fillRadius = 60
        /// Share of the wide box.
        public var fillShare: Float = 0.01

        /// A blur of some radius and number of boxes.
        public init(radius: Int, passes: Int) {
            self.radius = radius
            self.passes = passes
        }

        /// The local estimate that the edge's colours are cleaned with.
        public static var estimate: Parameters { Parameters(radius: 4, passes: 2) }

        /// The blur mode; 9 looks strong.
        public static func blur(strength: Int) -> Parameters { Parameters(radius: strength, passes: 3) }

        var c: aegis_background_parameters {
            aegis_background_parameters(
                radius: Int32(radius),
                passes: Int32(passes),
                fill_radius: Int32(fillRadius),
                fill_share: fillShare
            )
        }
    }

    /// The last run's result: samples times 64 in the stream's range.
    public let result: GridImage<UInt16>

    private let parameters: Parameters
    private let scratch: KernelMemory

    /// Reserves the result and scratch for one grid size.
    public init(width: Int, height: Int, hasChroma: Bool, parameters: Parameters) {
        precondition((1...64).contains(parameters.radius) && (1...4).contains(parameters.passes), "radius or passes")
        precondition((1...64).contains(parameters.fillRadius) && parameters.fillShare >= 0, "fill radius or share")
        self.parameters = parameters
        result = GridImage(width: width, height: height, hasChroma: hasChroma, repeating: 0)
        var constants = parameters.c
        scratch = KernelMemory(
            byteCount: aegis_background_scratch_size(Int32(width), Int32(height), &constants)
        )
    }

    /// Blurs what was taken in.
    ///
    /// - Parameter source: the planes and the mask of a grid of this size.
    public mutating func run(_ source: borrowing BackgroundCells) {
        precondition(
            source.width == result.y.width && source.height == result.y.height,
            "the cells are of another grid"
        )
        precondition(source.hasChroma == result.hasChroma, "both images have chroma, or none")
        var constants = parameters.c
        var cells = source.source
        aegis_background(
            &constants,
            &cells,
            Int32(result.y.width),
            Int32(result.y.height),
            result.y.base,
            result.u?.base,
            result.v?.base,
            scratch.base
        )
    }
}
