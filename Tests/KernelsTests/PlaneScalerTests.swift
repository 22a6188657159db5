import Testing

@testable import Kernels

@Suite(.serialized) struct PlaneScalerTests {
    struct Case: Sendable {
        var width: Int, height: Int
        var x: Double, y: Double, rectangleWidth: Double, rectangleHeight: Double
        var toWidth: Int, toHeight: Int
    }

    static let cases = [
        Case(width: 64, height: 48, x: 0, y: 0, rectangleWidth: 64, rectangleHeight: 48, toWidth: 16, toHeight: 12),
        Case(width: 66, height: 50, x: 0, y: 0, rectangleWidth: 66, rectangleHeight: 50, toWidth: 33, toHeight: 25),
        Case(width: 201, height: 99, x: 8, y: 4, rectangleWidth: 160, rectangleHeight: 90, toWidth: 32, toHeight: 18),
        Case(
            width: 133,
            height: 77,
            x: 0,
            y: 0,
            rectangleWidth: 132.5,
            rectangleHeight: 76.5,
            toWidth: 33,
            toHeight: 19
        ),
        Case(width: 300, height: 40, x: 12, y: 2, rectangleWidth: 281, rectangleHeight: 33, toWidth: 7, toHeight: 3),
        Case(width: 5, height: 3, x: 0, y: 0, rectangleWidth: 5, rectangleHeight: 3, toWidth: 5, toHeight: 3),
        Case(width: 20, height: 10, x: 4, y: 2, rectangleWidth: 8, rectangleHeight: 6, toWidth: 32, toHeight: 18),
        Case(width: 1, height: 1, x: 0, y: 0, rectangleWidth: 1, rectangleHeight: 1, toWidth: 4, toHeight: 3),
    ]

    static let formats = [
        FrameLayout(width: 1, height: 1),
        FrameLayout(width: 1, height: 1, bytesPerSample: 2, depth: 10),
        FrameLayout(width: 1, height: 1, bytesPerSample: 2, depth: 10, shift: 6),
        FrameLayout(width: 1, height: 1, bytesPerSample: 2, depth: 12),
    ]

    private func scaled(_ test: Case, _ plane: ExactPlane, _ format: FrameLayout) -> Grid<UInt8> {
        var scaler = PlaneScaler(
            maximumWidth: test.width,
            maximumHeight: test.height,
            width: test.toWidth,
            height: test.toHeight
        )
        scaler.prepare(
            planeWidth: test.width,
            planeHeight: test.height,
            x: test.x,
            y: test.y,
            rectangleWidth: test.rectangleWidth,
            rectangleHeight: test.rectangleHeight
        )
        let result = Grid<UInt8>(width: test.toWidth, height: test.toHeight, repeating: 0)
        scaler.run(plane: plane.base, stride: plane.stride, layout: format, into: result)
        return result
    }

    private func randomPlane(_ test: Case, _ format: FrameLayout, components: Int = 1) -> (ExactPlane, [Double]) {
        var random = SeededGenerator(seed: test.width * 31 + test.toWidth)
        let count = test.width * components
        let plane = ExactPlane(rowBytes: count * format.bytesPerSample, rows: test.height, padding: 6)
        var values = [Double]()
        for y in 0..<test.height {
            for x in 0..<count {
                let value = Int.random(in: 0..<(1 << format.depth), using: &random)
                values.append(Double(value) / Double(1 << (format.depth - 8)))
                let offset = y * plane.stride + x * format.bytesPerSample
                if format.bytesPerSample == 1 {
                    plane.base.storeBytes(of: UInt8(value), toByteOffset: offset, as: UInt8.self)
                } else {
                    plane.base.storeBytes(of: UInt16(value << format.shift), toByteOffset: offset, as: UInt16.self)
                }
            }
        }
        return (plane, values)
    }

    /// Weight of each source sample for one destination sample.
    private func weights(_ start: Double, _ length: Double, _ plane: Int, _ count: Int, _ index: Int) -> [Int: Double] {
        let ratio = length / Double(count)
        var result: [Int: Double] = [:]
        if ratio >= 1 {
            let low = start + ratio * Double(index), high = low + ratio
            for sample in max(Int(low), 0)...min(Int(high), plane - 1) {
                let covered = min(Double(sample + 1), high) - max(Double(sample), low)
                if covered > 0 { result[sample] = covered / ratio }
            }
        } else {
            let position = start + ratio * (Double(index) + 0.5) - 0.5
            let first = Int(position.rounded(.down))
            let low = Int(start), high = Int((start + length).rounded(.up)) - 1
            result[min(max(first, low), high), default: 0] += 1 - (position - Double(first))
            result[min(max(first + 1, low), high), default: 0] += position - Double(first)
        }
        return result
    }

