internal import Kernels
internal import MediaCore

/// Refines the mask of the grid to every pixel and puts the new background behind people.
///
/// Keeps the alpha of the last frame; confined to one thread; allocates nothing after it was made.
final class FrameComposer {
    /// The last frame's alpha, 0...255.
    var alpha: Grid<UInt8> { compositor.alpha }

    private var filter: GuidedFilter
    private var cells: BackgroundCells
    private var estimate: BackgroundFilter
    private var blur: BackgroundFilter?
    private var compositor: Compositor

    /// Reserves memory.
    ///
    /// - Parameters:
    ///   - layout: of the frames.
    ///   - geometry: of frames and grid.
    ///   - blurRadius: how strong the blur is that replaces the background, in cells; `nil` when something else does.
    init(layout: FrameLayout, geometry: FrameGeometry, blurRadius: Int?) {
        let (width, height) = (geometry.gridWidth, geometry.gridHeight)
        let hasChroma = layout.planeCount > 1
        filter = GuidedFilter(width: width, height: height)
        cells = BackgroundCells(width: width, height: height, hasChroma: hasChroma)
        estimate = BackgroundFilter(width: width, height: height, hasChroma: hasChroma, parameters: .estimate)
        blur = blurRadius.map {
            BackgroundFilter(width: width, height: height, hasChroma: hasChroma, parameters: .blur(strength: $0))
        }
        compositor = Compositor(layout: layout, gridWidth: width, gridHeight: height)
    }

    /// Forgets the last frame's alpha.
    func reset() { compositor.reset() }

    /// Composes a frame.
    ///
    /// - Parameters:
    ///   - input: the frame.
    ///   - output: gets the new frame.
    ///   - finder: what found the people in it.
    ///   - backdrop: what goes behind them; `nil` for the blurred frame.
    func compose(
        _ input: FramePlanes,
        into output: MutableFramePlanes,
        people finder: PersonFinder,
        backdrop: Compositor.Backdrop?
    ) {
        let guide = finder.guide
        filter.run(guide: guide.guide, mask: finder.mask)
        cells.update(planes: guide.samples, mask: finder.mask)
        estimate.run(cells)
        blur?.run(cells)
        compositor.run(
            input: input,
            output: output,
            lines: filter.lines,
            adaption: finder.adaption,
            estimate: estimate.result,
            backdrop: backdrop ?? .blur(blur?.result ?? estimate.result)
        )
    }
}

/// How far a blur reaches.
enum BlurRadius {
    /// The box radius in cells for a strength of 0...1: light at 0, text unreadable from about 0.5, shapes gone at 1.
    static func cells(strength: Double, gridWidth: Int) -> Int {
        let radius = (2 + 5 * strength + 13 * strength * strength) * Double(gridWidth) / 320
        return max(1, min(60, Int(radius.rounded())))
    }
}
