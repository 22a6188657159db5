import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

@Suite struct DynamicRangeTests {
    private let base = VideoFormat.hdr10()

    @Test func readsTags() throws {
        #expect(try DynamicRange(base) == .perceptualQuantizer(.bt2020))
        #expect(try DynamicRange(base.tagged(2, 16, 2)) == .perceptualQuantizer(.bt2020))
        #expect(try DynamicRange(base.tagged(12, 16, 9)) == .perceptualQuantizer(.displayP3))
        #expect(try DynamicRange(base.tagged(9, 18, 9)) == .hybridLogGamma)
        #expect(try DynamicRange(base.tagged(1, 1, 1, depth: 8)) == .standard(.bt1886, .bt709))
        #expect(try DynamicRange(base.tagged(2, 2, 2, depth: 8)) == .standard(.bt1886, .bt709))
        #expect(try DynamicRange(base.tagged(9, 14, 9)) == .standard(.bt1886, .bt2020))
        #expect(try DynamicRange(base.tagged(6, 6, 6, depth: 8)) == .standard(.bt1886, .bt601Lines525))
    }

    /// What a file says about itself cannot be true: the user is told, and nothing is labelled wrong.
    @Test(arguments: [
        (1, 16, 9, 10, "primaries are BT.709"), (9, 16, 1, 10, "matrix is BT.709"), (9, 16, 9, 8, "8 bits"),
        (1, 18, 1, 10, "matrix is BT.709"), (9, 18, 9, 8, "8 bits"), (12, 18, 9, 10, "primaries are P3"),
        (9, 2, 9, 10, "without a transfer function"), (9, 16, 14, 10, "ICtCp"), (9, 16, 10, 10, "constant luminance"),
        (1, 8, 1, 8, "transfer function (number 8"), (22, 1, 1, 8, "primaries (number 22"),
    ])
    func refusesContradictions(
        _ primaries: UInt8,
        _ transfer: UInt8,
        _ matrix: UInt8,
        _ depth: Int,
        _ words: String
    ) throws {
        let format = base.tagged(primaries, transfer, matrix, depth: depth)
        let error = #expect(throws: StageError.self) {
            try HDRProcessingPlan.forTests().negotiate(format)
        }
        #expect(error?.code == .invalidInput)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("first") == true)
    }

    @Test(arguments: [
        ("auto", 16, 1), ("auto", 18, 1), ("auto", 1, 16), ("sdr", 16, 1), ("sdr", 1, 1), ("hdr10", 1, 16),
        ("hdr10", 16, 16), ("hdr10", 18, 16),
    ])
    func choosesTheOutput(_ target: String, _ transfer: UInt8, _ result: UInt8) throws {
        let input = transfer == 1 ? VideoFormat.bt709() : base.tagged(9, transfer, 9)
        let agreement = try HDRProcessingPlan.forTests(target).negotiate(input)
        #expect(agreement.output.color.transfer == result)
        let isHDR = result == 16
        #expect(agreement.output.color.primaries == (isHDR ? 9 : 1))
        #expect(agreement.output.color.matrix == (isHDR ? 9 : 1))
        #expect(agreement.output.color.isFullRange == false)
        #expect(agreement.output.pixelFormat == (isHDR ? .yuv420p10 : .yuv420p))
        #expect(agreement.input.color == input.color)
    }

    @Test func wantsPlanar420InHostMemory() throws {
        var input = base.tagged(9, 16, 9)
        input.pixelFormat = .p010
        input.memory = .hardware("vaapi")
        let agreement = try HDRProcessingPlan.forTests().negotiate(input)
        #expect(agreement.input.pixelFormat == .yuv420p10)
        #expect(agreement.input.memory == .host)
        var grey = VideoFormat.bt709()
        grey.pixelFormat = .gray
        #expect(try HDRProcessingPlan.forTests().negotiate(grey).input.pixelFormat == .yuv420p)
    }
}
