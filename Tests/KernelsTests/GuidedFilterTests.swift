import Testing

@testable import Kernels

@Suite(.serialized) struct GuidedFilterTests {
    /// The specification's step 7 at low resolution, in double precision.
    private struct ReferenceFilter {
        var lines: [[Double]] = []
        var input2: [Double] = []

        init(guide: GridImage<UInt8>, mask: Grid<Float>) {
            let width = guide.width, height = guide.height, count = width * height
            let zero = [Double](repeating: 0, count: count)
            let planes = [
                guide.y.doubles().map { $0 / 255 },
                guide.u?.doubles().map { 1.5 * $0 / 255 } ?? zero,
                guide.v?.doubles().map { 1.5 * $0 / 255 } ?? zero,
            ]
            func box(_ values: [Double]) -> [Double] { Reference.box(values, width, height, radius: 4) }
            func product(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 * $1 } }
            let means = planes.map(box)
            // What the kernel starts from has 12 bits; the rest is compared without that difference.
            var input = mask.doubles().map { (Reference.clamp(($0 - 0.15) / 0.7) * 4095).rounded() / 4095 }
            for pass in 0..<2 {
                if pass == 1 {
                    input2 = (0..<count).map { cell in
                        let line = (0..<3).reduce(lines[3][cell]) { $0 + lines[$1][cell] * planes[$1][cell] }
                        return Reference.clamp((Reference.clamp(line) - 0.12) / 0.68)
                    }
                    input = input2.map { ($0 * 4095).rounded() / 4095 }
                }
                let inputMean = box(input)
                let crossed = planes.map { box(product($0, input)) }
                var fitted = [[Double]](repeating: zero, count: 4)
                var covariances = [[[Double]]](repeating: [[Double]](repeating: zero, count: 3), count: 3)
                for i in 0..<3 {
                    for j in i..<3 {
                        let mean = box(product(planes[i], planes[j]))
                        covariances[i][j] = (0..<count).map { mean[$0] - means[i][$0] * means[j][$0] }
                        covariances[j][i] = covariances[i][j]
                    }
                }
                for cell in 0..<count {
                    let matrix = (0..<3).map { i in
                        (0..<3).map { j in covariances[i][j][cell] + (i == j ? 3e-4 : 0) }
                    }
                    let side = (0..<3).map { crossed[$0][cell] - means[$0][cell] * inputMean[cell] }
                    let slopes = solve(matrix, side)
                    for i in 0..<3 { fitted[i][cell] = slopes[i] }
                    fitted[3][cell] = inputMean[cell] - (0..<3).reduce(0) { $0 + slopes[$1] * means[$1][cell] }
                }
                lines = fitted.map(box)
            }
        }

