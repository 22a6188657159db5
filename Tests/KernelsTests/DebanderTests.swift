import Testing

@testable import Kernels

@Suite(.serialized) struct DebanderTests {
    private let layout = FrameLayout(width: 133, height: 70)

    private func deband(_ frame: ExactFrame) -> [[UInt16]] {
        var debander = Debander(frame.layout)
        return debander.run(frame.readable) { planes in
            let (width, height) = (frame.layout.width, frame.layout.height)
            return (0..<height).map { y in
                let row = (planes.base.0 + y * planes.stride.0).assumingMemoryBound(to: UInt16.self)
                return (0..<width).map { row[$0] }
            }
        }
    }

    @Test func variantsAgree() {
        var random = SeededGenerator(seed: 4)
        for (width, height) in [(1, 1), (7, 3), (64, 36), (133, 70)] {
            let frame = ExactFrame(FrameLayout(width: width, height: height), padding: 5)
            for isSmooth in [true, false] {
                frame.fill { _, x, y in isSmooth ? 90 + (x + y) / 24 : Int.random(in: 0...255, using: &random) }
                expectEqualOnAllLevels("\(width)x\(height)") {
                    deband(frame).flatMap { $0 }.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
                }
            }
        }
    }

    /// A slow ramp that eight bits cut into steps of thirty samples comes out as a ramp.
    @Test func stepsBecomeARamp() {
        let frame = ExactFrame(layout)
        frame.fill { _, x, _ in 100 + x / 30 }
        let row = deband(frame)[35]
        // Twelve-bit steps of one eight-bit code would be 16.
        let largest = zip(row, row.dropFirst()).map { abs(Int($0) - Int($1)) }.max() ?? 0
        #expect(largest <= 5)
        for x in 20..<110 { #expect(abs(Double(row[x]) - (1600 + 16 * (Double(x) - 14.5) / 30)) <= 5) }
    }

    /// Whatever stands out by more than rounding stays to the bit.
    @Test func detailsStay() {
        var random = SeededGenerator(seed: 9)
        let frame = ExactFrame(layout)
        frame.fill { _, x, y in (x / 5 + y / 7) % 2 == 0 ? 80 : 120 + Int.random(in: 0...9, using: &random) }
        let rows = deband(frame)
        var changed = 0
        for y in 0..<70 {
            for x in 0..<133 where Int(rows[y][x]) != frame.sample(0, x, y) * 16 { changed += 1 }
        }
        #expect(changed == 0)
    }

    @Test func nothingMovesByMoreThanThreeQuartersOfACode() {
        var random = SeededGenerator(seed: 2)
        let frame = ExactFrame(layout)
        frame.fill { _, x, _ in 60 + x / 20 + Int.random(in: 0...1, using: &random) }
        let rows = deband(frame)
        var largest = 0
        for y in 0..<70 {
            for x in 0..<133 { largest = max(largest, abs(Int(rows[y][x]) - frame.sample(0, x, y) * 16)) }
        }
        #expect(largest > 0 && largest <= 12)
    }
}
