import Testing

@testable import Kernels

@Suite(.serialized) struct CompositorTests {
    /// The lines, masks and planes of a small grid for a frame, made as the stage makes them.
    private struct Scene {
        let layout: FrameLayout
        let gridWidth: Int, gridHeight: Int
        var filter: GuidedFilter.Lines
        let adaption: Grid<Float>
        let estimate: GridImage<UInt16>, blur: GridImage<UInt16>
        let input: ExactFrame, picture: ExactFrame

        init(_ layout: FrameLayout, cell: Int, seed: Int, isPicture: Bool) {
            self.layout = layout
            gridWidth = max(1, layout.width / cell)
            gridHeight = max(1, layout.height / cell)
            var random = SeededGenerator(seed: seed)
            let hasChroma = layout.planeCount > 1
            let guide =
                isPicture
                ? pictureImage(gridWidth, gridHeight, hasChroma: hasChroma, seed: seed)
                : randomImage(gridWidth, gridHeight, hasChroma: hasChroma, &random)
            let mask = isPicture ? personMask(gridWidth, gridHeight) : randomUnit(gridWidth, gridHeight, &random)
            var guided = GuidedFilter(width: gridWidth, height: gridHeight)
            guided.run(guide: guide, mask: mask)
            filter = guided.lines
            adaption = randomUnit(gridWidth, gridHeight, &random)
            for index in 0..<adaption.count {
                adaption.samples[index] = max(adaption.samples[index], 0.12)
            }
            estimate = Self.background(guide, mask, .estimate)
            blur = Self.background(guide, mask, .blur(strength: 3))
            input = ExactFrame(layout, padding: seed % 3 * 2)
            picture = ExactFrame(layout, padding: 4)
            if isPicture {
                let up = layout.depth - 8
                let (gridWidth, gridHeight) = (gridWidth, gridHeight)
                input.fill { component, x, y in
                    let plane = component == 0 ? guide.y : component == 1 ? guide.u : guide.v
                    let width = component == 0 ? layout.width : layout.chromaWidth
                    let height = component == 0 ? layout.height : layout.chromaHeight
                    let value = plane?[x * gridWidth / width, y * gridHeight / height] ?? 0
                    return Int(value) << up
                }
            } else {
                input.fillRandomly(&random)
            }
            picture.fillRandomly(&random)
        }

        private static func background(
            _ planes: GridImage<UInt8>,
            _ mask: Grid<Float>,
            _ parameters: BackgroundFilter.Parameters
        ) -> GridImage<UInt16> {
            var filter = BackgroundFilter(
                width: planes.width,
                height: planes.height,
                hasChroma: planes.hasChroma,
                parameters: parameters
            )
            filter.run(planes, without: mask)
            return filter.result
        }

        func backdrop(_ kind: Int) -> Compositor.Backdrop {
            switch kind {
            case 0: .blur(blur)
            case 1: .color(y: UInt16(60 << (layout.depth - 8)), u: UInt16(90 << (layout.depth - 8)), v: 17)
            default: .picture(picture.readable)
            }
        }

        /// Composes a frame; the compositor keeps its alpha.
        func compose(_ compositor: inout Compositor, backdrop kind: Int, cleans: Bool = true) -> ExactFrame {
            let output = ExactFrame(layout, padding: 2)
            withExtendedLifetime((output, self)) {
                compositor.run(
                    input: input.readable,
                    output: output.writable,
                    lines: filter,
                    adaption: adaption,
                    estimate: cleans ? estimate : nil,
                    backdrop: backdrop(kind)
                )
            }
            return output
        }

        func makeCompositor() -> Compositor {
            Compositor(layout: layout, gridWidth: gridWidth, gridHeight: gridHeight)
        }

        /// A component's sample in 8-bit units.
        func value(_ frame: ExactFrame, _ component: Int, _ x: Int, _ y: Int) -> Double {
            Double(frame.sample(component, x, y)) / Double(1 << (layout.depth - 8))
        }

        func grid(_ values: [Double], isChroma: Bool, _ x: Int, _ y: Int) -> Double {
            let (stepX, stepY) = isChroma ? layout.subsampling : (1, 1)
            return Reference.bilinear(
                values,
                gridWidth,
                gridHeight,
                x: (Double(x) + 0.5) * Double(stepX * gridWidth) / Double(layout.width) - 0.5,
                y: (Double(y) + 0.5) * Double(stepY * gridHeight) / Double(layout.height) - 0.5
            )
        }

