import Foundation
import Testing

@testable import Kernels

@Suite(.serialized) struct PlaneResamplerTests {
    struct Case: Sendable, CustomStringConvertible {
        var horizontal: PlaneResampler.Axis
        var vertical: PlaneResampler.Axis
        var filter = PlaneResampler.Filter.lanczos3

        init(_ width: Int, _ height: Int, to toWidth: Int, _ toHeight: Int, _ filter: PlaneResampler.Filter = .lanczos3)
        {
            horizontal = PlaneResampler.Axis(from: width, to: toWidth)
            vertical = PlaneResampler.Axis(from: height, to: toHeight)
            self.filter = filter
        }

        var description: String {
            "\(horizontal.sourceCount)x\(vertical.sourceCount) to \(horizontal.count)x\(vertical.count) \(filter)"
        }
    }

    static let cases = [
        Case(40, 12, to: 80, 24),
        Case(40, 12, to: 80, 24, .bicubic),
        Case(80, 24, to: 40, 12, .bicubic),
        Case(81, 25, to: 40, 12, .bicubic),
        Case(16, 16, to: 40, 40),
        Case(35, 29, to: 106, 86),
        Case(17, 9, to: 68, 36),
        Case(64, 20, to: 48, 14),
        Case(3, 2, to: 6, 4),
        Case(1, 1, to: 2, 2),
        Case(23, 7, to: 23, 7),
    ]

    private func kernel(_ filter: PlaneResampler.Filter, _ x: Double) -> Double {
        let x = abs(x)
        switch filter {
        case .lanczos3:
            if x < 1e-12 { return 1 }
            return x < 3 ? 3 * sin(.pi * x) * sin(.pi * x / 3) / (.pi * .pi * x * x) : 0
        case .bicubic:
            if x < 1 { return 1.5 * x * x * x - 2.5 * x * x + 1 }
            return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0
        }
    }

    /// One axis of the resampling straight from its definition.
    private func resampled(_ values: [Double], _ axis: PlaneResampler.Axis, _ filter: PlaneResampler.Filter) -> [Double]
    {
        let stretch = max(axis.step, 1)
        return (0..<axis.count).map { index in
            let centre = axis.origin + Double(index) * axis.step
            var (sum, weights) = (0.0, 0.0)
            for sample in Int(floor(centre - 4 * stretch))...Int(ceil(centre + 4 * stretch)) {
                let weight = kernel(filter, (Double(sample) - centre) / stretch)
                sum += weight * values[min(max(sample, 0), values.count - 1)]
                weights += weight
            }
            return sum / weights
        }
    }

    private func reference(_ test: Case, _ values: [Double]) -> [Double] {
        let (width, height) = (test.horizontal.sourceCount, test.vertical.sourceCount)
        let rows = (0..<height).map {
            resampled(Array(values[$0 * width..<($0 + 1) * width]), test.horizontal, test.filter)
        }
        let columns = (0..<test.horizontal.count).map { x in
            resampled(rows.map { $0[x] }, test.vertical, test.filter)
        }
        return (0..<test.vertical.count).flatMap { y in columns.map { $0[y] } }
    }

    private func plane(_ exact: ExactPlane, _ width: Int, _ height: Int, _ kind: SamplePlane.Kind) -> SamplePlane {
        SamplePlane(exact.base, stride: exact.stride, width: width, height: height, kind: kind)
    }

    private func source(_ test: Case, depth: Int) -> (ExactPlane, [Double]) {
        var random = SeededGenerator(seed: test.horizontal.sourceCount * 7 + depth)
        let bytes = depth > 8 ? 2 : 1
        let (width, height) = (test.horizontal.sourceCount, test.vertical.sourceCount)
        let exact = ExactPlane(rowBytes: width * bytes, rows: height, padding: 6)
        var values: [Double] = []
        for y in 0..<height {
            for x in 0..<width {
                let value = Int.random(in: 0..<(1 << depth), using: &random)
                values.append(Double(value))
                let offset = y * exact.stride + x * bytes
                if bytes == 1 {
                    exact.base.storeBytes(of: UInt8(value), toByteOffset: offset, as: UInt8.self)
                } else {
                    exact.base.storeBytes(of: UInt16(value), toByteOffset: offset, as: UInt16.self)
                }
            }
        }
        return (exact, values)
    }