    @Test(arguments: cases, formats)
    func isTheMeanOfTheArea(_ test: Case, _ format: FrameLayout) {
        let (plane, values) = randomPlane(test, format)
        let result = scaled(test, plane, format)
        for y in 0..<test.toHeight {
            let rows = weights(test.y, test.rectangleHeight, test.height, test.toHeight, y)
            for x in 0..<test.toWidth {
                var expected = 0.0
                for (column, share) in weights(test.x, test.rectangleWidth, test.width, test.toWidth, x) {
                    for (row, part) in rows {
                        expected += values[row * test.width + column] * share * part
                    }
                }
                // Rows weigh in steps of 1/128, in sum exactly 1, so that an error weighs the distance to the mean.
                let isExact = rows.values.allSatisfy { $0 * 128 == ($0 * 128).rounded() }
                let tolerance = isExact ? 0.52 : 0.6 + Double(rows.count) * 0.5
                #expect(abs(Double(result[x, y]) - min(expected, 255)) <= tolerance)
            }
        }
    }

    @Test(arguments: formats) func keepsAFlatPlaneExactly(_ format: FrameLayout) {
        for test in Self.cases {
            let plane = ExactPlane(rowBytes: test.width * format.bytesPerSample, rows: test.height, padding: 0)
            let value = 173 << (format.depth - 8)
            for index in 0..<(plane.byteCount / format.bytesPerSample) {
                if format.bytesPerSample == 1 {
                    plane.base.storeBytes(of: UInt8(value), toByteOffset: index, as: UInt8.self)
                } else {
                    plane.base.storeBytes(of: UInt16(value << format.shift), toByteOffset: 2 * index, as: UInt16.self)
                }
            }
            #expect(scaled(test, plane, format).bytes.allSatisfy { $0 == 173 })
        }
    }

    @Test(arguments: cases, formats)
    func takesPairsApart(_ test: Case, _ format: FrameLayout) {
        let (pairs, values) = randomPlane(test, format, components: 2)
        var scaler = PlaneScaler(
            maximumWidth: test.width + 3,
            maximumHeight: test.height + 5,
            width: test.toWidth,
            height: test.toHeight
        )
        scaler.prepare(
            planeWidth: test.width,
            planeHeight: test.height,
            x: test.x,
            y: test.y,
            rectangleWidth: test.rectangleWidth,
            rectangleHeight: test.rectangleHeight
        )
        let first = Grid<UInt8>(width: test.toWidth, height: test.toHeight, repeating: 0)
        let second = Grid<UInt8>(width: test.toWidth, height: test.toHeight, repeating: 0)
        scaler.run(interleavedPlane: pairs.base, stride: pairs.stride, layout: format, into: first, second)
        for (component, result) in [first, second].enumerated() {
            let plane = ExactPlane(rowBytes: test.width * format.bytesPerSample, rows: test.height, padding: 0)
            for index in 0..<(test.width * test.height) {
                let value = Int(values[2 * index + component] * Double(1 << (format.depth - 8)))
                if format.bytesPerSample == 1 {
                    plane.base.storeBytes(of: UInt8(value), toByteOffset: index, as: UInt8.self)
                } else {
                    plane.base.storeBytes(of: UInt16(value << format.shift), toByteOffset: 2 * index, as: UInt16.self)
                }
            }
            #expect(scaled(test, plane, format).bytes == result.bytes)
        }
    }

    @Test(arguments: cases, formats)
    func agreesOnAllLevels(_ test: Case, _ format: FrameLayout) {
        let (plane, _) = randomPlane(test, format)
        expectEqualOnAllLevels("scaler") { scaled(test, plane, format).bytes }
    }

    @Test func refusesAnEmptyRectangle() async {
        await #expect(processExitsWith: .failure) {
            var scaler = PlaneScaler(maximumWidth: 8, maximumHeight: 8, width: 2, height: 2)
            scaler.prepare(planeWidth: 8, planeHeight: 8, x: 0, y: 0, rectangleWidth: 0, rectangleHeight: 8)
        }
    }
}
