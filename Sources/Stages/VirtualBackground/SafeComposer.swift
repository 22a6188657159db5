internal import Kernels
internal import MediaCore

/// Makes a picture that shows nothing of the room when the stage could not work on a frame: with the last mask, or
/// blurred as a whole. Without network and guided filter it costs about half of what the stage costs: 1.8 instead of
/// 4.5 ms at 720p, 0.9 without the mask (one busy Zen 4 core).
///
/// Has state of its own, so that the next frame is composed as if nothing had happened; confined to one thread.
final class SafeComposer {
    private var filter: GuidedFilter
    private var cells: BackgroundCells
    private var blur: BackgroundFilter
    private var compositor: Compositor
    /// Where people are shown.
    private let mask: Grid<Float>
    /// How deep inside of a person each cell lies, in cells.
    private let depth: Grid<Float>
    private let adaption: Grid<Float>

    init(layout: FrameLayout, geometry: FrameGeometry, blurRadius: Int) {
        let (width, height) = (geometry.gridWidth, geometry.gridHeight)
        filter = GuidedFilter(width: width, height: height)
        let hasChroma = layout.planeCount > 1
        cells = BackgroundCells(width: width, height: height, hasChroma: hasChroma)
        blur = BackgroundFilter(
            width: width,
            height: height,
            hasChroma: hasChroma,
            parameters: .blur(strength: blurRadius)
        )
        compositor = Compositor(layout: layout, gridWidth: width, gridHeight: height)
        mask = Grid(width: width, height: height, repeating: 0)
        depth = Grid(width: width, height: height, repeating: 0)
        adaption = Grid(width: width, height: height, repeating: 1)
    }

    /// Composes a frame.
    ///
    /// - Parameters:
    ///   - input: the frame.
    ///   - output: gets the new frame.
    ///   - finder: what has the guide of the frame, and knows the people of the last one.
    ///   - usesMask: whether people are about where they were; otherwise everything is hidden.
    ///   - backdrop: what goes behind them; `nil` for the blurred frame.
    func compose(
        _ input: FramePlanes,
        into output: MutableFramePlanes,
        people finder: PersonFinder,
        usingMask usesMask: Bool,
        backdrop: Compositor.Backdrop?
    ) {
        if usesMask { takeOver(finder) } else { hideEverything() }
        if backdrop == nil {
            cells.update(planes: finder.guide.samples, mask: mask)
            blur.run(cells)
        }
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

    /// Makes lines that show the mask of the last frame as it is, without the cells near its rim that show something
    /// else now: where somebody moved, the room may have come into view.
    private func takeOver(_ finder: PersonFinder) {
        measureDepth(finder.mask)
        let (now, before) = (finder.guide.guide, finder.lastGuide)
        let (luma, lastLuma, people) = (now.y.samples, before.y.samples, finder.mask.samples)
        let (depth, mask) = (depth.samples, mask.samples)
        let (offsets, inputs) = (filter.lines.b.samples, filter.lines.input2.samples)
        // People do not move further than this while the last mask is used, or lose only their outline.
        let rim = Float(max(1, self.depth.width / 50))
        for index in people.indices {
            var change = abs(Int(luma[index]) - Int(lastLuma[index]))
            if let u = now.u, let v = now.v, let lastU = before.u, let lastV = before.v {
                change = max(change, abs(Int(u.samples[index]) - Int(lastU.samples[index])))
                change = max(change, abs(Int(v.samples[index]) - Int(lastV.samples[index])))
            }
            let sameness = Float(Self.strangeChange - change) / Float(Self.strangeChange / 2)
            let trust = max(0, min(1, max(sameness, (depth[index] - rim) / 2)))
            mask[index] = people[index] * trust
            let value = max(0, min(1, (mask[index] - 0.15) / 0.7))
            offsets[index] = value
            inputs[index] = UInt16(value * Float(GuidedFilter.one))
        }
    }

    /// Change of a cell, of 255, from which it is not believed to show a person any more; from half of it on the belief
    /// fades.
    private static let strangeChange = 20

    /// Fills `depth` with each cell's distance to the nearest cell without a person, in two sweeps; the border of the
    /// picture is no rim.
    private func measureDepth(_ people: Grid<Float>) {
        let (people, depth, width) = (people.samples, depth.samples, self.depth.width)
        for index in people.indices {
            let x = index % width
            guard people[index] > 0.5 else {
                depth[index] = 0
                continue
            }
            var nearest: Float = 1000
            if x > 0 { nearest = min(nearest, depth[index - 1]) }
            if index >= width { nearest = min(nearest, depth[index - width]) }
            depth[index] = nearest + 1
        }
        for index in people.indices.reversed() where depth[index] > 0 {
            let x = index % width
            if x < width - 1 { depth[index] = min(depth[index], depth[index + 1] + 1) }
            if index + width < depth.count { depth[index] = min(depth[index], depth[index + width] + 1) }
        }
    }

    private func hideEverything() {
        mask.samples.update(repeating: 0)
        filter.lines.b.samples.update(repeating: 0)
        filter.lines.input2.samples.update(repeating: 0)
    }
}
