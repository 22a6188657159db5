/// Checks the measures on masks with known results, so that no figure rests on a broken one.
enum MetricChecks {
    /// Runs all checks.
    ///
    /// - Throws: ``BenchmarkFailure`` naming the measure that is wrong.
    static func run() throws {
        let side = 20
        let square = makeSquare(side: side, left: 15)
        let shifted = makeSquare(side: side, left: 18)
        let (boundary, shiftedBoundary) = (Boundary(of: square), Boundary(of: shifted))
        try expect(boundary.score(against: boundary, tolerance: 0), 1, "boundary-F of a mask with itself")
        let nothing = Boundary(of: Mask(width: 60, height: 50))
        try expect(boundary.score(against: nothing, tolerance: 2), 0, "boundary-F of nothing")
        // Counted by hand: of the 4n-1 boundary pixels, 2n+3 are within 2 px of the square that is 3 px farther right.
        let known = Double(2 * side + 3) / Double(4 * side - 1)
        try expect(boundary.score(against: shiftedBoundary, tolerance: 2), known, "boundary-F of a shifted square")
        try expect(boundary.score(against: shiftedBoundary, tolerance: 3), 1, "boundary-F within the shift")
        let overlap = Double(side - 3) / Double(side + 3)
        try expect(square.intersectionOverUnion(shifted), overlap, "IoU of a shifted square")
        try expect(square.share, Double(side * side) / 3000, "share of a square")
        try checkAgainstBruteForce()
        try checkLag()
        try checkStillness()
    }

    private static func makeSquare(side: Int, left: Int) -> Mask {
        var mask = Mask(width: 60, height: 50)
        for y in 12..<(12 + side) {
            for x in left..<(left + side) { mask.values[y * 60 + x] = 1 }
        }
        return mask
    }

    private static func expect(_ value: Double, _ wanted: Double, _ name: String) throws {
        guard abs(value - wanted) < 1e-6 else {
            throw BenchmarkFailure("self-check: \(name) is \(value) instead of \(wanted)")
        }
    }

    /// Random blobs, compared pixel by pixel with the definition.
    private static func checkAgainstBruteForce() throws {
        var generator = SeededGenerator(seed: "boundary")
        func blobs() -> Mask {
            var mask = Mask(width: 60, height: 50)
            for _ in 0..<4 {
                let (left, top) = (Int.random(in: 0..<50, using: &generator), Int.random(in: 0..<40, using: &generator))
                for y in top..<(top + 10) {
                    for x in left..<(left + 10) { mask.values[y * 60 + x] = 1 }
                }
            }
            return mask
        }
        func edge(_ mask: Mask) -> [(x: Int, y: Int)] {
            (0..<50).flatMap { y in (0..<60).map { (x: $0, y: y) } }.filter { x, y in
                let value = mask.values[y * 60 + x]
                let changes = x < 59 && mask.values[y * 60 + x + 1] != value
                return changes || y < 49 && mask.values[(y + 1) * 60 + x] != value
            }
        }
        func share(_ some: [(x: Int, y: Int)], _ others: [(x: Int, y: Int)], _ tolerance: Double) -> Double {
            let near = some.count { one in
                others.contains {
                    let (dx, dy) = (Double($0.x - one.x), Double($0.y - one.y))
                    return dx * dx + dy * dy <= tolerance * tolerance
                }
            }
            return Double(near) / Double(some.count)
        }
        for tolerance in [0, 1, 2, 5.5, 11.75] {
            let (one, other) = (blobs(), blobs())
            let (first, second) = (edge(one), edge(other))
            let (precision, recall) = (share(first, second, tolerance), share(second, first, tolerance))
            let wanted = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
            let value = Boundary(of: one).score(against: Boundary(of: other), tolerance: tolerance)
            try expect(value, wanted, "boundary-F of blobs at \(tolerance) px")
        }
    }

    /// A square that walks, followed two frames late and in time.
    private static func checkLag() throws {
        for late in [0, 2] {
            var meter = LagMeter()
            for frame in 0..<24 {
                meter.add(found: walker(frame - late), truth: walker(frame))
            }
            try expect(Double(meter.lag?.frames ?? .max), Double(late), "lag of a mask \(late) frames late")
        }
    }

    private static func walker(_ frame: Int) -> AlphaPlane {
        var plane = AlphaPlane(width: 240, height: 64)
        for y in 20..<40 {
            for x in (40 + 4 * frame)..<(70 + 4 * frame) { plane.values[y * 240 + x] = 1 }
        }
        return plane
    }

    /// One pixel of a hundred that toggles in every frame.
    private static func checkStillness() throws {
        var meter = StillnessMeter()
        for frame in 0..<(StillnessMeter.settling + 11) {
            var plane = AlphaPlane(width: 10, height: 10)
            plane.values[5] = frame % 2 == 0 ? 0.1 : 0.9
            meter.add(plane)
        }
        try expect(meter.meanChange, 0.008, "mean change of a still clip")
        try expect(meter.meanBandChange, 0.8, "mean change of its boundary")
        try expect(meter.togglingShare, 0.01, "share of toggling pixels")
    }
}
