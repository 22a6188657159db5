import Testing

@testable import Kernels

@Suite(.serialized) struct ComponentFinderTests {
    /// Flood fill in raster order of the first cells.
    private func flood(_ values: Grid<Float>, _ threshold: Float) -> [Int32] {
        var labels = [Int32](repeating: 0, count: values.count)
        var next: Int32 = 0
        for start in 0..<values.count where values.samples[start] > threshold && labels[start] == 0 {
            next += 1
            var stack = [start]
            labels[start] = next
            while let cell = stack.popLast() {
                let column = cell % values.width, row = cell / values.width
                for y in max(row - 1, 0)...min(row + 1, values.height - 1) {
                    for x in max(column - 1, 0)...min(column + 1, values.width - 1) {
                        let other = y * values.width + x
                        if values.samples[other] > threshold && labels[other] == 0 {
                            labels[other] = next
                            stack.append(other)
                        }
                    }
                }
            }
        }
        return labels
    }

    @Test(arguments: [(1, 1), (2, 2), (7, 5), (8, 8), (33, 20), (64, 36), (129, 31)])
    func findsWhatAFloodFinds(_ width: Int, _ height: Int) {
        var random = SeededGenerator(seed: width)
        for threshold in [Float(0.2), 0.5, 0.6, 0.8] {
            let values = randomUnit(width, height, &random)
            let expected = flood(values, threshold)
            var finder = ComponentFinder(width: width, height: height)
            let count = finder.find(in: values, above: threshold)
            #expect(count == Int(expected.max() ?? 0))
            #expect(finder.labels.values == expected)
            for index in 0..<count {
                let cells = expected.indices.filter { expected[$0] == Int32(index + 1) }
                let component = finder.component(at: index)
                #expect(component.area == cells.count)
                let columns = cells.map { $0 % width }, rows = cells.map { $0 / width }
                #expect(component.x.lowerBound == columns.min() && component.x.upperBound - 1 == columns.max())
                #expect(component.y.lowerBound == rows.min() && component.y.upperBound - 1 == rows.max())
                let mean = cells.reduce(0.0) { $0 + Double(values.samples[$1]) } / Double(cells.count)
                #expect(abs(Double(component.mean) - mean) < 1e-4)
            }
        }
    }

    @Test func findsAsManyAsThereCanBe() {
        let values = Grid<Float>(width: 9, height: 7, repeating: 0)
        for row in stride(from: 0, to: 7, by: 2) {
            for column in stride(from: 0, to: 9, by: 2) {
                values[column, row] = 1
            }
        }
        var finder = ComponentFinder(width: 9, height: 7)
        #expect(finder.find(in: values, above: 0.5) == 20)
        #expect(finder.component(at: 19).mean == 1)
    }

    @Test func keepsWhatIsChosenAndItsRim() {
        let values = Grid<Float>(width: 20, height: 8, repeating: 0.1)
        values[3, 3] = 0.9
        values[14, 4] = 0.8
        var finder = ComponentFinder(width: 20, height: 8)
        #expect(finder.find(in: values, above: 0.5) == 2)
        let result = Grid<Float>(width: 20, height: 8, repeating: -1)
        finder.keep(values, radius: 2, into: result) { $0.mean > 0.85 }
        for row in 0..<8 {
            for column in 0..<20 {
                let isNear = abs(column - 3) <= 2 && abs(row - 3) <= 2
                #expect(result[column, row] == (isNear ? values[column, row] : 0))
            }
        }
        finder.keep(values, radius: 0, into: values) { _ in false }
        #expect(values.values.allSatisfy { $0 == 0 })
    }

    @Test(arguments: [(1, 9), (31, 17), (80, 45)]) func agreesOnAllLevels(_ width: Int, _ height: Int) {
        var random = SeededGenerator(seed: height)
        let values = randomUnit(width, height, &random)
        let result = Grid<Float>(width: width, height: height, repeating: 0)
        expectEqualOnAllLevels("components") {
            var finder = ComponentFinder(width: width, height: height)
            let count = finder.find(in: values, above: 0.6)
            finder.keep(values, radius: 3, into: result) { $0.area % 2 == 0 }
            let means = (0..<count).map { finder.component(at: $0).mean }
            return finder.labels.bytes + result.bytes + means.withUnsafeBytes { [UInt8]($0) }
        }
    }

    @Test func refusesAnUnknownComponent() async {
        await #expect(processExitsWith: .failure) {
            let finder = ComponentFinder(width: 4, height: 4)
            _ = finder.component(at: 0)
        }
    }
}
