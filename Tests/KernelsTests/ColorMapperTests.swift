import Testing

@testable import Kernels

private let rec709 = (red: 0.2126, blue: 0.0722)

private func encoding(_ layout: FrameLayout) -> ColorEncoding {
    ColorEncoding(
        depth: layout.depth,
        weightRed: rec709.red,
        weightBlue: rec709.blue,
        isFullRange: layout.isFullRange
    )
}

private func identity(_ layout: FrameLayout, limits: ColorLimits = .full) -> ColorLUT {
    ColorLUT(from: encoding(layout), to: encoding(layout), lumaSteps: 16, chromaSteps: 8, limits: limits) { $0 }
}

/// A map that bends everything a little, to look for differences between variants and from the reference.
private func bend(_ rgb: SIMD3<Float>) -> SIMD3<Float> {
    let grey = 0.3 * rgb.x + 0.5 * rgb.y + 0.2 * rgb.z
    return SIMD3(rgb.x * 1.1 - 0.02, rgb.y * 0.9 + 0.05 * grey * grey, rgb.z + 0.1 * (rgb.z - grey))
}

private let mappedLayouts = sampleLayouts.filter { $0.planeCount != 2 && $0.shift == 0 }

@Suite(.serialized) struct ColorMapperTests {
    @Test(arguments: mappedLayouts) func identityKeepsEveryCode(layout: FrameLayout) {
        var random = SeededGenerator(seed: 1)
        let source = ExactFrame(layout, padding: 6), result = ExactFrame(layout, padding: 2)
        source.fillRandomly(&random)
        for siting in ChromaSiting.allCases {
            for dithers in [true, false] {
                var mapper = ColorMapper(input: layout, output: layout, siting: siting, dithers: dithers)
                mapper.run(input: source.readable, output: result.writable, lut: identity(layout))
                var differences = 0
                source.visit { component, x, y, value in
                    if result.sample(component, x, y) != value { differences += 1 }
                }
                #expect(differences == 0, "\(siting), dither \(dithers)")
            }
        }
    }

    @Test func variantsAgree() {
        var random = SeededGenerator(seed: 2)
        let tone = ToneGrid(columns: 5, rows: 3)
        for index in 0..<tone.differences.count {
            tone.differences.samples[index] = Int16.random(in: -9000...9000, using: &random)
        }
        for layout in mappedLayouts {
            let source = ExactFrame(layout)
            source.fillRandomly(&random)
            let deep = FrameLayout(
                width: layout.width,
                height: layout.height,
                bytesPerSample: 2,
                depth: 10,
                chroma: layout.chroma,
                isFullRange: layout.isFullRange
            )
            for output in [layout, deep] {
                let lut = ColorLUT(
                    from: encoding(layout),
                    to: encoding(output),
                    lumaSteps: 32,
                    chromaSteps: 8,
                    map: bend
                )
                for siting in ChromaSiting.allCases {
                    expectEqualOnAllLevels("\(layout) to \(output.depth) bits, \(siting)") {
                        let result = ExactFrame(output)
                        var mapper = ColorMapper(input: layout, output: output, siting: siting)
                        mapper.run(input: source.readable, output: result.writable, lut: lut)
                        let plain = result.bytes
                        mapper.run(input: source.readable, output: result.writable, lut: lut, tone: tone)
                        return plain + result.bytes
                    }
                }
            }
        }
    }

    @Test func mixesAlikeOnAllLevels() {
        let layout = FrameLayout(width: 33, height: 9)
        var random = SeededGenerator(seed: 3)
        let source = ExactFrame(layout)
        source.fillRandomly(&random)
        let bent = ColorLUT(from: encoding(layout), to: encoding(layout), lumaSteps: 16, chromaSteps: 8, map: bend)
        expectEqualOnAllLevels("mix") {
            let mixed = ColorLUT(mixing: identity(layout), bent, share: 0.37)
            let result = ExactFrame(layout)
            var mapper = ColorMapper(input: layout, output: layout, siting: .left)
            mapper.run(input: source.readable, output: result.writable, lut: mixed)
            return result.bytes
        }
    }

