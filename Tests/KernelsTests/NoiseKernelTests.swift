import Testing

@testable import Kernels

/// The kernels of `noise_reduction`: all variants alike, and each does what it says.
@Suite(.serialized)
struct NoiseKernelTests {
    /// Sizes that are no multiple of anything, and tiny ones.
    static let sizes = [(175, 43), (64, 48), (16, 16), (33, 9), (1, 1), (3, 70)]

    @Test(arguments: sizes)
    func allVariantsAgree(_ width: Int, _ height: Int) {
        for depth in [8, 10, 12] {
            let pictures = Pictures(width: width, height: height, depth: depth, noise: 8)
            expectEqualOnAllLevels("noise kernels, \(width)x\(height), \(depth) bits") {
                let stack = Stack(pictures)
                return stack.filtered(step: 2, grain: 0.1) + stack.filtered(step: 4, grain: 0) + stack.measured
            }
        }
    }

    @Test(arguments: sizes)
    func constantPicturesStayAsTheyAre(_ width: Int, _ height: Int) {
        for depth in [8, 10, 12] {
            for value in [0, 16, 77, 128, 235, 255] {
                let stack = Stack.of(width: width, height: height, depth: depth, noise: 0) { _, _, _ in
                    Double(value)
                }
                let samples = [UInt16](repeating: UInt16(value << (depth - 8)), count: width * height)
                let expected = Pictures.bytes(samples, depth)
                // Compared outside of the expectation, which would print all samples.
                let staysFine = stack.filtered(step: 2, grain: 0) == expected
                let staysCoarse = stack.filtered(step: 4, grain: 0.2) == expected
                #expect(staysFine && staysCoarse, "\(value) at \(depth) bits")
            }
        }
    }

    @Test func nothingChangesWithoutNoise() {
        let stack = Stack(Pictures(width: 70, height: 50, depth: 8, noise: 0))
        let source = stack.samples(ofFrame: Stack.centre)
        let result = stack.filtered(step: 4, grain: 0, deviation: 0).map { Int($0) }
        let largest = zip(source, result).map { abs(Int($0) - $1) }.max() ?? 0
        #expect(largest <= 1)
    }

    @Test func samplesInsideTheLegalRangeStayInside() {
        // Bars at the ends of the range ring when their coefficients are cut off.
        let stack = Stack.of(width: 96, height: 64, depth: 8, noise: 0) { x, _, _ in x / 7 % 2 == 0 ? 16 : 235 }
        let result = stack.filtered(step: 4, grain: 0, deviation: 20, range: 16...235)
        let isLegal = result.allSatisfy { (16...235).contains($0) }
        #expect(isLegal)
    }

    @Test(arguments: [2.0, 5, 10, 20])
    func noiseIsMeasured(_ deviation: Double) throws {
        // A slope, so that no sample has the value that another one has.
        var samples: [UInt8] = (0..<(256 * 128)).map { index in
            let (row, column) = (index / 256, index % 256)
            return UInt8(60 + column / 4 + row / 2)
        }
        let plane = NoisePlane(width: 256, height: 128)
        samples.withUnsafeMutableBytes {
            let base = $0.baseAddress.unsafelyUnwrapped
            let judge = NoiseJudge(width: 256, height: 128, depth: 8)
            judge.disturb(NoiseSamples(base, stride: 256), deviation: deviation, seed: 5, into: base, stride: 256)
            plane.load(base, stride: 256, depth: 8)
        }
        var meter = NoiseMeter()
        let found = meter.deviation(of: plane, range: 0...255)
        let measured = try #require(found)
        #expect(abs(Double(measured) - deviation) < 0.05 * deviation + 0.1)
    }