        /// Steps 7 at full size, without the hold.
        func referenceAlpha() -> [Double] {
            let a0 = filter.a0.doubles(), a1 = filter.a1.doubles()
            let a2 = filter.a2.doubles(), b = filter.b.doubles()
            func luma(_ value: Double) -> Double { layout.isFullRange ? value / 255 : (value - 16) / 219 }
            func chroma(_ value: Double) -> Double {
                1.5 * (layout.isFullRange ? value / 255 : (value - 128) / 224 + 128.0 / 255)
            }
            let isGray = layout.planeCount == 1
            let width = isGray ? layout.width : layout.chromaWidth
            let height = isGray ? layout.height : layout.chromaHeight
            var part = [Double](repeating: 0, count: width * height)
            for y in 0..<height {
                for x in 0..<width {
                    var sum = grid(b, isChroma: !isGray, x, y)
                    if !isGray {
                        sum += grid(a1, isChroma: true, x, y) * chroma(value(input, 1, x, y))
                        sum += grid(a2, isChroma: true, x, y) * chroma(value(input, 2, x, y))
                    }
                    part[y * width + x] = sum
                }
            }
            let (stepX, stepY) = layout.subsampling
            var alpha: [Double] = []
            for y in 0..<layout.height {
                for x in 0..<layout.width {
                    let column = (Double(x) + 0.5) / Double(stepX) - 0.5, row = (Double(y) + 0.5) / Double(stepY) - 0.5
                    let line =
                        Reference.bilinear(part, width, height, x: column, y: row)
                        + grid(a0, isChroma: false, x, y) * luma(value(input, 0, x, y))
                    alpha.append(255 * Reference.clamp((line - 0.2) / 0.5))
                }
            }
            return alpha
        }
    }

    @Test(arguments: sampleLayouts, [true, false])
    func buildsTheAlphaOfTheSpecification(_ layout: FrameLayout, _ isPicture: Bool) {
        let scene = Scene(layout, cell: 4, seed: layout.width, isPicture: isPicture)
        var compositor = scene.makeCompositor()
        compositor.buildAlpha(input: scene.input.readable, lines: scene.filter, adaption: scene.adaption)
        // On noise the lines are steep, and 11 bits of them meet whole ranges of colour.
        let tolerance = isPicture ? 2.0 : 3.0
        let differences = zip(compositor.alpha.values, scene.referenceAlpha()).map { abs(Double($0) - $1) }
        #expect((differences.max() ?? 0) <= tolerance)
        withExtendedLifetime(scene) {}
    }

    @Test(arguments: sampleLayouts, [0, 1, 2])
    func composesAsSpecified(_ layout: FrameLayout, _ kind: Int) {
        let scene = Scene(layout, cell: 4, seed: layout.height, isPicture: false)
        var compositor = scene.makeCompositor()
        let output = scene.compose(&compositor, backdrop: kind)
        let alpha = compositor.alpha
        let (stepX, stepY) = layout.subsampling
        var worst = 0.0
        for component in 0..<(layout.planeCount == 1 ? 1 : 3) {
            let isChroma = component > 0
            let planes = [scene.estimate.y, scene.estimate.u ?? scene.estimate.y, scene.estimate.v ?? scene.estimate.y]
            let estimate = planes[component].doubles().map { $0 / 64 }
            let fills = [scene.blur.y, scene.blur.u ?? scene.blur.y, scene.blur.v ?? scene.blur.y]
            let fill = fills[component].doubles().map { $0 / 64 }
            for y in 0..<(isChroma ? layout.chromaHeight : layout.height) {
                for x in 0..<(isChroma ? layout.chromaWidth : layout.width) {
                    var share = 0.0
                    for dy in 0..<(isChroma ? stepY : 1) {
                        for dx in 0..<(isChroma ? stepX : 1) {
                            let column = min(x * (isChroma ? stepX : 1) + dx, layout.width - 1)
                            let row = min(y * (isChroma ? stepY : 1) + dy, layout.height - 1)
                            share += Double(alpha[column, row]) / 255 / Double(isChroma ? stepX * stepY : 1)
                        }
                    }
                    let sample = scene.value(scene.input, component, x, y)
                    let behind =
                        switch kind {
                        case 0: scene.grid(fill, isChroma: isChroma, x, y)
                        case 1: component == 0 ? 60 : component == 1 ? 90 : 17 / Double(1 << (layout.depth - 8))
                        default: scene.value(scene.picture, component, x, y)
                        }
                    let foreign = sample - scene.grid(estimate, isChroma: isChroma, x, y)
                    let mixed = share * sample + (1 - share) * behind + 0.5 * min(share, 1 - share) * foreign
                    let top = Double((1 << layout.depth) - 1) / Double(1 << (layout.depth - 8))
                    worst = max(worst, abs(scene.value(output, component, x, y) - Reference.clamp(mixed, 0, top)))
                }
            }
        }
        #expect(worst <= 0.6)
    }

