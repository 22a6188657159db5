import Testing

@testable import Kernels

@Suite(.serialized) struct PixelKernelsTests {
    @Test func expandsTheLimitedRange() {
        let source = GridImage<UInt8>(width: 256, height: 1, hasChroma: true, repeating: 0)
        for value in 0..<256 {
            source.y[value, 0] = UInt8(value)
            source.u?[value, 0] = UInt8(value)
            source.v?[value, 0] = UInt8(value)
        }
        let result = GridImage<UInt8>(width: 256, height: 1, hasChroma: true, repeating: 0)
        PixelKernels.expandRange(source, into: result)
        for value in 0..<256 {
            let luma = (Double(value) - 16) * 255 / 219, chroma = (Double(value) - 128) * 255 / 224 + 128
            #expect(abs(Double(result.y[value, 0]) - Reference.clamp(luma, 0, 255)) <= 0.5)
            #expect(abs(Double(result.u?[value, 0] ?? 0) - Reference.clamp(chroma, 0, 255)) <= 0.5)
        }
        PixelKernels.expandRange(source, into: source)
        #expect(source.bytes == result.bytes)
    }

    @Test func measuresDifferences() {
        var random = SeededGenerator(seed: 3)
        let first = randomBytes(123, 45, &random), second = randomBytes(123, 45, &random)
        let expected = zip(first.samples, second.samples).reduce(0.0) { $0 + abs(Double($1.0) - Double($1.1)) }
        let measured = PixelKernels.meanAbsoluteDifference(first, second)
        #expect(abs(Double(measured) - expected / Double(first.count)) < 1e-4)
        #expect(PixelKernels.meanAbsoluteDifference(first, first) == 0)
    }

    @Test(arguments: [true, false]) func convertsKnownColours(isFullRange: Bool) {
        // Red, green, blue, white and black through BT.709.
        let colours: [(Double, Double, Double)] = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (0, 0, 0)]
        let image = GridImage<UInt8>(width: 5, height: 1, hasChroma: true, repeating: 0)
        let weightRed = 0.2126, weightBlue = 0.0722
        for (index, (red, green, blue)) in colours.enumerated() {
            let luma = weightRed * red + (1 - weightRed - weightBlue) * green + weightBlue * blue
            let u = (blue - luma) / (2 * (1 - weightBlue)), v = (red - luma) / (2 * (1 - weightRed))
            image.y[index, 0] = UInt8((isFullRange ? luma * 255 : 16 + luma * 219).rounded())
            image.u?[index, 0] = UInt8(Reference.clamp((128 + u * (isFullRange ? 255 : 224)).rounded(), 0, 255))
            image.v?[index, 0] = UInt8(Reference.clamp((128 + v * (isFullRange ? 255 : 224)).rounded(), 0, 255))
        }
        var rgb = [Float](repeating: -1, count: 15)
        let matrix = YUVMatrix(weightRed: weightRed, weightBlue: weightBlue, isFullRange: isFullRange)
        rgb.withUnsafeMutableBufferPointer { PixelKernels.convertToRGB(image, matrix: matrix, into: $0) }
        for (index, (red, green, blue)) in colours.enumerated() {
            #expect(abs(Double(rgb[index]) - red) < 0.01)
            #expect(abs(Double(rgb[5 + index]) - green) < 0.01)
            #expect(abs(Double(rgb[10 + index]) - blue) < 0.01)
        }
    }

    @Test func turnsClockwise() {
        let source = Grid<Float>(width: 3, height: 2, repeating: 0)
        for index in 0..<6 {
            source.samples[index] = Float(index)
        }
        let right = Grid<Float>(width: 2, height: 3, repeating: 0)
        PixelKernels.rotate(source, quarterTurns: 1, into: right)
        #expect(Array(right.samples) == [3, 0, 4, 1, 5, 2])
        let left = Grid<Float>(width: 2, height: 3, repeating: 0)
        PixelKernels.rotate(source, quarterTurns: 3, into: left)
        #expect(Array(left.samples) == [2, 5, 1, 4, 0, 3])
        let around = Grid<Float>(width: 3, height: 2, repeating: 0)
        PixelKernels.rotate(source, quarterTurns: 2, into: around)
        #expect(Array(around.samples) == [5, 4, 3, 2, 1, 0])
    }

    @Test func turnsBack() {
        var random = SeededGenerator(seed: 8)
        let source = randomBytes(37, 21, &random)
        let turned = Grid<UInt8>(width: 21, height: 37, repeating: 0)
        let back = Grid<UInt8>(width: 37, height: 21, repeating: 0)
        PixelKernels.rotate(source, quarterTurns: 1, into: turned)
        PixelKernels.rotate(turned, quarterTurns: 3, into: back)
        #expect(back.bytes == source.bytes)
    }

    @Test func picksWhatChanged() {
        let current = Grid<Float>(width: 4, height: 1, repeating: 1)
        let mask = Grid<Float>(width: 4, height: 1, repeating: 0)
        mask.samples[1] = 0.4
        mask.samples[2] = 0.6
        let result = Grid<Float>(width: 4, height: 1, repeating: 0)
        PixelKernels.pickChanged(current: current, mask: mask, threshold: 0.5, into: result)
        #expect(Array(result.samples) == [1, 1, 0.6, 1])
    }

    @Test(arguments: [(1, 1), (7, 3), (64, 36), (129, 17)])
    func agreesOnAllLevels(_ width: Int, _ height: Int) {
        var random = SeededGenerator(seed: width)
        let image = randomImage(width, height, hasChroma: true, &random)
        let expanded = GridImage<UInt8>(width: width, height: height, hasChroma: true, repeating: 0)
        expectEqualOnAllLevels("range") {
            PixelKernels.expandRange(image, into: expanded)
            return expanded.bytes
        }
        let matrix = YUVMatrix(weightRed: 0.299, weightBlue: 0.114, isFullRange: false)
        var rgb = [Float](repeating: 0, count: 3 * width * height)
        expectEqualOnAllLevels("colour") {
            rgb.withUnsafeMutableBufferPointer { PixelKernels.convertToRGB(image, matrix: matrix, into: $0) }
            return rgb.withUnsafeBytes { [UInt8]($0) }
        }
        expectEqualOnAllLevels("difference") {
            let difference = PixelKernels.meanAbsoluteDifference(image.y, expanded.y)
            return withUnsafeBytes(of: difference) { [UInt8]($0) }
        }
    }

    @Test func refusesPlanesOfDifferentSizes() async {
        await #expect(processExitsWith: .failure) {
            let first = Grid<UInt8>(width: 4, height: 4, repeating: 0)
            let second = Grid<UInt8>(width: 4, height: 5, repeating: 0)
            _ = PixelKernels.meanAbsoluteDifference(first, second)
        }
    }
}
