import MediaCore
import Testing

@Suite struct VideoFormatTests {
    @Test func saysWhereTheSamplesAre() {
        var format = VideoFormat(width: 1280, height: 720, pixelFormat: .nv12)
        #expect(format.description == "1280×720 nv12")
        format.memory = .hardware("cuda")
        #expect(format.description == "1280×720 nv12 on cuda")
    }

    @Test func formatsThatDifferInOnePropertyOnlyDiffer() {
        let format = VideoFormat(width: 16, height: 8, pixelFormat: .yuv420p)
        var others = Array(repeating: format, count: 8)
        others[0].width = 18
        others[1].height = 10
        others[2].pixelFormat = .nv12
        others[3].color = .bt709
        others[4].sampleAspectRatio = Rational(4, 3)
        others[5].orientation = .half
        others[6].memory = .hardware("vaapi")
        others[7].frameRate = Rational(25, 1)
        #expect(Set(others + [format]).count == 9)
    }

    @Test(arguments: [
        (Rational(25, 1), "16×8 yuv420p, 25 fps"), (Rational(30000, 1001), "16×8 yuv420p, 29.97 fps"),
        (nil, "16×8 yuv420p"),
    ])
    func descriptionTellsTheRate(rate: Rational?, expected: String) {
        #expect(VideoFormat(width: 16, height: 8, pixelFormat: .yuv420p, frameRate: rate).description == expected)
    }

    @Test(arguments: [(Orientation.upright, false), (.clockwise90, true), (.half, false), (.clockwise270, true)])
    func quarterTurnsSwapTheAxes(orientation: Orientation, swaps: Bool) {
        #expect(orientation.swapsAxes == swaps)
    }

    @Test func unspecifiedColourIsGuessedByHeight() {
        #expect(ColorDescription.unspecified.lumaWeights(height: 576) == (0.299, 0.114))
        #expect(ColorDescription.unspecified.lumaWeights(height: 720) == (0.2126, 0.0722))
        #expect(ColorDescription.bt709.lumaWeights(height: 240) == (0.2126, 0.0722))
        #expect(ColorDescription(matrix: 9).lumaWeights(height: 240) == (0.2627, 0.0593))
    }

    @Test(arguments: [(UInt8(1), false), (16, true), (18, true), (2, false)])
    func pqAndHlgAreHDR(transfer: UInt8, isHDR: Bool) {
        #expect(ColorDescription(transfer: transfer).isHDR == isHDR)
    }
}