        /// Gaussian elimination with pivots.
        private func solve(_ matrix: [[Double]], _ side: [Double]) -> [Double] {
            var rows = zip(matrix, side).map { $0 + [$1] }
            for column in 0..<3 {
                let pivot = (column..<3).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
                rows.swapAt(column, pivot)
                for row in 0..<3 where row != column {
                    let factor = rows[row][column] / rows[column][column]
                    for index in column..<4 { rows[row][index] -= factor * rows[column][index] }
                }
            }
            return (0..<3).map { rows[$0][3] / rows[$0][$0] }
        }
    }

    private func line(_ lines: GuidedFilter.Lines, _ guide: GridImage<UInt8>, _ cell: Int) -> Double {
        Double(lines.b.samples[cell])
            + Double(lines.a0.samples[cell]) * Double(guide.y.samples[cell]) / 255
            + Double(lines.a1.samples[cell]) * Double(guide.u?.samples[cell] ?? 0) * 1.5 / 255
            + Double(lines.a2.samples[cell]) * Double(guide.v?.samples[cell] ?? 0) * 1.5 / 255
    }

    @Test(arguments: [(80, 45, true), (41, 160, true), (64, 33, false), (5, 3, true), (1, 1, true)])
    func followsTheSpecificationOnAPicture(_ width: Int, _ height: Int, _ hasChroma: Bool) {
        compare(pictureImage(width, height, hasChroma: hasChroma, seed: width), personMask(width, height))
    }

    /// Random colours and masks: every window is a strong edge, and the sums are as large as they get.
    @Test(arguments: [(60, 40, true), (33, 47, false)])
    func followsTheSpecificationOnNoise(_ width: Int, _ height: Int, _ hasChroma: Bool) {
        var random = SeededGenerator(seed: height)
        compare(randomImage(width, height, hasChroma: hasChroma, &random), randomUnit(width, height, &random))
    }

    private func compare(_ guide: GridImage<UInt8>, _ mask: Grid<Float>) {
        var filter = GuidedFilter(width: guide.width, height: guide.height)
        filter.run(guide: guide, mask: mask)
        let reference = ReferenceFilter(guide: guide, mask: mask)
        var worst = 0.0, worstInput = 0.0
        for cell in 0..<guide.y.count {
            let expected =
                reference.lines[3][cell] + reference.lines[0][cell] * Double(guide.y.samples[cell]) / 255
                + reference.lines[1][cell] * Double(guide.u?.samples[cell] ?? 0) * 1.5 / 255
                + reference.lines[2][cell] * Double(guide.v?.samples[cell] ?? 0) * 1.5 / 255
            worst = max(worst, abs(line(filter.lines, guide, cell) - expected))
            let input = Double(filter.lines.input2.samples[cell]) / 4095
            worstInput = max(worstInput, abs(input - reference.input2[cell]))
        }
        #expect(worst < 1e-4)
        // A step of the 12 bits is 2.4e-4, and half of it is rounding.
        #expect(worstInput < 2e-4)
    }

    @Test func isExactWhereTheMaskIsSettled() {
        var random = SeededGenerator(seed: 12)
        let guide = randomImage(90, 60, hasChroma: true, &random)
        let mask = Grid<Float>(width: 90, height: 60, repeating: 0)
        for row in 0..<60 {
            for column in 40..<90 {
                mask[column, row] = 1
            }
        }
        var filter = GuidedFilter(width: 90, height: 60)
        filter.run(guide: guide, mask: mask)
        let lines = filter.lines
        // Two windows of radius 4 in each of two passes.
        for row in 0..<60 {
            for column in 0..<24 {
                #expect(lines.a0[column, row] == 0 && lines.a1[column, row] == 0 && lines.a2[column, row] == 0)
                #expect(lines.b[column, row] == 0 && lines.input2[column, row] == 0)
            }
            for column in 56..<90 {
                #expect(lines.a0[column, row] == 0 && lines.a1[column, row] == 0 && lines.a2[column, row] == 0)
                #expect(lines.b[column, row] == 1 && lines.input2[column, row] == GuidedFilter.one)
            }
        }
    }

    @Test func survivesAFlatGuide() {
        let guide = GridImage<UInt8>(width: 30, height: 20, hasChroma: true, repeating: 255)
        var filter = GuidedFilter(width: 30, height: 20)
        filter.run(guide: guide, mask: personMask(30, 20))
        #expect(filter.lines.a0.samples.allSatisfy { $0 == 0 })
        #expect(filter.lines.b.samples.allSatisfy { (0...1).contains($0) })
    }

    @Test(arguments: [(1, 1), (2, 30), (17, 9), (64, 36), (83, 41), (320, 20)])
    func agreesOnAllLevels(_ width: Int, _ height: Int) {
        for hasChroma in [true, false] {
            var random = SeededGenerator(seed: width + height)
            let guide = randomImage(width, height, hasChroma: hasChroma, &random)
            let mask = randomUnit(width, height, &random)
            expectEqualOnAllLevels("guided") {
                var filter = GuidedFilter(width: width, height: height)
                filter.run(guide: guide, mask: mask)
                let lines = filter.lines
                return lines.a0.bytes + lines.a1.bytes + lines.a2.bytes + lines.b.bytes + lines.input2.bytes
            }
        }
    }

    @Test func refusesAnEpsilonThatLeavesTheFixedPoint() async {
        await #expect(processExitsWith: .failure) {
            var parameters = GuidedFilter.Parameters()
            parameters.epsilon = 1e-6
            _ = GuidedFilter(width: 8, height: 8, parameters: parameters)
        }
    }
}