    /// A linear map has no interpolation error, so a direct computation says what must come out.
    @Test(arguments: [(8, 8), (8, 10), (10, 8), (12, 12)]) func followsALinearMap(depths: (Int, Int)) {
        let layouts = [depths.0, depths.1].map {
            FrameLayout(
                width: 24,
                height: 10,
                bytesPerSample: $0 > 8 ? 2 : 1,
                depth: $0,
                chroma: .planar(subsamplingX: 1, subsamplingY: 1)
            )
        }
        let map: (SIMD3<Float>) -> SIMD3<Float> = { rgb in
            SIMD3(0.9 * rgb.x + 0.05, 0.8 * rgb.y + 0.1 * rgb.z, 0.1 * rgb.x + 0.85 * rgb.z)
        }
        let from = encoding(layouts[0]), to = encoding(layouts[1])
        var random = SeededGenerator(seed: 4)
        let source = ExactFrame(layouts[0]), result = ExactFrame(layouts[1])
        source.fill { _, _, _ in Int.random(in: 64...190, using: &random) << (depths.0 - 8) }
        let lut = ColorLUT(from: from, to: to, lumaSteps: 16, chromaSteps: 8, limits: .full, map: map)
        var mapper = ColorMapper(input: layouts[0], output: layouts[1], siting: .left, dithers: false)
        mapper.run(input: source.readable, output: result.writable, lut: lut)
        for y in 0..<10 {
            for x in 0..<24 {
                let code = SIMD3((0..<3).map { Float(source.sample($0, x, y)) })
                let expected = to.encode(map(from.decode(code)))
                for component in 0..<3 {
                    #expect(abs(Float(result.sample(component, x, y)) - expected[component]) < 0.75)
                }
            }
        }
    }

    @Test func keepsTheLegalRange() {
        let layout = FrameLayout(width: 40, height: 30)
        var random = SeededGenerator(seed: 5)
        let source = ExactFrame(layout), result = ExactFrame(layout)
        source.fillRandomly(&random)
        let lut = ColorLUT(from: encoding(layout), to: encoding(layout), lumaSteps: 16, chromaSteps: 8) { $0 * 2 - 0.5 }
        var mapper = ColorMapper(input: layout, output: layout, siting: .left)
        mapper.run(input: source.readable, output: result.writable, lut: lut)
        var outside = 0
        result.visit { component, _, _, value in
            if value < 16 || value > (component == 0 ? 235 : 240) { outside += 1 }
        }
        #expect(outside == 0)
    }

    @Test func ditherKeepsTheMean() {
        let layout = FrameLayout(width: 64, height: 64, chroma: .none)
        let source = ExactFrame(layout), result = ExactFrame(layout)
        source.fill { _, _, _ in 100 }
        // A quarter of a code more.
        let lut = ColorLUT(from: encoding(layout), to: encoding(layout), lumaSteps: 16, chromaSteps: 8) {
            $0 + 0.25 / 219
        }
        var mapper = ColorMapper(input: layout, output: layout, siting: .left)
        mapper.run(input: source.readable, output: result.writable, lut: lut)
        var sum = 0
        result.visit { _, _, _, value in sum += value }
        #expect(abs(Double(sum) / 4096 - 100.25) < 0.02)
    }

    @Test func toneGridActsByPlaceAndBrightness() {
        let layout = FrameLayout(width: 64, height: 32)
        let source = ExactFrame(layout), result = ExactFrame(layout)
        source.fill { component, x, _ in component > 0 ? 128 : x % 2 == 0 ? 40 : 200 }
        let tone = ToneGrid(columns: 4, rows: 2)
        // Ten codes more for bright pixels of the left tiles.
        for row in 0..<2 {
            for node in 10..<ToneGrid.nodes { tone[0, row, node] = 10 << 7 }
        }
        var mapper = ColorMapper(input: layout, output: layout, siting: .left)
        mapper.run(input: source.readable, output: result.writable, lut: identity(layout), tone: tone)
        #expect(result.sample(0, 3, 10) == 210)
        #expect(result.sample(0, 2, 10) == 40)
        #expect(result.sample(0, 61, 10) == 200)
        let middle = result.sample(0, 15, 10)
        #expect(middle > 201 && middle < 210)
        #expect(result.sample(1, 3, 3) == 128)
    }

    @Test func survivesAMapThatIsNotDefined() {
        let layout = FrameLayout(width: 8, height: 8)
        let source = ExactFrame(layout), result = ExactFrame(layout)
        source.fill { _, _, _ in 255 }
        let lut = ColorLUT(from: encoding(layout), to: encoding(layout), lumaSteps: 4, chromaSteps: 4) {
            $0.x > 1 ? SIMD3(.nan, .infinity, -.infinity) : $0
        }
        var mapper = ColorMapper(input: layout, output: layout, siting: .center)
        mapper.run(input: source.readable, output: result.writable, lut: lut)
        #expect(result.sample(0, 4, 4) >= 16)
    }
}

extension ExactFrame {
    /// Looks at every sample of every component.
    fileprivate func visit(_ body: (_ component: Int, _ x: Int, _ y: Int, _ value: Int) -> Void) {
        for component in 0..<(layout.planeCount == 1 ? 1 : 3) {
            for y in 0..<(component == 0 ? layout.height : layout.chromaHeight) {
                for x in 0..<(component == 0 ? layout.width : layout.chromaWidth) {
                    body(component, x, y, sample(component, x, y))
                }
            }
        }
    }
}
