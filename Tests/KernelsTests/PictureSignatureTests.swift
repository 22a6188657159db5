import Testing

@testable import Kernels

@Suite(.serialized) struct PictureSignatureTests {
    private func signature(_ y: Grid<UInt8>, _ u: Grid<UInt8>? = nil, _ v: Grid<UInt8>? = nil) -> PictureSignature {
        let signature = PictureSignature()
        signature.update(y: y, u: u, v: v)
        return signature
    }

    /// Smooth shapes, so that cells differ from each other.
    private func picture(shift: Int = 0, lift: Int = 0) -> Grid<UInt8> {
        let grid = Grid<UInt8>(width: 160, height: 90, repeating: 0)
        for y in 0..<90 {
            for x in 0..<160 {
                grid[x, y] = UInt8(clamping: 60 + lift + (x + shift) / 20 % 2 * 60 + y / 15 % 2 * 40)
            }
        }
        return grid
    }

    @Test func allLevelsAgree() {
        var random = SeededGenerator(seed: 11)
        for (width, height) in [(32, 18), (97, 55), (480, 270)] {
            let planes = (0..<6).map { index in
                let isLuma = index % 3 == 0
                return randomBytes(isLuma ? width : max(32, width / 2), isLuma ? height : max(18, height / 2), &random)
            }
            expectEqualOnAllLevels("signature \(width)×\(height)") {
                let first = signature(planes[0], planes[1], planes[2])
                let second = signature(planes[3], planes[4], planes[5])
                let distance = first.distance(to: second)
                return [distance.movedCells, distance.stillCells, distance.luma, distance.chroma].flatMap {
                    withUnsafeBytes(of: $0.bitPattern) { Array($0) }
                }
            }
        }
    }

    @Test func samePicturesAreNotApart() {
        let distance = signature(picture()).distance(to: signature(picture()))
        #expect(distance == PictureDistance(movedCells: 0, stillCells: 0, luma: 0, chroma: 0))
    }

    @Test func aPanIsNearAndAnotherPictureIsFar() {
        let here = signature(picture())
        let panned = here.distance(to: signature(picture(shift: 4)))
        let other = here.distance(to: signature(picture(lift: 90)))
        #expect(panned.movedCells < panned.stillCells)
        #expect(panned.movedCells < 25)
        #expect(other.movedCells > 50)
        #expect(other.luma > 0.9)
    }

    @Test func chromaCountsWhereLumaIsTheSame() {
        let blue = Grid<UInt8>(width: 80, height: 45, repeating: 90)
        let red = Grid<UInt8>(width: 80, height: 45, repeating: 170)
        let distance = signature(picture(), blue, red).distance(to: signature(picture(), red, blue))
        #expect(distance.luma == 0)
        #expect(distance.chroma == 1)
        #expect(distance.movedCells == 160)
    }
}
