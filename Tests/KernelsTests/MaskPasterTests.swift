import Testing

@testable import Kernels

@Suite(.serialized) struct MaskPasterTests {
    struct Case: Sendable {
        var frameWidth: Int, frameHeight: Int, gridWidth: Int, gridHeight: Int
        var x: Range<Int>, y: Range<Int>
    }

    static let cases = [
        Case(frameWidth: 320, frameHeight: 180, gridWidth: 80, gridHeight: 45, x: 0..<320, y: 0..<180),
        Case(frameWidth: 320, frameHeight: 180, gridWidth: 80, gridHeight: 45, x: 60..<220, y: 20..<180),
        Case(frameWidth: 101, frameHeight: 67, gridWidth: 25, gridHeight: 17, x: 13..<90, y: 1..<66),
        Case(frameWidth: 101, frameHeight: 67, gridWidth: 101, gridHeight: 67, x: 20..<60, y: 8..<52),
        Case(frameWidth: 640, frameHeight: 40, gridWidth: 107, gridHeight: 7, x: 100..<132, y: 12..<20),
        Case(frameWidth: 1, frameHeight: 1, gridWidth: 1, gridHeight: 1, x: 0..<1, y: 0..<1),
    ]

    private func pasted(_ test: Case, _ mask: Grid<Float>, into grid: Grid<Float>) {
        var paster = MaskPaster(
            maskWidth: mask.width,
            maskHeight: mask.height,
            gridWidth: test.gridWidth,
            gridHeight: test.gridHeight
        )
        paster.prepare(frameWidth: test.frameWidth, frameHeight: test.frameHeight, x: test.x, y: test.y)
        paster.run(mask: mask, into: grid)
    }

    /// Enlarges to pixels, then averages cells: the reference of the specification.
    private func reference(_ test: Case, _ mask: Grid<Float>) -> [Double] {
        let values = mask.doubles()
        var result = [Double](repeating: 0, count: test.gridWidth * test.gridHeight)
        let cellWidth = Double(test.frameWidth) / Double(test.gridWidth)
        let cellHeight = Double(test.frameHeight) / Double(test.gridHeight)
        for y in test.y {
            for x in test.x {
                let pixel = Reference.bilinear(
                    values,
                    mask.width,
                    mask.height,
                    x: (Double(x - test.x.lowerBound) + 0.5) * Double(mask.width) / Double(test.x.count) - 0.5,
                    y: (Double(y - test.y.lowerBound) + 0.5) * Double(mask.height) / Double(test.y.count) - 0.5
                )
                let firstColumn = Int(Double(x) / cellWidth), firstRow = Int(Double(y) / cellHeight)
                for row in firstRow...min(firstRow + 1, test.gridHeight - 1) {
                    for column in firstColumn...min(firstColumn + 1, test.gridWidth - 1) {
                        let width =
                            min(Double(x + 1), Double(column + 1) * cellWidth)
                            - max(Double(x), Double(column) * cellWidth)
                        let height =
                            min(Double(y + 1), Double(row + 1) * cellHeight) - max(Double(y), Double(row) * cellHeight)
                        if width > 0 && height > 0 {
                            result[row * test.gridWidth + column] += pixel * width * height / (cellWidth * cellHeight)
                        }
                    }
                }
            }
        }
        return result
    }

    @Test(arguments: cases) func isTheEnlargedMaskAveragedOverCells(_ test: Case) {
        var random = SeededGenerator(seed: test.frameWidth)
        for (width, height) in [(64, 36), (36, 64)] {
            let mask = randomUnit(width, height, &random)
            let grid = Grid<Float>(width: test.gridWidth, height: test.gridHeight, repeating: 0)
            pasted(test, mask, into: grid)
            for (value, expected) in zip(grid.samples, reference(test, mask)) {
                #expect(abs(Double(value) - expected) < 1e-5)
            }
        }
    }

    @Test func keepsTheLargerOfTwoRegions() {
        let grid = Grid<Float>(width: 20, height: 10, repeating: 0.5)
        let mask = Grid<Float>(width: 8, height: 8, repeating: 0.25)
        let test = Case(frameWidth: 80, frameHeight: 40, gridWidth: 20, gridHeight: 10, x: 0..<40, y: 0..<40)
        pasted(test, mask, into: grid)
        #expect(grid.samples.allSatisfy { $0 == 0.5 })
        mask.fill(0.75)
        pasted(test, mask, into: grid)
        #expect(abs(grid[3, 4] - 0.75) < 1e-6)
        #expect(grid[15, 4] == 0.5)
    }

    @Test(arguments: cases) func agreesOnAllLevels(_ test: Case) {
        var random = SeededGenerator(seed: test.gridWidth)
        let mask = randomUnit(51, 29, &random)
        let grid = Grid<Float>(width: test.gridWidth, height: test.gridHeight, repeating: 0)
        expectEqualOnAllLevels("paste") {
            grid.fill(0)
            pasted(test, mask, into: grid)
            return grid.bytes
        }
    }
}