    private func result(_ test: Case, _ from: ExactPlane, depth: Int) -> ExactPlane {
        let kind: SamplePlane.Kind = depth > 8 ? .uint16 : .uint8
        let to = ExactPlane(rowBytes: test.horizontal.count * kind.rawValue, rows: test.vertical.count, padding: 2)
        var resampler = PlaneResampler(test.horizontal, test.vertical, filter: test.filter)
        resampler.run(
            plane(from, test.horizontal.sourceCount, test.vertical.sourceCount, kind),
            into: plane(to, test.horizontal.count, test.vertical.count, kind),
            peak: (1 << depth) - 1
        )
        return to
    }

    @Test(arguments: cases, [8, 10, 12])
    func equalsTheDefinition(test: Case, depth: Int) {
        let (from, values) = source(test, depth: depth)
        let to = result(test, from, depth: depth)
        let peak = Double((1 << depth) - 1)
        var worst = 0.0
        for (index, expected) in reference(test, values).enumerated() {
            let (x, y) = (index % test.horizontal.count, index / test.horizontal.count)
            let offset = y * to.stride + x * (depth > 8 ? 2 : 1)
            let actual =
                depth > 8
                ? Double(to.base.load(fromByteOffset: offset, as: UInt16.self))
                : Double(to.base.load(fromByteOffset: offset, as: UInt8.self))
            worst = max(worst, abs(actual - min(max(expected, 0), peak)))
        }
        // Half a code value is rounding.
        #expect(worst <= 0.502)
    }

    @Test(arguments: cases, [8, 10])
    func allVariantsAgree(test: Case, depth: Int) {
        let (from, _) = source(test, depth: depth)
        expectEqualOnAllLevels("\(test)") { result(test, from, depth: depth).bytes }
    }

    @Test func keepsFlatPicturesFlat() {
        for test in Self.cases {
            let exact = ExactPlane(rowBytes: test.horizontal.sourceCount, rows: test.vertical.sourceCount, padding: 0)
            exact.base.initializeMemory(as: UInt8.self, repeating: 201, count: exact.byteCount)
            let to = result(test, exact, depth: 8)
            for y in 0..<test.vertical.count {
                for x in 0..<test.horizontal.count {
                    #expect(to.base.load(fromByteOffset: y * to.stride + x, as: UInt8.self) == 201)
                }
            }
        }
    }

    /// Positions that are no half samples: what siting needs.
    @Test func placesSamplesWhereItIsTold() {
        var test = Case(20, 4, to: 40, 4)
        test.horizontal.origin = -0.125
        let (from, values) = source(test, depth: 12)
        let to = result(test, from, depth: 12)
        let expected = reference(test, values)
        for x in 0..<40 {
            let actual = Double(to.base.load(fromByteOffset: 2 * x, as: UInt16.self))
            #expect(abs(actual - min(max(expected[x], 0), 4095)) <= 0.502)
        }
    }

    @Test func addsAndSubtracts() {
        let test = Case(10, 6, to: 20, 12)
        let (from, values) = source(test, depth: 8)
        let expected = reference(test, values)
        let sum = FloatPlane(width: 20, height: 12)
        var resampler = PlaneResampler(test.horizontal, test.vertical, filter: .lanczos3)
        let small = plane(from, 10, 6, .uint8)
        resampler.run(small, into: sum.plane)
        resampler.run(small, addedTo: sum.plane, into: sum.plane)
        let left = FloatPlane(width: 20, height: 12)
        resampler.run(small, subtractedFrom: sum.plane, into: left.plane, rows: 0..<7)
        resampler.run(small, subtractedFrom: sum.plane, into: left.plane, rows: 7..<12)
        for (index, value) in expected.enumerated() {
            let offset = index / 20 * left.plane.stride + index % 20 * 4
            #expect(abs(Double(sum.plane.base.load(fromByteOffset: offset, as: Float.self)) - 2 * value) < 1e-3)
            #expect(abs(Double(left.plane.base.load(fromByteOffset: offset, as: Float.self)) - value) < 1e-3)
        }
    }
}