    @Test(arguments: sampleLayouts, [1, 2])
    func isExactAtBothEnds(_ layout: FrameLayout, _ kind: Int) {
        let scene = Scene(layout, cell: 2, seed: 9, isPicture: true)
        var compositor = scene.makeCompositor()
        for _ in 0..<3 {
            let output = scene.compose(&compositor, backdrop: kind)
            for y in 0..<layout.height {
                for x in 0..<layout.width {
                    switch compositor.alpha[x, y] {
                    case 0:
                        let expected = kind == 1 ? 60 << (layout.depth - 8) : scene.picture.sample(0, x, y)
                        #expect(output.sample(0, x, y) == expected)
                    case 255: #expect(output.sample(0, x, y) == scene.input.sample(0, x, y))
                    default: break
                    }
                }
            }
        }
    }

    @Test(arguments: sampleLayouts, [1, 2, 3, 6])
    func agreesOnAllLevels(_ layout: FrameLayout, _ cell: Int) {
        for isPicture in [true, false] {
            let scene = Scene(layout, cell: cell, seed: layout.width + cell, isPicture: isPicture)
            for kind in 0..<3 {
                expectEqualOnAllLevels("compositor") {
                    var compositor = scene.makeCompositor()
                    var bytes = scene.compose(&compositor, backdrop: kind).bytes
                    // A second and third frame hold what the first left.
                    bytes += scene.compose(&compositor, backdrop: kind, cleans: false).bytes
                    bytes += scene.compose(&compositor, backdrop: kind).bytes
                    return bytes + compositor.alpha.bytes
                }
            }
        }
    }

    /// Tiles are a shortcut only: a frame of one scene after another gives what a fresh compositor would give, once
    /// the hold has settled.
    @Test func tilesLeaveNothingBehind() {
        let layout = FrameLayout(width: 320, height: 176)
        let person = Scene(layout, cell: 4, seed: 1, isPicture: true)
        var nobody = Scene(layout, cell: 4, seed: 1, isPicture: true)
        var empty = GuidedFilter(width: nobody.gridWidth, height: nobody.gridHeight)
        empty.run(
            guide: pictureImage(nobody.gridWidth, nobody.gridHeight, hasChroma: true, seed: 1),
            mask: Grid(width: nobody.gridWidth, height: nobody.gridHeight, repeating: 0)
        )
        nobody.filter = empty.lines
        var compositor = person.makeCompositor()
        _ = person.compose(&compositor, backdrop: 1)
        let counts = compositor.tileCounts
        #expect(counts.background > 0 && counts.person > 0 && counts.mixed > 0)
        #expect(counts.background + counts.person + counts.mixed == 20 * 11)
        var frames = 0
        while compositor.tileCounts.background < 220 && frames < 300 {
            _ = nobody.compose(&compositor, backdrop: 1)
            frames += 1
        }
        // Even at the slowest adaption nothing of the person stays.
        #expect(frames < 60)
        #expect(compositor.alpha.values.allSatisfy { $0 == 0 })
        let output = nobody.compose(&compositor, backdrop: 2)
        #expect(output.sample(0, 160, 140) == nobody.picture.sample(0, 160, 140))
        compositor.reset()
        let again = person.compose(&compositor, backdrop: 1)
        var fresh = person.makeCompositor()
        let expected = person.compose(&fresh, backdrop: 1)
        #expect(again.bytes == expected.bytes)
        #expect(compositor.alpha.bytes == fresh.alpha.bytes)
    }

    @Test func leavesThePaddingOfTheOutputAlone() {
        let layout = FrameLayout(width: 33, height: 17)
        let scene = Scene(layout, cell: 2, seed: 3, isPicture: true)
        var compositor = scene.makeCompositor()
        let output = scene.compose(&compositor, backdrop: 1)
        for plane in 0..<3 {
            let bytes = output.planes[plane].bytes
            for row in 0..<(layout.rows(ofPlane: plane) - 1) {
                let start = row * output.planes[plane].stride + layout.rowBytes(ofPlane: plane)
                #expect(bytes[start] == 0xAA && bytes[start + 1] == 0xAA)
            }
        }
    }

    @Test func refusesAGridFinerThanTheFrame() async {
        await #expect(processExitsWith: .failure) {
            _ = Compositor(layout: FrameLayout(width: 16, height: 16), gridWidth: 17, gridHeight: 8)
        }
    }
}
