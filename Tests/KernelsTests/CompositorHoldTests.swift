import Testing

@testable import Kernels

/// The hold, on a frame where every pixel's new alpha is known: no slopes, one offset everywhere.
@Suite struct CompositorHoldTests {
    private static let size = 40

    private struct Frame: ~Copyable {
        var compositor: Compositor

        init() {
            compositor = Compositor(
                layout: FrameLayout(width: size, height: size, chroma: .none),
                gridWidth: size / 4,
                gridHeight: size / 4
            )
        }

        /// Runs a frame whose alpha would be `target` without the hold; returns the held one.
        mutating func run(target: Int, adaption: Float) -> Int {
            let cells = size / 4
            let lines = GuidedFilter.Lines(width: cells, height: cells)
            lines.b.fill(0.2 + 0.5 * Float(target) / 255)
            // Neither 0 nor 1, so that no tile is skipped.
            lines.input2.fill(1000)
            let input = ExactFrame(compositor.layout)
            input.fill { _, _, _ in 77 }
            let k = Grid<Float>(width: cells, height: cells, repeating: adaption)
            withExtendedLifetime(input) {
                compositor.buildAlpha(input: input.readable, lines: lines, adaption: k)
            }
            let values = Set(compositor.alpha.values)
            #expect(values.count == 1)
            return Int(values.first ?? 0)
        }
    }

    private func expected(_ held: Int, _ target: Int, _ k: Double) -> Int {
        let isEnd = target == 0 || target == 255
        let distance = Double(abs(target - held))
        let free = max(distance - (isEnd ? 0 : 16 * (1 - k)), 0)
        var step = (free * k + 0.5).rounded(.down)
        if isEnd { step = min(max(step, 1), distance) }
        return held + (target < held ? -1 : 1) * Int(step)
    }

    @Test(arguments: [0.12, 0.3, 0.5, 0.75, 1.0]) func movesAsSpecified(_ k: Double) {
        for start in stride(from: 0, through: 255, by: 15) {
            for target in [0, 1, 9, 30, 100, 128, 200, 246, 254, 255] {
                var frame = Frame()
                let held = frame.run(target: start, adaption: 1)
                #expect(abs(held - start) <= 1)
                // One more or less where the fixed point rounds the other way.
                let moved = frame.run(target: target, adaption: Float(k))
                let nearby = (-1...1).map { expected(held, min(max(target + $0, 0), 255), k) }
                #expect(moved >= (nearby.min() ?? 0) - 1 && moved <= (nearby.max() ?? 0) + 1)
            }
        }
    }

    @Test func takesTheFirstFrameAsItIs() {
        var frame = Frame()
        #expect(abs(frame.run(target: 143, adaption: 0.12) - 143) <= 1)
    }

    @Test func followsAtOnceWhereAdaptionIsFull() {
        var frame = Frame()
        _ = frame.run(target: 20, adaption: 1)
        for target in [255, 0, 130, 129, 4] {
            #expect(abs(frame.run(target: target, adaption: 1) - target) <= 1)
        }
    }

    @Test(arguments: [0, 255]) func alwaysReachesTheEnds(_ end: Int) {
        var frame = Frame()
        _ = frame.run(target: 128, adaption: 1)
        var frames = 0
        while frame.run(target: end, adaption: 0.12) != end && frames < 100 {
            frames += 1
        }
        #expect(frames < 60)
    }

    @Test func holdsStillAgainstNoise() {
        var frame = Frame()
        let held = frame.run(target: 120, adaption: 1)
        for target in [126, 114, 131, 110] {
            #expect(frame.run(target: target, adaption: 0.12) == held)
        }
    }
}
