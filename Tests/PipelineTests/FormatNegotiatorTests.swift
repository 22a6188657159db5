import MediaCore
import MediaTestKit
import Pipeline
import Testing

@Suite struct FormatNegotiatorTests {
    private let cuda = MemoryDomain.hardware("cuda")

    private func format(_ pixelFormat: PixelFormat, _ memory: MemoryDomain = .host, width: Int = 16) -> VideoFormat {
        VideoFormat(width: width, height: 8, pixelFormat: pixelFormat, memory: memory)
    }

    private func describe(_ layout: PipelineLayout) -> [String] {
        layout.steps.indices.map { index in
            if case .convert(let conversion) = layout.steps[index] { return "\(conversion)" }
            return layout.name(of: index)
        }
    }

    @Test func agreeingNeighboursNeedNoConversion() throws {
        let layout = try FormatNegotiator().negotiate(
            source: format(.yuv420p10),
            plans: [FakePlan("a"), FakePlan("b")],
            sink: SinkRequirement(pixelFormats: [.yuv420p, .yuv420p10])
        )
        #expect(describe(layout) == ["a", "b"])
        #expect(layout.output == format(.yuv420p10))
    }

    @Test func convertsOnceBetweenStagesThatDiffer() throws {
        let layout = try FormatNegotiator().negotiate(
            source: format(.yuv422p10),
            plans: [
                FakePlan.wanting(.yuv420p, name: "a"), FakePlan.wanting(.yuv420p, name: "b"),
                FakePlan.wanting(.nv12, name: "c"),
            ],
            sink: SinkRequirement(pixelFormats: [.yuv420p])
        )
        #expect(
            describe(layout) == [
                "convert 16×8 yuv422p10le → 16×8 yuv420p", "a", "b", "convert 16×8 yuv420p → 16×8 nv12", "c",
                "convert 16×8 nv12 → 16×8 yuv420p",
            ]
        )
        #expect(
            layout.steps[1]
                == .stage(0, FormatAgreement(input: format(.yuv420p), output: format(.yuv420p)))
        )
    }

    @Test func theFrameRateIsAStagesToChangeAndNobodysToConvert() throws {
        let halving = FakePlan(
            "halve",
            negotiate: { offered in
                var output = offered
                output.frameRate = offered.frameRate.map { Rational($0.numerator, 2 * $0.denominator) }
                return FormatAgreement(input: offered, output: output)
            }
        )
        let wishing = FakePlan(
            "wish",
            negotiate: { offered in
                var input = offered
                input.frameRate = Rational(100, 1)
                return FormatAgreement(input: input, output: offered)
            }
        )
        var source = format(.yuv420p)
        source.frameRate = Rational(50, 1)
        let layout = try FormatNegotiator().negotiate(
            source: source,
            plans: [halving, wishing],
            sink: SinkRequirement(pixelFormats: [.yuv420p])
        )
        #expect(describe(layout) == ["halve", "wish"])
        #expect(layout.output.frameRate?.value == 25)
    }

    @Test func aStageIsOfferedWhatTheOneBeforeItEmits() throws {
        let doubling = FakePlan(
            "double",
            negotiate: { offered in
                var output = offered
                output.width *= 2
                return FormatAgreement(input: offered, output: output)
            }
        )
        let layout = try FormatNegotiator().negotiate(
            source: format(.gray),
            plans: [doubling, doubling],
            sink: SinkRequirement(pixelFormats: [.gray], size: PictureSize(width: 32, height: 8))
        )
        #expect(describe(layout) == ["double", "double", "convert 64×8 gray → 32×8 gray"])
    }

    @Test func downloadsBeforeAndUploadsAfterAStageInHostMemory() throws {
        let layout = try FormatNegotiator().negotiate(
            source: format(.nv12, cuda),
            plans: [FakePlan.wanting(.yuv420p, name: "host")],
            sink: SinkRequirement(pixelFormats: [.nv12], memory: [cuda])
        )
        #expect(
            describe(layout) == [
                "download 16×8 nv12 on cuda → 16×8 nv12", "convert 16×8 nv12 → 16×8 yuv420p", "host",
                "convert 16×8 yuv420p → 16×8 nv12", "upload 16×8 nv12 → 16×8 nv12 on cuda",
            ]
        )
    }

    @Test func framesStayOnTheDeviceWhereEverybodyWorksThere() throws {
        let layout = try FormatNegotiator().negotiate(
            source: format(.nv12, cuda),
            plans: [FakePlan("on device")],
            sink: SinkRequirement(pixelFormats: [.nv12], memory: [.host, cuda])
        )
        #expect(describe(layout) == ["on device"])
        #expect(layout.output.memory == cuda)
    }

    @Test(arguments: [
        ([String](), ["download", "convert", "upload"]), (["cuda"], ["convert"]),
        (["vaapi"], ["download", "convert", "upload"]),
    ])
    func convertsOnTheDeviceWhereItCan(devices: [String], kinds: [String]) {
        let negotiator = FormatNegotiator(convertingDevices: Set(devices))
        let conversions = negotiator.conversions(from: format(.nv12, cuda), to: format(.nv12, cuda, width: 32))
        #expect(conversions.map(\.kind.rawValue) == kinds)
    }

    @Test func otherDevicesAreReachedThroughHostMemory() {
        let target = format(.nv12, .hardware("vaapi"))
        let conversions = FormatNegotiator(convertingDevices: ["cuda", "vaapi"])
            .conversions(from: format(.nv12, cuda), to: target)
        #expect(conversions.map(\.kind) == [.download, .upload])
        #expect(conversions.last?.to == target)
        #expect(FormatNegotiator().conversions(from: target, to: target).isEmpty)
    }

    @Test(arguments: [
        (PixelFormat.yuv420p, [PixelFormat.yuv420p, .yuv420p10], PixelFormat.yuv420p),
        (.yuv422p10, [.yuv420p, .yuv420p10, .yuv422p], .yuv420p10),
        (.yuv444p12, [.yuv420p, .yuv422p10, .yuv420p10], .yuv422p10),
        (.yuv422p, [.yuv444p10, .yuv420p, .yuv444p], .yuv444p),
        (.yuv420p, [.gray, .yuv444p10], .yuv444p10),
        (.gray, [.yuv444p, .yuv420p], .yuv420p),
        (.nv12, [.nv12, .yuv420p], .nv12),
        (.nv12, [.p010, .yuv420p], .yuv420p),
        (.p010, [.yuv420p10, .yuv420p], .yuv420p10),
        (.yuv420p12, [.yuv420p, .yuv420p10], .yuv420p10),
    ])
    func theSinkGetsWhatLosesLeast(source: PixelFormat, accepted: [PixelFormat], expected: PixelFormat) {
        #expect(SinkRequirement(pixelFormats: accepted).nearest(to: format(source)) == format(expected))
    }

    @Test func declaresTheSumOfPreRollAndLatency() throws {
        let layout = try FormatNegotiator().negotiate(
            source: format(.gray),
            plans: [
                FakePlan("a", latencyFrames: 2, preRollFrames: 5), FakePlan("b", latencyFrames: 1, preRollFrames: 8),
            ],
            sink: SinkRequirement(pixelFormats: [.gray])
        )
        #expect(layout.latencyFrames == 3)
        #expect(layout.preRollFrames == 13)
    }

    @Test func errorsNameTheStage() {
        struct Odd: Error {}
        let own = StageError(.usage, stage: "crop", "is larger than the picture")
        let plans: [(FakePlan, StageError)] = [
            (FakePlan("crop", negotiate: { _ in throw own }), own),
            (
                FakePlan("odd", negotiate: { _ in throw Odd() }),
                StageError(.invalidInput, stage: "odd", "cannot work with 16×8 gray: Odd()")
            ),
            (
                FakePlan(
                    "empty",
                    negotiate: { offered in
                        FormatAgreement(input: offered, output: VideoFormat(width: 0, height: 8, pixelFormat: .gray))
                    }
                ),
                StageError(.invalidInput, stage: "empty", "makes an empty picture of 16×8 gray")
            ),
        ]
        for (plan, expected) in plans {
            #expect(throws: expected) {
                try FormatNegotiator().negotiate(
                    source: format(.gray),
                    plans: [plan],
                    sink: SinkRequirement(pixelFormats: [.gray])
                )
            }
        }
    }

    @Test func aSinkAcceptsSomething() async {
        await #expect(processExitsWith: .failure) { _ = SinkRequirement(pixelFormats: []) }
        await #expect(processExitsWith: .failure) { _ = PictureSize(width: 0, height: 1) }
    }
}
