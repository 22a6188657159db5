import Testing

@testable import Kernels

@Suite(.serialized) struct MotionKernelsTests {
    /// A smooth, irregular texture that can be read between samples.
    static func texture(_ x: Double, _ y: Double) -> Double {
        var value = 128.0
        for (index, wave) in [(0.31, 0.12), (-0.17, 0.41), (0.23, -0.29), (0.07, 0.19), (0.47, 0.05)].enumerated() {
            value += 20 * sine(wave.0 * x + wave.1 * y + Double(index))
        }
        return value
    }

    /// The C library's functions are not imported here: Bhaskara's approximation is smooth enough.
    static func sine(_ angle: Double) -> Double {
        let turn = angle / (2 * Double.pi)
        let part = (turn - turn.rounded(.down)) * 2 * Double.pi
        let isUpper = part < Double.pi
        let a = isUpper ? part : part - Double.pi
        let value = 16 * a * (Double.pi - a) / (5 * Double.pi * Double.pi - 4 * a * (Double.pi - a))
        return isUpper ? value : -value
    }

    static func plane(_ width: Int, _ height: Int, dx: Double = 0, dy: Double = 0, light: Double = 0) -> Grid<UInt8> {
        let grid = Grid<UInt8>(width: width, height: height, repeating: 0)
        for y in 0..<height {
            for x in 0..<width {
                let value = texture(Double(x) - dx, Double(y) - dy) + light
                grid[x, y] = UInt8(min(max(value.rounded(), 0), 255))
            }
        }
        return grid
    }

    private func pyramid(_ base: Grid<UInt8>) -> LumaPyramid {
        let result = LumaPyramid(width: base.width, height: base.height, smallestSide: 18)
        result.base.copy(from: base)
        result.build()
        return result
    }

    @Test(arguments: [(2, 2), (3, 5), (37, 19), (130, 66)])
    func halvesByTheRoundedMean(width: Int, height: Int) {
        var random = SeededGenerator(seed: width)
        let source = randomBytes(width, height, &random)
        let result = LumaPyramid(width: width, height: height, smallestSide: 1)
        expectEqualOnAllLevels("halve") {
            result.base.copy(from: source)
            result.build()
            return result.levels.flatMap(\.bytes)
        }
        let half = result.levels[1]
        #expect(half.width == width / 2 && half.height == height / 2)
        for y in 0..<half.height {
            for x in 0..<half.width {
                let sum = [(0, 0), (1, 0), (0, 1), (1, 1)].reduce(0) { $0 + Int(source[2 * x + $1.0, 2 * y + $1.1]) }
                #expect(Int(half[x, y]) == (sum + 2) / 4)
            }
        }
    }

    @Test(arguments: [(8, 8), (33, 17), (90, 40)])
    func measuresTextureAsDefined(width: Int, height: Int) {
        var random = SeededGenerator(seed: width)
        let plane = randomBytes(width, height, &random)
        let scratch = Grid<Int32>(width: width, height: 3, repeating: 0)
        let columns = width / 8
        let textures = UnsafeMutableBufferPointer<MotionKernels.Texture>.allocate(capacity: columns * (height / 8))
        defer { textures.deallocate() }
        textures.initialize(repeating: .flat)
        expectEqualOnAllLevels("texture") {
            MotionKernels.measureTexture(plane, into: textures, scratch: scratch)
            return [UInt8](UnsafeRawBufferPointer(textures))
        }
        func at(_ x: Int, _ y: Int) -> Int32 {
            Int32(plane[min(max(x, 0), width - 1), min(max(y, 0), height - 1)])
        }
        for (index, texture) in textures.enumerated() {
            var expected = MotionKernels.Texture.flat
            for y in (index / columns * 8)..<(index / columns * 8 + 8) {
                for x in (index % columns * 8)..<(index % columns * 8 + 8) {
                    let (gx, gy) = (at(x + 1, y) - at(x - 1, y), at(x, y + 1) - at(x, y - 1))
                    expected = expected + MotionKernels.Texture(xx: gx * gx, yy: gy * gy, xy: gx * gy)
                }
            }
            #expect(texture == expected)
        }
    }