    @Test func blackBarsSayNothingAboutNoise() throws {
        var random = SeededGenerator(seed: 3)
        let plane = NoisePlane(width: 320, height: 240)
        let samples = (0..<(320 * 240)).map { index -> UInt8 in
            let row = index / 320
            return row < 100 || row >= 140 ? 16 : UInt8(100 + Int.random(in: -9...9, using: &random))
        }
        samples.withUnsafeBytes { plane.load($0.baseAddress.unsafelyUnwrapped, stride: 320, depth: 8) }
        var meter = NoiseMeter()
        let found = meter.deviation(of: plane, range: 16...235)
        let measured = try #require(found)
        // Nineteen equally likely values.
        #expect(abs(measured - 5.48) < 0.4)
    }

    @Test func constantPlanesHaveNoMeasurableNoise() {
        let stack = Stack.of(width: 64, height: 64, depth: 8, noise: 0) { _, _, _ in 90 }
        var meter = NoiseMeter()
        let found = meter.deviation(of: stack.frames[0], range: 16...235)
        #expect(found == nil)
    }

    @Test func motionIsFound() {
        // Three samples to the right and one and a half down a frame.
        let stack = Stack.of(width: 128, height: 96, depth: 8, noise: 3) { x, y, time in
            let moved = Double(time)
            return Stack.texture(Double(x) - 3 * moved, Double(y) - 1.5 * moved)
        }
        let field = stack.motion(from: 3, to: 4)
        var right = 0
        for row in 2..<(field.rows - 2) {
            for column in 2..<(field.columns - 2) where field[column, row].x == 6 && field[column, row].y == 3 {
                right += 1
            }
        }
        #expect(Double(right) >= 0.8 * Double((field.rows - 4) * (field.columns - 4)))
    }

    @Test func filteringAlongMotionRemovesNoise() {
        let stack = Stack.of(width: 128, height: 96, depth: 8, noise: 10) { x, y, time in
            let moved = Double(time)
            return Stack.texture(Double(x) - 3 * moved, Double(y) - 1.5 * moved)
        }
        let clean: [Double] = (0..<(128 * 96)).map { index in
            let (x, y) = (Double(index % 128), Double(index / 128))
            return Stack.texture(x - 9, y - 4.5)
        }
        func error(_ samples: [UInt8]) -> Double {
            var sum = 0.0
            for index in samples.indices {
                let difference = Double(samples[index]) - clean[index]
                sum += difference * difference
            }
            return sum / Double(clean.count)
        }
        let before = error(stack.samples(ofFrame: Stack.centre)), after = error(stack.filtered(step: 2, grain: 0))
        // 9 dB.
        #expect(after * 8 < before)
    }

    @Test func betterFramesStandInForWorse() {
        let before = MotionField(width: 16, height: 8), after = MotionField(width: 16, height: 8)
        before[0, 0] = .init(x: 2, y: 0, cost: 1000, leadsToSecond: false)
        after[0, 0] = .init(x: -2, y: 0, cost: 100, leadsToSecond: false)
        before[1, 0] = .init(x: 4, y: 0, cost: 110, leadsToSecond: false)
        after[1, 0] = .init(x: -4, y: 0, cost: 100, leadsToSecond: false)
        MotionField.pair(before, after, noise: 1)
        #expect(before[0, 0] == .init(x: -2, y: 0, cost: 100, leadsToSecond: true))
        #expect(after[0, 0] == .init(x: -2, y: 0, cost: 100, leadsToSecond: true))
        #expect(before[1, 0] == .init(x: 4, y: 0, cost: 110, leadsToSecond: false))
        #expect(after[1, 0] == .init(x: -4, y: 0, cost: 100, leadsToSecond: true))
    }

    @Test func chromaTakesTheVectorMostLikeTheOthers() {
        let luma = MotionField(width: 32, height: 32), chroma = MotionField(width: 16, height: 16)
        for index in 0..<16 { luma[index % 4, index / 4] = .init(x: 7, y: -3, cost: 0, leadsToSecond: false) }
        luma[1, 1] = .init(x: -40, y: 20, cost: 0, leadsToSecond: false)
        chroma.subsample(luma)
        for row in 0..<2 {
            for column in 0..<2 {
                #expect(chroma[column, row] == .init(x: 4, y: -2, cost: 0, leadsToSecond: false))
            }
        }
    }

