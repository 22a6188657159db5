import Testing

@testable import Kernels

@Suite(.serialized) struct DetailKernelsTests {
    private func filled(_ width: Int, _ height: Int, seed: Int, range: ClosedRange<Float>) -> FloatPlane {
        var random = SeededGenerator(seed: seed)
        let plane = FloatPlane(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width { plane.set(x, y, Float.random(in: range, using: &random)) }
        }
        return plane
    }

    @Test(arguments: [(37, 9), (64, 3), (1, 1), (2, 5)])
    func addsDetailWithinReachOfTheNeighbourhood(width: Int, height: Int) {
        let base = filled(width, height, seed: 3, range: 0...255)
        let addition = filled(width, height, seed: 4, range: -90...90)
        func sum() -> FloatPlane {
            let detail = filled(width, height, seed: 4, range: -90...90)
            var kernels = DetailKernels(enlargedWidth: width)
            kernels.add(to: base.plane, margin: 12, detail: detail.plane, rows: 0..<height / 2)
            kernels.add(to: base.plane, margin: 12, detail: detail.plane, rows: height / 2..<height)
            return detail
        }
        let actual = sum()
        for y in 0..<height {
            for x in 0..<width {
                var (low, high) = (Float.infinity, -Float.infinity)
                for j in max(0, y - 1)...min(height - 1, y + 1) {
                    for i in max(0, x - 1)...min(width - 1, x + 1) {
                        (low, high) = (min(low, base.get(i, j)), max(high, base.get(i, j)))
                    }
                }
                let expected = min(max(base.get(x, y) + addition.get(x, y), low - 12), high + 12)
                #expect(actual.get(x, y) == expected)
            }
        }
        expectEqualOnAllLevels("detail") { sum().bytes }
    }

    @Test func gathersTilesWithRepeatedEdges() {
        let (width, height) = (11, 7)
        let exact = ExactPlane(rowBytes: width, rows: height, padding: 3)
        for y in 0..<height {
            for x in 0..<width {
                exact.base.storeBytes(of: UInt8(x + 16 * y), toByteOffset: y * exact.stride + x, as: UInt8.self)
            }
        }
        let plane = SamplePlane(exact.base, stride: exact.stride, width: width, height: height, kind: .uint8)
        let kernels = DetailKernels(enlargedWidth: 2 * width)
        func tile(_ x: Int, _ y: Int, _ columns: Int, _ rows: Int) -> [Float] {
            var samples = [Float](repeating: .nan, count: columns * rows)
            samples.withUnsafeMutableBufferPointer {
                kernels.gather(plane, x: x, y: y, width: columns, height: rows, scale: 0.5, into: $0)
            }
            return samples
        }
        for (x, y, columns, rows) in [(-6, -6, 23, 19), (3, 2, 4, 3), (8, 5, 20, 9), (-5, 1, 6, 2), (10, 6, 3, 3)] {
            let samples = tile(x, y, columns, rows)
            for j in 0..<rows {
                for i in 0..<columns {
                    let (column, row) = (min(max(x + i, 0), width - 1), min(max(y + j, 0), height - 1))
                    #expect(samples[j * columns + i] == Float(column + 16 * row) * 0.5)
                }
            }
            expectEqualOnAllLevels("gather") { tile(x, y, columns, rows).flatMap { [UInt8]($0.bitPattern.bytes) } }
        }
    }

    @Test func weavesFourPlanesAndLeavesOutWhatIsBeyond() {
        let destination = FloatPlane(width: 10, height: 6)
        let tile = (0..<4 * 4 * 3).map { Float($0) }
        let kernels = DetailKernels(enlargedWidth: 10)
        tile.withUnsafeBufferPointer {
            kernels.weave($0, tileWidth: 4, tileHeight: 3, scale: 2, into: destination.plane, x: 4, y: 2)
        }
        for y in 0..<6 {
            for x in 0..<10 {
                let isInside = x >= 4 && y >= 2
                let (i, j) = (x - 4, y - 2)
                let expected = isInside ? 2 * Float((j % 2 * 2 + i % 2) * 12 + j / 2 * 4 + i / 2) : 0
                #expect(destination.get(x, y) == expected)
            }
        }
    }

    @Test func sumsSquaredDifferences() {
        var random = SeededGenerator(seed: 9)
        for kind in [SamplePlane.Kind.uint8, .uint16] {
            let a = OwnedPlane(width: 61, height: 5, kind: kind), b = OwnedPlane(width: 61, height: 5, kind: kind)
            var expected: UInt64 = 0
            for index in 0..<61 * 5 {
                let values = (0..<2).map { _ in Int.random(in: 0...(kind == .uint8 ? 255 : 4095), using: &random) }
                for (plane, value) in zip([a, b], values) {
                    if kind == .uint8 {
                        plane.plane.base.storeBytes(of: UInt8(value), toByteOffset: index, as: UInt8.self)
                    } else {
                        plane.plane.base.storeBytes(of: UInt16(value), toByteOffset: 2 * index, as: UInt16.self)
                    }
                }
                let isInside = (3..<60).contains(index % 61) && (1..<4).contains(index / 61)
                if isInside { expected += UInt64((values[0] - values[1]) * (values[0] - values[1])) }
            }
            expectEqualOnAllLevels("squares") {
                let sum = a.plane.squaredDifference(to: b.plane, x: 3..<60, y: 1..<4)
                #expect(sum == expected)
                return sum.bytes
            }
        }
    }
}

extension FloatPlane {
    func get(_ x: Int, _ y: Int) -> Float {
        plane.base.load(fromByteOffset: y * plane.stride + 4 * x, as: Float.self)
    }

    func set(_ x: Int, _ y: Int, _ value: Float) {
        plane.base.storeBytes(of: value, toByteOffset: y * plane.stride + 4 * x, as: Float.self)
    }

    /// The samples as bytes, to compare bits.
    var bytes: [UInt8] {
        (0..<height).flatMap { y in (0..<width).flatMap { x in get(x, y).bitPattern.bytes } }
    }
}

extension FixedWidthInteger {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }
}
