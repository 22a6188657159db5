import Testing

@testable import Kernels

@Suite(.serialized) struct PlaneWarperTests {
    typealias Transform = PlaneWarper.Transform

    static let identity = Transform(xx: 1, xy: 0, x0: 0, yx: 0, yy: 1, y0: 0)

    /// A plane of its exact size, so that sanitizers see every overrun.
    private func plane(
        _ width: Int,
        _ height: Int,
        depth: Int,
        _ value: (Int, Int) -> Int = { _, _ in 0 }
    ) -> ExactPlane {
        let bytes = depth > 8 ? 2 : 1
        let plane = ExactPlane(rowBytes: width * bytes, rows: height, padding: 2)
        for y in 0..<height {
            for x in 0..<width {
                let offset = y * plane.stride + x * bytes
                if bytes == 1 {
                    plane.base.storeBytes(of: UInt8(value(x, y)), toByteOffset: offset, as: UInt8.self)
                } else {
                    plane.base.storeBytes(of: UInt16(value(x, y)), toByteOffset: offset, as: UInt16.self)
                }
            }
        }
        return plane
    }

    private func sample(_ plane: ExactPlane, _ x: Int, _ y: Int, depth: Int) -> Int {
        depth > 8
            ? Int(plane.base.load(fromByteOffset: y * plane.stride + x * 2, as: UInt16.self))
            : Int(plane.base.load(fromByteOffset: y * plane.stride + x, as: UInt8.self))
    }

    private func warp(
        _ source: ExactPlane,
        _ width: Int,
        _ height: Int,
        depth: Int,
        _ transform: Transform,
        border: PlaneWarper.Border = .repeat
    ) -> ExactPlane {
        let result = plane(width, height, depth: depth)
        var warper = PlaneWarper()
        warper.warp(
            source.base,
            stride: source.stride,
            into: result.base,
            stride: result.stride,
            width: width,
            height: height,
            depth: depth,
            transform: transform,
            border: border
        )
        return result
    }

    @Test(arguments: [8, 10, 12, 16])
    func standingStillIsExact(depth: Int) {
        var random = SeededGenerator(seed: depth)
        let source = plane(300, 21, depth: depth) { _, _ in Int.random(in: 0..<(1 << depth), using: &random) }
        #expect(warp(source, 300, 21, depth: depth, Self.identity).bytes == source.bytes)
    }

    @Test func wholeShiftsAreExact() {
        var random = SeededGenerator(seed: 3)
        let source = plane(290, 30, depth: 8) { _, _ in Int.random(in: 0...255, using: &random) }
        var shift = Self.identity
        (shift.x0, shift.y0) = (7, -4)
        let result = warp(source, 290, 30, depth: 8, shift)
        for y in 0..<30 {
            for x in 0..<290 {
                let expected = sample(source, min(x + 7, 289), max(y - 4, 0), depth: 8)
                #expect(sample(result, x, y, depth: 8) == expected)
            }
        }
    }

    /// The kernel is exact for cubics, so a ramp that is turned stays the same ramp.
    @Test(arguments: [8, 12])
    func turnedRampsStayRamps(depth: Int) {
        let (width, height, gain) = (320, 60, Double(1 << (depth - 8)))
        func ramp(_ x: Double, _ y: Double) -> Double { (20 + 0.5 * x + 0.7 * y) * gain }
        let source = plane(width, height, depth: depth) { Int(ramp(Double($0), Double($1)).rounded()) }
        let turned = Transform(xx: 0.93, xy: 0.06, x0: 6.3, yx: -0.05, yy: 0.93, y0: 12.7)
        let result = warp(source, width, height, depth: depth, turned)
        var worst = 0.0
        for y in 0..<height {
            for x in 0..<width {
                let fromX = turned.xx * Double(x) + turned.xy * Double(y) + turned.x0
                let fromY = turned.yx * Double(x) + turned.yy * Double(y) + turned.y0
                guard fromX >= 3, fromY >= 3, fromX < Double(width - 4), fromY < Double(height - 4) else { continue }
                worst = max(worst, abs(Double(sample(result, x, y, depth: depth)) - ramp(fromX, fromY)))
            }
        }
        // Half a level for the source, half for the result, a little for the sum of the weights' sizes.
        #expect(worst < 1.3, "off by \(worst)")
    }

    @Test func finePatternsKeepTheirContrast() {
        let wave = { (x: Double) in 128 + 80 * MotionKernelsTests.sine(x * 2 * Double.pi / 6) }
        let source = plane(280, 8, depth: 8) { x, _ in Int(wave(Double(x)).rounded()) }
        var shift = Self.identity
        shift.x0 = 0.5
        let result = warp(source, 280, 8, depth: 8, shift)
        let worst = (8..<270).map { abs(Double(sample(result, $0, 4, depth: 8)) - wave(Double($0) + 0.5)) }.max() ?? 0
        // Six samples a period, half way between them: a cubic over four samples loses a tenth, 8 levels.
        #expect(worst < 3, "off by \(worst)")
    }

    @Test func bordersAreAsAsked() {
        let source = plane(40, 10, depth: 8) { x, _ in x < 4 ? 10 * (x + 1) : 100 }
        var shift = Self.identity
        shift.x0 = -3
        let rows: [(PlaneWarper.Border, [Int])] = [
            (.repeat, [10, 10, 10, 10, 20]), (.mirror, [40, 30, 20, 10, 20]), (.value(16), [16, 16, 16, 10, 20]),
        ]
        for (border, expected) in rows {
            let result = warp(source, 40, 10, depth: 8, shift, border: border)
            #expect((0..<5).map { sample(result, $0, 5, depth: 8) } == expected, "\(border)")
        }
        shift = Self.identity
        shift.y0 = 500
        let outside = warp(source, 40, 10, depth: 8, shift, border: .value(16))
        #expect((0..<40).allSatisfy { sample(outside, $0, 3, depth: 8) == 16 })
    }

    @Test(arguments: [(1, 1), (5, 3), (64, 48), (257, 33), (530, 40)], [8, 10, 16])
    func allVariantsAgree(size: (Int, Int), depth: Int) {
        let (width, height) = size
        var random = SeededGenerator(seed: width + depth)
        let source = plane(width, height, depth: depth) { _, _ in Int.random(in: 0..<(1 << depth), using: &random) }
        func number(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &random) }
        for border in [PlaneWarper.Border.repeat, .mirror, .value(9)] {
            let transform = Transform(
                xx: number(0.8...1.2),
                xy: number(-0.2...0.2),
                x0: number(-30...30),
                yx: number(-0.2...0.2),
                yy: number(0.8...1.2),
                y0: number(-30...30)
            )
            expectEqualOnAllLevels("warp \(size) \(depth) \(border)") {
                warp(source, width, height, depth: depth, transform, border: border).bytes
            }
        }
    }

    @Test func farTransformsAreNotSupported() {
        #expect(Self.identity.isSupported)
        for change: (inout Transform) -> Void in [
            { $0.xx = 0.6 }, { $0.yy = 1.3 }, { $0.xy = 0.3 }, { $0.yx = -0.3 }, { $0.x0 = .nan },
            { $0.y0 = .infinity },
        ] {
            var transform = Self.identity
            change(&transform)
            #expect(!transform.isSupported)
        }
        var far = Self.identity
        far.x0 = 1e12
        let source = plane(20, 20, depth: 8) { x, _ in x }
        #expect(sample(warp(source, 20, 20, depth: 8, far), 3, 3, depth: 8) == 19)
    }
}
