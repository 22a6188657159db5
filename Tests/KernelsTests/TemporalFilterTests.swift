import Testing

@testable import Kernels

@Suite(.serialized) struct TemporalFilterTests {
    /// The specification's step 4, cell by cell.
    private struct ReferenceFilter {
        var mask: [Double] = []
        var adaption: [Double] = []
        var reference: [[Double]] = []
        var frames = 0

        mutating func update(_ guide: GridImage<UInt8>, _ current: Grid<Float>) {
            let planes = [guide.y, guide.u, guide.v].compactMap { $0?.doubles() }
            let width = guide.width, height = guide.height
            frames += 1
            if frames == 1 {
                mask = current.doubles()
                reference = planes
                adaption = mask.map { _ in 1 }
                return
            }
            var change = [Double](repeating: 0, count: width * height)
            for (index, plane) in planes.enumerated() {
                for cell in 0..<change.count {
                    let difference = abs(plane[cell] - reference[index][cell]) * (index == 0 ? 1 : 1.5)
                    change[cell] = max(change[cell], difference)
                }
            }
            change = Reference.dilate(Reference.box(change, width, height, radius: 1), width, height, radius: 1)
            let floor = max(0.12, 1 / Double(frames))
            let values = current.doubles()
            for cell in 0..<change.count {
                let k = floor + (1 - floor) * Reference.clamp((change[cell] - 2.5) / 4.5)
                adaption[cell] = k
                mask[cell] += k * (values[cell] - mask[cell])
                for index in 0..<planes.count {
                    reference[index][cell] += k * (planes[index][cell] - reference[index][cell])
                }
            }
        }
    }

    @Test(arguments: [(1, 1, true), (2, 5, false), (40, 23, true), (65, 33, false)])
    func followsTheSpecification(_ width: Int, _ height: Int, _ hasChroma: Bool) {
        var random = SeededGenerator(seed: width)
        var filter = TemporalFilter(width: width, height: height, hasChroma: hasChroma)
        var reference = ReferenceFilter()
        let guide = randomImage(width, height, hasChroma: hasChroma, &random)
        for frame in 0..<12 {
            for plane in [guide.y, guide.u, guide.v].compactMap({ $0 }) {
                for index in 0..<plane.count {
                    // Mostly noise, sometimes a change.
                    let step = Int.random(in: 0...40, using: &random) == 0 ? 20 : 1
                    let value = Int(plane.samples[index]) + Int.random(in: -step...step, using: &random)
                    plane.samples[index] = UInt8(clamping: value)
                }
            }
            let current = randomUnit(width, height, &random)
            #expect(filter.isReset == (frame == 0))
            filter.update(guide: guide, current: current)
            reference.update(guide, current)
            for cell in 0..<current.count {
                #expect(abs(Double(filter.mask.samples[cell]) - reference.mask[cell]) < 1e-4)
                #expect(abs(Double(filter.adaption.samples[cell]) - reference.adaption[cell]) < 1e-4)
            }
        }
    }

    @Test func startsAgainAfterReset() {
        var random = SeededGenerator(seed: 5)
        let guide = randomImage(9, 7, hasChroma: true, &random)
        var filter = TemporalFilter(width: 9, height: 7, hasChroma: true)
        filter.update(guide: guide, current: randomUnit(9, 7, &random))
        filter.update(guide: guide, current: randomUnit(9, 7, &random))
        filter.reset()
        let current = randomUnit(9, 7, &random)
        filter.update(guide: guide, current: current)
        #expect(filter.mask.bytes == current.bytes)
        #expect(filter.adaption.samples.allSatisfy { $0 == 1 })
    }

    @Test(arguments: [(1, 3), (31, 9), (80, 45), (83, 2)])
    func agreesOnAllLevels(_ width: Int, _ height: Int) {
        expectEqualOnAllLevels("temporal") {
            var random = SeededGenerator(seed: width)
            var filter = TemporalFilter(width: width, height: height, hasChroma: true)
            for _ in 0..<4 {
                filter.update(
                    guide: randomImage(width, height, hasChroma: true, &random),
                    current: randomUnit(width, height, &random)
                )
            }
            return filter.mask.bytes + filter.adaption.bytes
        }
    }
}