    @Test func judgesKnowTheErrorWithoutTheTruth() {
        // A picture with noise of 6, and a "filter" that leaves a known error.
        var random = SeededGenerator(seed: 9)
        let count = 256 * 256
        let judge = NoiseJudge(width: 256, height: 256, depth: 8)
        let truth = [UInt8](repeating: 120, count: count)
        func disturbed(_ samples: [UInt8], _ seed: UInt64) -> [UInt8] {
            var result = samples
            samples.withUnsafeBytes { from in
                result.withUnsafeMutableBytes { to in
                    judge.disturb(
                        NoiseSamples(from.baseAddress.unsafelyUnwrapped, stride: 256),
                        deviation: 6,
                        seed: seed,
                        into: to.baseAddress.unsafelyUnwrapped,
                        stride: 256
                    )
                }
            }
            return result
        }
        let original = disturbed(truth, 1), copy = disturbed(original, 2)
        let filtered = truth.map { UInt8(Int($0) + Int.random(in: -3...3, using: &random)) }
        let sums = original.withUnsafeBytes { original in
            copy.withUnsafeBytes { copy in
                filtered.withUnsafeBytes { filtered in
                    judge.judge(
                        original: NoiseSamples(original.baseAddress.unsafelyUnwrapped, stride: 256),
                        disturbed: NoiseSamples(copy.baseAddress.unsafelyUnwrapped, stride: 256),
                        filtered: NoiseSamples(filtered.baseAddress.unsafelyUnwrapped, stride: 256),
                        deviation: 6
                    )
                }
            }
        }
        #expect(abs(sums.added / sums.count - 36) < 1)
        // Seven equally likely errors have a variance of 4.
        #expect(abs(sums.crossed / sums.count - 36 - sums.added / sums.count - 4) < 1.5)
    }
}

/// The samples of seven frames.
private struct Pictures {
    let width: Int
    let height: Int
    let depth: Int
    let noise: Double
    private(set) var frames: [[UInt16]] = []

    init(
        width: Int,
        height: Int,
        depth: Int,
        noise: Double,
        _ picture: (_ x: Int, _ y: Int, _ time: Int) -> Double = { x, y, time in
            Stack.texture(Double(x) - 2 * Double(time), Double(y) + Double(time))
        }
    ) {
        (self.width, self.height, self.depth, self.noise) = (width, height, depth, noise)
        var random = SeededGenerator(seed: width &* 31 &+ height)
        let unit = Double(1 << (depth - 8))
        for time in 0..<7 {
            var samples: [UInt16] = []
            samples.reserveCapacity(width * height)
            for y in 0..<height {
                for x in 0..<width {
                    var value = picture(x, y, time)
                    if noise > 0 {
                        var sum = 0.0
                        for _ in 0..<4 { sum += Double.random(in: -1...1, using: &random) }
                        value += sum * noise * 0.866_025_4
                    }
                    let scaled = (value * unit).rounded()
                    samples.append(UInt16(min(max(scaled, 0), 256 * unit - 1)))
                }
            }
            frames.append(samples)
        }
    }

    /// Samples as a frame stores them.
    static func bytes(_ samples: [UInt16], _ depth: Int) -> [UInt8] {
        depth == 8
            ? samples.map { UInt8($0) } : samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    }
}

/// Seven frames and everything to filter the middle one.
private struct Stack {
    static let centre = 3
    private let pictures: Pictures
    private var width: Int { pictures.width }
    private var height: Int { pictures.height }
    private var depth: Int { pictures.depth }
    let frames: [NoisePlane]
    private let pyramids: [MotionPyramid]

    init(_ pictures: Pictures) {
        self.pictures = pictures
        let (width, height, depth) = (pictures.width, pictures.height, pictures.depth)
        frames = pictures.frames.map { samples in
            let plane = NoisePlane(width: width, height: height)
            Pictures.bytes(samples, depth).withUnsafeBytes {
                plane.load($0.baseAddress.unsafelyUnwrapped, stride: width * (depth == 8 ? 1 : 2), depth: depth)
            }
            return plane
        }
        pyramids = frames.map { plane in
            let pyramid = MotionPyramid(width: width, height: height)
            pyramid.fill(from: plane)
            return pyramid
        }
    }

