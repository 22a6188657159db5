import FFmpegKit
import Foundation
import Inference
import Kernels
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

@Suite struct UpscalingStageTests {
    /// The network as the repository carries it.
    static func network() throws -> UpscalingNetwork {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let store = ModelStore(directory: root.path() + "Training/upscaling/model")
        try store.verify(UpscalingPlan.networkName)
        return try UpscalingNetwork(
            path: store.path(for: UpscalingPlan.networkName),
            cacheDirectory: nil,
            precision: .float32
        )
    }

    static func plan(scale: Double = 2, network: UpscalingNetwork?) -> UpscalingPlan {
        let parameters = StageParameters(checked: ["scale": .number(scale), "model": .text("neural")])
        return UpscalingPlan(parameters, network: network, fallbackReason: nil)
    }

    private func enlarged(_ plan: UpscalingPlan, _ frame: consuming VideoFrame) throws -> VideoFrame {
        let agreement = try plan.negotiate(frame.format)
        #expect(agreement.input == frame.format)
        let instance = try plan.makeInstance(agreement)
        let output = StageOutput()
        try instance.process(frame, into: output)
        guard let result = output.takeFrame() else { throw StageError(.failed, stage: "upscaling", "no frame") }
        #expect(result.format == agreement.output)
        return result
    }

    @Test(arguments: PixelFormat.allCases.filter { !$0.hasInterleavedChroma })
    func enlargesEveryLayout(pixelFormat: PixelFormat) throws {
        let format = VideoFormat(
            width: 35,
            height: 27,
            pixelFormat: pixelFormat,
            color: .bt709,
            sampleAspectRatio: Rational(12, 11),
            frameRate: Rational(25, 1)
        )
        let peak = UInt16((1 << pixelFormat.bitDepth) - 1)
        let plan = Self.plan(network: try Self.network())
        let factory = FrameFactory(format)
        let result = try enlarged(plan, try factory.frame(7, .solid(peak / 2, peak / 4, peak / 8)))
        #expect(result.presentationTicks == 7)
        #expect(result.format.width == 70 && result.format.height == 54)
        #expect(result.format.sampleAspectRatio == Rational(12, 11) && result.format.frameRate == Rational(25, 1))
        for (plane, value) in zip(0..<pixelFormat.planeCount, [peak / 2, peak / 4, peak / 8]) {
            for y in 0..<pixelFormat.planeHeight(plane, height: 54) {
                for x in 0..<pixelFormat.planeWidth(plane, width: 70) {
                    let difference = abs(Int(result.sample(plane: plane, x: x, y: y)) - Int(value))
                    #expect(difference <= Int(peak) / 255, "plane \(plane) at \(x), \(y)")
                }
            }
        }
    }

    @Test(arguments: [(175, 143, 2.0, 350, 286), (16, 16, 2.5, 40, 40), (33, 17, 3, 100, 52), (24, 18, 4, 96, 72)])
    func makesEvenSizes(width: Int, height: Int, scale: Double, toWidth: Int, toHeight: Int) throws {
        let network = try Self.network()
        for chosen in [network, nil] {
            let factory = FrameFactory(VideoFormat(width: width, height: height, pixelFormat: .yuv420p))
            let result = try enlarged(Self.plan(scale: scale, network: chosen), try factory.frame(0, .gradient))
            #expect(result.format.width == toWidth && result.format.height == toHeight)
            // A ramp stays a ramp, away from where it wraps around and from the edges.
            let x = toWidth / 2, y = toHeight / 2
            let expected =
                (Double(x) + 0.5) * Double(width) / Double(toWidth) - 0.5
                + (Double(y) + 0.5) * Double(height) / Double(toHeight) - 0.5
            if expected < 240 { #expect(abs(Double(result.sample(plane: 0, x: x, y: y)) - expected) <= 2) }
        }
    }

    @Test func refusesPicturesBeyondWhatEncodersTake() throws {
        let plan = Self.plan(scale: 4, network: nil)
        let error = #expect(throws: StageError.self) {
            try plan.negotiate(VideoFormat(width: 4098, height: 20, pixelFormat: .gray))
        }
        #expect(error?.code == .invalidInput)
        #expect(error?.message.contains("give a smaller scale") == true)
    }

    @Test func takesSurfacesAsPlanarFrames() throws {
        let agreement = try Self.plan(network: nil)
            .negotiate(VideoFormat(width: 64, height: 48, pixelFormat: .p010, memory: .hardware("vaapi")))
        #expect(agreement.input.pixelFormat == .yuv420p10 && agreement.input.memory == .host)
    }

    @Test func usesLanczosWithoutTheNetworkAndSaysSo() throws {
        let folder = try TemporaryFolder()
        let context = StageContext(
            modelsDirectory: folder.path,
            cacheDirectory: nil,
            coreCount: 1,
            trustsCaller: true
        )
        let plan = UpscalingPlan(
            StageParameters(checked: ["scale": .number(2), "model": .text("neural")]),
            context
        )
        #expect(plan.parameters.text("model") == "lanczos")
        #expect(plan.fallbackReason?.contains("upscale2x") == true)
    }

