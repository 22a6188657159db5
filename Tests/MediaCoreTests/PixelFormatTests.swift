import MediaCore
import Testing

@Suite struct PixelFormatTests {
    @Test(arguments: [
        (PixelFormat.gray, [7], [5]),
        (.gray10, [7], [5]),
        (.yuv420p, [7, 4, 4], [5, 3, 3]),
        (.yuv422p, [7, 4, 4], [5, 5, 5]),
        (.yuv444p, [7, 7, 7], [5, 5, 5]),
        (.yuv420p10, [7, 4, 4], [5, 3, 3]),
        (.yuv422p12, [7, 4, 4], [5, 5, 5]),
        (.nv12, [7, 4], [5, 3]),
        (.p010, [7, 4], [5, 3]),
    ])
    func roundsChromaUpForOddSizes(format: PixelFormat, widths: [Int], heights: [Int]) {
        #expect(format.planeCount == widths.count)
        #expect((0..<format.planeCount).map { format.planeWidth($0, width: 7) } == widths)
        #expect((0..<format.planeCount).map { format.planeHeight($0, height: 5) } == heights)
    }

    @Test(arguments: PixelFormat.allCases)
    func geometryFitsTogether(format: PixelFormat) {
        #expect(format.bytesPerSample == (format.bitDepth == 8 ? 1 : 2))
        #expect(format.planar.chroma == format.chroma)
        #expect(format.planar.bitDepth == format.bitDepth)
        #expect(!format.planar.hasInterleavedChroma)
        #expect(PixelFormat.planar(bitDepth: format.bitDepth, chroma: format.chroma) == format.planar)
        #expect(PixelFormat(rawValue: format.rawValue) == format)
        #expect(format.planeWidth(0, width: 1) == 1)
        for plane in 0..<format.planeCount {
            #expect(format.planeWidth(plane, width: 1) == 1)
            #expect(format.planeHeight(plane, height: 1) == 1)
        }
    }

    @Test func thereIsNoNineBitWorkingFormat() {
        #expect(PixelFormat.planar(bitDepth: 9, chroma: .half420) == nil)
        #expect(PixelFormat.planar(bitDepth: 12, chroma: .none) == nil)
    }
}