    static func of(
        width: Int,
        height: Int,
        depth: Int,
        noise: Double,
        _ picture: (_ x: Int, _ y: Int, _ time: Int) -> Double
    ) -> Stack {
        Stack(Pictures(width: width, height: height, depth: depth, noise: noise, picture))
    }

    /// Something with edges and slopes in all directions, 40...210.
    static func texture(_ x: Double, _ y: Double) -> Double {
        func wave(_ at: Double) -> Double {
            let phase = (at - at.rounded(.down)) * 4 - 2
            return phase < 0 ? phase + 1 : 1 - phase
        }
        return 125 + 45 * wave((x + 0.6 * y) / 23) + 40 * wave((y - 0.4 * x) / 17 + 0.3 * wave(x / 41))
    }

    func samples(ofFrame index: Int) -> [UInt8] { Pictures.bytes(pictures.frames[index], depth) }

    func motion(from: Int, to: Int) -> MotionField {
        var search = MotionSearch(width: width, height: height)
        let field = MotionField(width: width, height: height)
        search.search(pyramids[from], in: pyramids[to], noise: Float(pictures.noise), into: field)
        return field
    }

    /// What the meters say, as bytes.
    var measured: [UInt8] {
        var meter = NoiseMeter(), search = MotionSearch(width: width, height: height)
        let deviation = meter.deviation(of: frames[0], range: 16...235) ?? -1
        let difference = search.difference(pyramids[0], pyramids[1])
        return withUnsafeBytes(of: (deviation, difference)) { [UInt8]($0) }
    }

    /// The middle frame, filtered with all others, as a frame stores it.
    func filtered(
        step: Int,
        grain: Float,
        deviation: Float? = nil,
        range: ClosedRange<Int> = 0...255
    ) -> [UInt8] {
        var search = MotionSearch(width: width, height: height), filter = NoiseFilter(width: width)
        let centre = Self.centre, noise = Float(pictures.noise)
        var previous: (before: MotionField, after: MotionField)?
        var sums: [NoisePlane] = []
        for distance in 1...3 {
            let before = MotionField(width: width, height: height), after = MotionField(width: width, height: height)
            if let (first, second) = previous {
                search.search(
                    pyramids[centre],
                    in: pyramids[centre - distance],
                    noise: noise,
                    along: first,
                    motion(from: centre - distance + 1, to: centre - distance),
                    into: before
                )
                search.search(
                    pyramids[centre],
                    in: pyramids[centre + distance],
                    noise: noise,
                    along: second,
                    motion(from: centre + distance - 1, to: centre + distance),
                    into: after
                )
            } else {
                before.copy(from: motion(from: centre, to: centre - 1))
                after.copy(from: motion(from: centre, to: centre + 1))
            }
            let hints = (MotionField(width: width, height: height), MotionField(width: width, height: height))
            hints.0.copy(from: before)
            hints.1.copy(from: after)
            previous = hints
            MotionField.pair(before, after, noise: noise)
            let sum = NoisePlane(width: width, height: height)
            sum.add(frames[centre - distance], frames[centre + distance], to: frames[centre], along: (before, after))
            sums.append(sum)
        }
        let parameters = NoiseFilter.Parameters(
            before: 3,
            after: 3,
            step: step,
            deviation: deviation ?? noise,
            limit: 2.5,
            grain: grain,
            depth: depth,
            range: range
        )
        var result = [UInt8](repeating: 0, count: width * height * (depth == 8 ? 1 : 2))
        result.withUnsafeMutableBytes {
            filter.run(
                parameters,
                frames[centre],
                sums: sums,
                into: $0.baseAddress.unsafelyUnwrapped,
                stride: width * (depth == 8 ? 1 : 2)
            )
        }
        return result
    }
}
