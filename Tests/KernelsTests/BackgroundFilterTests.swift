import Testing

@testable import Kernels

@Suite(.serialized) struct BackgroundFilterTests {
    /// The specification's step 9 at low resolution, in double precision: cells are taken together two by two.
    private func reference(
        _ plane: Grid<UInt8>,
        _ mask: Grid<Float>,
        _ parameters: BackgroundFilter.Parameters
    ) -> [Double] {
        let width = plane.width, height = plane.height
        let halfWidth = (width + 1) / 2, halfHeight = (height + 1) / 2
        let covered = mask.doubles().map { min($0 / 0.1, 1) }
        let weights = Reference.dilate(covered, width, height, radius: 1).map { 1 - $0 }
        func halved(_ values: [Double]) -> [Double] {
            (0..<(halfWidth * halfHeight)).map { cell in
                let x = 2 * (cell % halfWidth), y = 2 * (cell / halfWidth)
                let right = min(x + 1, width - 1), lower = min(y + 1, height - 1)
                let upperPair = values[y * width + x] + values[y * width + right]
                return (upperPair + values[lower * width + x] + values[lower * width + right]) / 4
            }
        }
        func box(_ values: [Double], _ radius: Int) -> [Double] {
            Reference.box(values, halfWidth, halfHeight, radius: max(1, (2 * radius + 1) / 4))
        }
        let values = halved(zip(plane.doubles(), weights).map { $0 * $1 }), cells = halved(weights)
        var near = values, nearWeights = cells
        for _ in 0..<parameters.passes {
            near = box(near, parameters.radius)
            nearWeights = box(nearWeights, parameters.radius)
        }
        let wide = box(values, parameters.fillRadius), wideWeights = box(cells, parameters.fillRadius)
        let mean = plane.doubles().reduce(0, +) / Double(plane.count)
        let means = near.indices.map { (cell: Int) -> Double in
            let sum = near[cell] + 0.01 * wide[cell] + 1e-6 * mean
            return sum / (nearWeights[cell] + 0.01 * wideWeights[cell] + 1e-6)
        }
        return (0..<plane.count).map { cell in
            let x = Double(cell % width) / 2 - 0.25, y = Double(cell / width) / 2 - 0.25
            return Reference.bilinear(means, halfWidth, halfHeight, x: x, y: y)
        }
    }

    @Test(arguments: [(80, 45), (33, 61), (3, 2), (1, 1)])
    func followsTheSpecification(_ width: Int, _ height: Int) {
        let planes = pictureImage(width, height, hasChroma: true, seed: 4)
        // A tiny grid would be all person.
        let mask = width > 10 ? personMask(width, height) : Grid<Float>(width: width, height: height, repeating: 0.03)
        for parameters in [BackgroundFilter.Parameters.estimate, .blur(strength: 9), .blur(strength: 1)] {
            var filter = BackgroundFilter(width: width, height: height, hasChroma: true, parameters: parameters)
            filter.run(planes, without: mask)
            let pairs = [(planes.y, filter.result.y), (planes.u, filter.result.u), (planes.v, filter.result.v)]
            for case (let plane?, let result?) in pairs {
                let expected = reference(plane, mask, parameters)
                let differences = zip(result.values, expected).map { abs(Double($0) / 64 - $1) }
                #expect((differences.max() ?? 0) < 1)
            }
        }
    }

    @Test func isSmoothWithoutAPerson() {
        // A gradient that 8 bits could only show as steps.
        let planes = GridImage<UInt8>(width: 120, height: 40, hasChroma: false, repeating: 0)
        for row in 0..<40 {
            for column in 0..<120 {
                planes.y[column, row] = UInt8(100 + column / 20)
            }
        }
        let mask = Grid<Float>(width: 120, height: 40, repeating: 0)
        let blur = BackgroundFilter.Parameters.blur(strength: 9)
        var filter = BackgroundFilter(width: 120, height: 40, hasChroma: false, parameters: blur)
        filter.run(planes, without: mask)
        for column in 41..<80 {
            let step = Int(filter.result.y[column, 20]) - Int(filter.result.y[column - 1, 20])
            #expect((1...8).contains(step))
        }
    }

    /// What stands under the person never shows, whatever it is.
    @Test func doesNotSeeThePerson() {
        var random = SeededGenerator(seed: 77)
        let first = pictureImage(96, 54, hasChroma: true, seed: 1)
        let second = pictureImage(96, 54, hasChroma: true, seed: 1)
        let mask = personMask(96, 54)
        for row in 0..<54 {
            for column in 0..<96 where mask[column, row] > 0.5 {
                second.y[column, row] = UInt8.random(in: 0...255, using: &random)
            }
        }
        let blur = BackgroundFilter.Parameters.blur(strength: 5)
        var filter = BackgroundFilter(width: 96, height: 54, hasChroma: true, parameters: blur)
        filter.run(first, without: mask)
        let result = filter.result.y.values
        filter.run(second, without: mask)
        // A millionth is the share of a plane's mean, which decides only where there is no background at all.
        for (before, after) in zip(result, filter.result.y.values) {
            #expect(abs(Int(before) - Int(after)) <= 1)
        }
    }

    @Test func takesTheMeanWhereAllIsPerson() {
        let planes = GridImage<UInt8>(width: 20, height: 10, hasChroma: true, repeating: 90)
        let mask = Grid<Float>(width: 20, height: 10, repeating: 1)
        var filter = BackgroundFilter(width: 20, height: 10, hasChroma: true, parameters: .estimate)
        filter.run(planes, without: mask)
        #expect(filter.result.y.values.allSatisfy { abs(Int($0) - 90 * 64) <= 1 })
    }

    @Test(arguments: [(1, 1), (7, 50), (64, 36), (81, 45)])
    func agreesOnAllLevels(_ width: Int, _ height: Int) {
        var random = SeededGenerator(seed: width)
        let mask = randomUnit(width, height, &random)
        for hasChroma in [true, false] {
            let planes = randomImage(width, height, hasChroma: hasChroma, &random)
            for parameters in [BackgroundFilter.Parameters.estimate, .blur(strength: 64), .blur(strength: 3)] {
                expectEqualOnAllLevels("background") {
                    var filter = BackgroundFilter(
                        width: width,
                        height: height,
                        hasChroma: hasChroma,
                        parameters: parameters
                    )
                    filter.run(planes, without: mask)
                    return filter.result.bytes
                }
            }
        }
    }

    @Test func refusesARadiusBeyondTheSums() async {
        await #expect(processExitsWith: .failure) {
            _ = BackgroundFilter(width: 8, height: 8, hasChroma: false, parameters: .blur(strength: 65))
        }
    }
}
