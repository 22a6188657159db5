internal import CKernels

/// The full-resolution pass: builds alpha, holds it steady, and puts the new background behind the person.
///
/// Keeps the alpha plane of the last frame; one stream, one thread at a time.
public struct Compositor: ~Copyable {
    /// What the new background is made of.
    public enum Backdrop {
        /// A ``BackgroundFilter/result`` of the grid's size.
        case blur(GridImage<UInt16>)
        /// One colour: Y, U, V at the layout's depth.
        case color(y: UInt16, u: UInt16, v: UInt16)
        /// A frame of the stream's own layout.
        case picture(FramePlanes)
    }

    /// The pass's constants; the defaults are the specification's.
    public struct Parameters: Sendable {
        /// Line values from here ...
        public var contrastLow: Float = 0.2
        /// ... to here spread over the whole range of alpha.
        public var contrastHigh: Float = 0.7
        /// Dead zone of the hold, in steps of alpha.
        public var hold: Float = 16
        /// Weight of chroma, as given to the guided filter.
        public var chromaWeight: Float = 1.5

        /// The specification's constants.
        public init() {}
    }

    /// Tiles of the last frame by kind.
    public struct TileCounts: Equatable, Sendable {
        /// Copied from the new background.
        public var background: Int
        /// Copied from the input.
        public var person: Int
        /// Computed pixel by pixel.
        public var mixed: Int
    }

    /// The alpha plane, luma size, 0...255; kept from frame to frame.
    public let alpha: Grid<UInt8>

    /// The layout of all frames.
    public let layout: FrameLayout

    private let parameters: Parameters
    private let gridWidth: Int, gridHeight: Int
    private let memory: KernelMemory
    private let scratch: KernelMemory
    private let tables: OpaquePointer
    private var isFirst = true

    /// Prepares tables for one frame layout and grid size.
    public init(layout: FrameLayout, gridWidth: Int, gridHeight: Int, parameters: Parameters = Parameters()) {
        precondition((1...layout.width).contains(gridWidth), "the grid is finer than the frame")
        precondition((1...layout.height).contains(gridHeight), "the grid is finer than the frame")
        precondition(parameters.contrastHigh - parameters.contrastLow >= 0.25, "the contrast leaves the fixed point")
        precondition(parameters.hold >= 0 && parameters.hold <= 255, "the dead zone is 0 to 255")
        self.layout = layout
        self.parameters = parameters
        self.gridWidth = gridWidth
        self.gridHeight = gridHeight
        alpha = Grid(width: layout.width, height: layout.height, repeating: 0)
        var description = layout.c
        memory = KernelMemory(byteCount: aegis_compositor_size(&description, Int32(gridWidth), Int32(gridHeight)))
        scratch = KernelMemory(
            byteCount: aegis_compositor_scratch_size(&description, Int32(gridWidth), Int32(gridHeight))
        )
        tables = aegis_compositor_prepare(memory.base, &description, Int32(gridWidth), Int32(gridHeight))
    }

    /// Forgets the held alpha, as after a cut.
    public mutating func reset() {
        isFirst = true
    }

    /// Builds alpha from the guided filter's lines and composes the output frame.
    ///
    /// - Parameters:
    ///   - input: The frame.
    ///   - output: Gets the composed frame; must not overlap `input` or a picture backdrop.
    ///   - lines: The guided filter's result for this frame.
    ///   - adaption: The temporal filter's k for this frame.
    ///   - estimate: The local background estimate, or nil to leave the edge's colours alone.
    ///   - backdrop: The new background.
    public mutating func run(
        input: FramePlanes,
        output: MutableFramePlanes,
        lines: borrowing GuidedFilter.Lines,
        adaption: Grid<Float>,
        estimate: GridImage<UInt16>?,
        backdrop: Backdrop
    ) {
        var composition = composition(input: input, lines: lines, adaption: adaption)
        output.readable.check(layout)
        composition.output = output.c
        if let estimate {
            checkGrid(estimate)
            composition.estimate_y = UnsafePointer(estimate.y.base)
            composition.estimate_u = estimate.u.map { UnsafePointer($0.base) }
            composition.estimate_v = estimate.v.map { UnsafePointer($0.base) }
        }
        switch backdrop {
        case .blur(let planes):
            checkGrid(planes)
            composition.backdrop = AEGIS_BACKDROP_BLUR
            composition.fill_y = UnsafePointer(planes.y.base)
            composition.fill_u = planes.u.map { UnsafePointer($0.base) }
            composition.fill_v = planes.v.map { UnsafePointer($0.base) }
        case .color(let y, let u, let v):
            let limit = UInt16(1) << UInt16(layout.depth)
            precondition(y < limit && u < limit && v < limit, "the colour is deeper than the layout")
            composition.backdrop = AEGIS_BACKDROP_COLOR
            composition.color_y = y
            composition.color_u = u
            composition.color_v = v
        case .picture(let planes):
            planes.check(layout)
            composition.backdrop = AEGIS_BACKDROP_PICTURE
            composition.picture = planes.c
        }
        finish(&composition)
    }

    /// Builds only ``alpha``.
    public mutating func buildAlpha(
        input: FramePlanes,
        lines: borrowing GuidedFilter.Lines,
        adaption: Grid<Float>
    ) {
        var composition = composition(input: input, lines: lines, adaption: adaption)
        composition.backdrop = AEGIS_BACKDROP_NONE
        finish(&composition)
    }

    /// How the last frame's tiles were treated.
    public var tileCounts: TileCounts {
        let counts = aegis_compositor_tile_counts(tables)
        return TileCounts(
            background: Int(counts.background),
            person: Int(counts.person),
            mixed: Int(counts.mixed)
        )
    }

    private func checkGrid<Sample>(_ image: GridImage<Sample>) {
        precondition(image.width == gridWidth && image.height == gridHeight, "the planes do not have the grid's size")
        precondition(layout.planeCount == 1 || image.hasChroma, "chroma is missing")
    }

    private func composition(
        input: FramePlanes,
        lines: borrowing GuidedFilter.Lines,
        adaption: Grid<Float>
    ) -> aegis_composition {
        input.check(layout)
        precondition(
            lines.a0.width == gridWidth && lines.a0.height == gridHeight,
            "the lines do not have the grid's size"
        )
        lines.a0.requireSameSize(as: adaption)
        var composition = aegis_composition()
        composition.input = input.c
        composition.a0 = UnsafePointer(lines.a0.base)
        composition.a1 = UnsafePointer(lines.a1.base)
        composition.a2 = UnsafePointer(lines.a2.base)
        composition.b = UnsafePointer(lines.b.base)
        composition.input2 = UnsafePointer(lines.input2.base)
        composition.adaption = UnsafePointer(adaption.base)
        composition.alpha = alpha.base
        composition.alpha_stride = alpha.width
        composition.contrast_low = parameters.contrastLow
        composition.contrast_high = parameters.contrastHigh
        composition.hold = parameters.hold
        composition.chroma_weight = parameters.chromaWeight
        return composition
    }

    private mutating func finish(_ composition: inout aegis_composition) {
        composition.is_first = isFirst
        aegis_compositor_run(tables, &composition, 0, aegis_compositor_tile_rows(tables), scratch.base)
        isFirst = false
    }
}