    /// A straight edge of chroma over the same edge of luma must not move, wherever chroma lies.
    @Test(arguments: [UInt8(0), 1, 2, 3, 4, 5, 6])
    func keepsChromaInPlace(location: UInt8) throws {
        let color = ColorDescription(chromaLocation: location)
        let format = VideoFormat(width: 64, height: 48, pixelFormat: .yuv420p, color: color)
        let offset = ChromaOffset(format)
        var frame = try VideoFramePool(format: format).makeFrame(timebase: Timebase(1, 25))
        // Chroma is a ramp over luma positions: 64 + x + y there.
        for plane in 0..<3 {
            frame.withPlane(plane) { view in
                for y in 0..<view.height {
                    for x in 0..<view.width {
                        let (column, row) =
                            plane == 0
                            ? (Double(x), Double(y)) : (2 * Double(x) + offset.x, 2 * Double(y) + offset.y)
                        view.base[y * view.stride + x] = UInt8((64 + column + row).rounded())
                    }
                }
            }
        }
        let result = try enlarged(Self.plan(network: nil), frame.freeze())
        for (x, y) in [(10, 10), (20, 13), (31, 25), (40, 33)] {
            let column = (2 * Double(x) + offset.x + 0.5) / 2 - 0.5, row = (2 * Double(y) + offset.y + 0.5) / 2 - 0.5
            #expect(abs(Double(result.sample(plane: 1, x: x, y: y)) - (64 + column + row)) <= 1)
        }
    }

    /// Tiles of any size give what one tile gives; 4096 columns need 16 of them.
    @Test(arguments: [(96, 70, 32, 24), (175, 143, 64, 48), (4096, 20, 256, 96)])
    func tilesCannotBeSeen(width: Int, height: Int, tileWidth: Int, tileHeight: Int) throws {
        let network = try Self.network()
        let factory = FrameFactory(VideoFormat(width: width, height: height, pixelFormat: .gray))
        let frame = try factory.frame(0, .noise(seed: 5))
        func enlarge(_ tile: UpscalingNetwork.Tile) throws -> OwnedPlane {
            let doubler = try LumaDoubler(width: width, height: height, network: network, longestTile: tile)
            let result = OwnedPlane(width: 2 * width, height: 2 * height, kind: .uint8)
            try frame.withPlane(0) { try doubler.run(SamplePlane($0, .gray), into: result.plane, peak: 255) }
            return result
        }
        let tiled = try enlarge(UpscalingNetwork.Tile(width: tileWidth, height: tileHeight))
        let whole = try enlarge(UpscalingNetwork.Tile(width: width, height: height))
        let (a, b) = (tiled.plane, whole.plane)
        // Code on another edge of a block may add in another order: a rounding step here and there.
        #expect(a.squaredDifference(to: b, x: 0..<2 * width, y: 0..<2 * height) <= UInt64(width * height / 1000))
    }
}

@Suite struct UpscalingGuardTests {
    private func frames(_ pattern: FrameFactory.Pattern) throws -> FrameQueue {
        var queue = FrameQueue()
        let factory = FrameFactory(VideoFormat(width: 96, height: 64, pixelFormat: .yuv420p))
        for index in 0..<3 { queue.append(try factory.frame(Int64(index), pattern)) }
        return queue
    }

    @Test func choosesLanczosWhereTheNetworkIsNotBetter() throws {
        let plan = UpscalingStageTests.plan(network: try UpscalingStageTests.network())
        let queue = try frames(.solid(90, 128, 128))
        let agreement = try plan.negotiate(queue.withFrame(at: 0) { $0.format })
        let verdict = try #require(plan.stageGuard).judge(ArraySampleFrames(agreement, queue))
        #expect(verdict.outcome == .kept)
        #expect(verdict.plan?.parameters.text("model") == "lanczos")
        #expect(verdict.explanation?.hasPrefix("Lanczos is used") == true)
    }

    @Test func reportsWhatWasMeasured() throws {
        let plan = UpscalingStageTests.plan(network: try UpscalingStageTests.network())
        let queue = try frames(.checkerboard(9))
        let agreement = try plan.negotiate(queue.withFrame(at: 0) { $0.format })
        let verdict = try #require(plan.stageGuard).judge(ArraySampleFrames(agreement, queue))
        #expect(verdict.metrics.map(\.name) == ["restored_y_psnr", "consistency_y_psnr", "detail_strength"])
        let restored = try #require(verdict.metrics.first)
        let isBetter = restored.after > (restored.before ?? 0) && verdict.metrics[1].after >= 45
        #expect(isBetter == (verdict.plan?.parameters.text("model") != "lanczos"))
    }

    @Test func cannotJudgeWithoutFrames() throws {
        let plan = UpscalingStageTests.plan(network: nil)
        let format = VideoFormat(width: 96, height: 64, pixelFormat: .yuv420p)
        let verdict = try #require(plan.stageGuard)
            .judge(ArraySampleFrames(plan.negotiate(format), FrameQueue()))
        #expect(verdict.outcome == .unverifiable)
    }
}
