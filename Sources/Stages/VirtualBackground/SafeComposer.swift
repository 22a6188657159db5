internal import Kernels
internal import MediaCore

/// Makes a picture that shows nothing of the room when the stage could not work on a frame: with the last mask, or
/// blurred as a whole.
///
/// Has state of its own, so that the next frame is composed as if nothing had happened; confined to one thread.
final class SafeComposer {
    private var filter: GuidedFilter
    private var blur: BackgroundFilter
    private var compositor: Compositor
    private let nobody: Grid<Float>
    private let adaption: Grid<Float>

    init(layout: FrameLayout, geometry: FrameGeometry, blurRadius: Int) {
        let (width, height) = (geometry.gridWidth, geometry.gridHeight)
        filter = GuidedFilter(width: width, height: height)
        blur = BackgroundFilter(
            width: width,
            height: height,
            hasChroma: layout.planeCount > 1,
            parameters: .blur(strength: blurRadius)
        )
        compositor = Compositor(layout: layout, gridWidth: width, gridHeight: height)
        nobody = Grid(width: width, height: height, repeating: 0)
        adaption = Grid(width: width, height: height, repeating: 1)
    }

    /// Composes a frame.
    ///
    /// - Parameters:
    ///   - input: the frame.
    ///   - output: gets the new frame.
    ///   - guide: the frame at the size of the grid.
    ///   - mask: people of the last frame; `nil` to hide everything.
    ///   - backdrop: what goes behind them; `nil` for the blurred frame.
    func compose(
        _ input: FramePlanes,
        into output: MutableFramePlanes,
        guide: Guide,
        mask: Grid<Float>?,
        backdrop: Compositor.Backdrop?
    ) {
        takeOver(mask ?? nobody)
        if backdrop == nil { blur.run(planes: guide.samples, mask: mask ?? nobody) }
        compositor.reset()
        compositor.run(
            input: input,
            output: output,
            lines: filter.lines,
            adaption: adaption,
            estimate: nil,
            backdrop: backdrop ?? .blur(blur.result)
        )
    }

    /// Makes lines that show a mask as it is, whatever the frame shows: half of what a guided filter would cost.
    private func takeOver(_ mask: Grid<Float>) {
        let (from, lines) = (mask.samples, filter.lines)
        let (offsets, inputs) = (lines.b.samples, lines.input2.samples)
        for index in from.indices {
            let value = max(0, min(1, (from[index] - 0.15) / 0.7))
            offsets[index] = value
            inputs[index] = UInt16(value * Float(GuidedFilter.one))
        }
    }
}