    @Test func flatteningTakesOutBrightness() {
        let (plane, brighter) = (Self.plane(61, 40), Self.plane(61, 40, light: 9))
        let scratch = Grid<Int32>(width: 61, height: 1, repeating: 0)
        let (flat, flatter) = (
            Grid<UInt8>(width: 61, height: 40, repeating: 0), Grid<UInt8>(width: 61, height: 40, repeating: 0)
        )
        expectEqualOnAllLevels("flatten") {
            MotionKernels.flatten(plane, into: flat, scratch: scratch)
            return flat.bytes
        }
        MotionKernels.flatten(brighter, into: flatter, scratch: scratch)
        #expect(flat.values == flatter.values)
        #expect(Set(flat.values).count > 20)
    }

    @Test(arguments: [(0, 0), (5, -3), (-9, 4), (2, 10)])
    func findsWholeShifts(dx: Int, dy: Int) {
        let (previous, current) = (Self.plane(60, 44), Self.plane(60, 44, dx: Double(dx), dy: Double(dy)))
        expectEqualOnAllLevels("shift") {
            let shift = MotionKernels.findShift(from: previous, to: current, radius: 11)
            #expect(shift.dx == dx && shift.dy == dy)
            return withUnsafeBytes(of: shift.difference) { Array($0) }
        }
    }

    @Test func flatPlanesDoNotMove() {
        let plane = Grid<UInt8>(width: 40, height: 40, repeating: 90)
        let shift = MotionKernels.findShift(from: plane, to: plane, radius: 8)
        #expect(shift.dx == 0 && shift.dy == 0 && shift.difference == 0)
    }

    @Test(arguments: [(0.0, 0.0, 0.0), (0.37, -0.61, 0.0), (6.25, 3.5, 0.0), (-11.3, 8.8, 0.0), (2.4, -1.7, 14.0)])
    func followsPointsBetweenSamples(dx: Double, dy: Double, light: Double) {
        let previous = pyramid(Self.plane(128, 96))
        let current = pyramid(Self.plane(128, 96, dx: dx, dy: dy, light: light))
        let places = [(40, 30), (64, 48), (90, 60), (30, 66)]
        let points = UnsafeMutableBufferPointer<MotionKernels.TrackedPoint>.allocate(capacity: places.count)
        defer { points.deallocate() }
        expectEqualOnAllLevels("track") {
            for (index, place) in places.enumerated() {
                points.initializeElement(
                    at: index,
                    to: MotionKernels.TrackedPoint(
                        x: Float(place.0),
                        y: Float(place.1),
                        // What the search for whole shifts on the smallest planes gives.
                        dx: Float((dx / 4).rounded() * 4),
                        dy: Float((dy / 4).rounded() * 4)
                    )
                )
            }
            MotionKernels.track(points, from: previous, to: current)
            return [UInt8](UnsafeRawBufferPointer(points))
        }
        for point in points {
            #expect(point.isTracked)
            #expect(abs(Double(point.dx) - dx) < 0.05 && abs(Double(point.dy) - dy) < 0.05, "\(point)")
            #expect(point.residual < 0.01)
        }
    }

    @Test func doesNotFollowWhatIsFlatOrGone() {
        let previous = pyramid(Self.plane(80, 60))
        let flat = pyramid(Grid<UInt8>(width: 80, height: 60, repeating: 70))
        let points = UnsafeMutableBufferPointer<MotionKernels.TrackedPoint>.allocate(capacity: 1)
        defer { points.deallocate() }
        points.initialize(repeating: MotionKernels.TrackedPoint(x: 40, y: 30))
        MotionKernels.track(points, from: flat, to: previous)
        #expect(!points[0].isTracked)
        points[0] = MotionKernels.TrackedPoint(x: 40, y: 30)
        MotionKernels.track(points, from: previous, to: flat)
        #expect(!points[0].isTracked || points[0].residual > 0.5)
    }

    @Test func sumsSquares() {
        var random = SeededGenerator(seed: 5)
        let (a, b) = (randomBytes(301, 127, &random), randomBytes(301, 127, &random))
        expectEqualOnAllLevels("squares") {
            withUnsafeBytes(of: MotionKernels.meanSquaredDifference(a, b)) { Array($0) }
        }
        let expected = zip(a.values, b.values).reduce(0) { $0 + (Int($1.0) - Int($1.1)) * (Int($1.0) - Int($1.1)) }
        #expect(MotionKernels.meanSquaredDifference(a, b) == Double(expected) / Double(a.count))
    }
}
