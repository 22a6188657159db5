import FFmpegKit
import Foundation
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

@Suite struct StabilizationStageTests {
    @Test func calmsAShakyScene() throws {
        let scene = ShakyScene.shaky(count: 50)
        let frames = try scene.frames()
        let before = try StabilizationRun.meter(frames)
        #expect(abs(before.jitter * 96 / scene.jitter - 1) < 0.05, "the meter tells the truth")
        let plan = try StabilizationRun.measured(frames, scene.format)
        let result = try StabilizationRun.render(plan, frames, scene.format)
        #expect(result.count == 50)
        let after = try StabilizationRun.meter(result)
        #expect(after.jitter < 0.1 * before.jitter, "\(before.jitter * 96) to \(after.jitter * 96) px")
        #expect(after.similarity > before.similarity + 2)
        #expect(after.blackShare == 0)
        for index in 0..<result.count {
            result.withFrame(at: index) { #expect($0.presentationTicks == Int64(index)) }
        }
    }

    @Test func steadyScenesPassUntouched() throws {
        let scene = ShakyScene.steady(count: 30)
        let frames = try scene.frames()
        let plan = try StabilizationRun.measured(frames, scene.format)
        let result = try StabilizationRun.render(plan, frames, scene.format)
        for index in stride(from: 0, to: 30, by: 7) {
            let original = frames.withFrame(at: index) { StabilizationRun.samples($0) }
            #expect(result.withFrame(at: index) { StabilizationRun.samples($0) } == original)
        }
    }

    @Test(arguments: [
        PixelFormat.gray, .gray10, .yuv422p, .yuv444p, .yuv420p10, .yuv422p10, .yuv444p10, .yuv420p12, .yuv444p12,
    ])
    func keepsDepthAndChroma(pixelFormat: PixelFormat) throws {
        var scene = ShakyScene.shaky(count: 12, size: 2)
        let reference = try scene.frames()
        let plan = try StabilizationRun.measured(reference, scene.format)
        let expected = try StabilizationRun.render(plan, reference, scene.format)
        scene.format.pixelFormat = pixelFormat
        scene.views = Array(scene.views[..<10])
        let result = try StabilizationRun.render(plan, try scene.frames(), scene.format)
        let gain = 1 << (pixelFormat.bitDepth - 8)
        let index = 8
        let luma = expected.withFrame(at: index) { StabilizationRun.samples($0) }
        let deep = result.withFrame(at: index) { StabilizationRun.samples($0) }
        let worst = zip(luma, deep).map { abs(Int($0) * gain - Int($1)) }.max() ?? 0
        #expect(worst <= 3 * gain)
        guard pixelFormat.planeCount > 1 else { return }
        // Chroma follows luma: it is the same wall with a third of the contrast. Far from the edges.
        result.withFrame(at: index) { frame in
            #expect(frame.format.pixelFormat == pixelFormat)
            let (shiftX, shiftY) = (pixelFormat.chromaShiftX, pixelFormat.chromaShiftY)
            var most = 0.0
            for y in 6..<(frame.format.height >> shiftY) - 6 {
                for x in 6..<(frame.format.width >> shiftX) - 6 {
                    let chroma = Double(frame.sample(plane: 1, x: x, y: y)) / Double(gain) - 128
                    let first = Double(frame.sample(plane: 0, x: x << shiftX, y: y << shiftY))
                    let second = Double(
                        frame.sample(plane: 0, x: x << shiftX, y: (y << shiftY) + (shiftY == 1 ? 1 : 0))
                    )
                    most = max(most, abs(chroma - 0.3 * ((first + second) / 2 / Double(gain) - 128)))
                }
            }
            // A chroma plane that is off by half a luma sample differs by 6 levels and more.
            #expect(most < 4.5, "chroma is off by \(most)")
        }
    }

    @Test func aVisitorDoesNotDragTheBackground() throws {
        var scene = ShakyScene.shaky(count: 40, pan: 0)
        scene.visitor = { -40 + 2.2 * Double($0) }
        let frames = try scene.frames()
        let analysis = StabilizationAnalysis(StabilizationRun.plan())
        let measured = try AnalysisDriver.measure(analysis, frames, format: scene.format)
        var worst = 0.0
        for index in 1..<40 {
            let (last, view) = (scene.views[index - 1], scene.views[index])
            let motion = measured.frames[index].measurement
            let truth = SimilarityTransform(x: view.x / 96, y: view.y / 96, angle: view.roll).inverse
                .after(SimilarityTransform(x: last.x / 96, y: last.y / 96, angle: last.roll))
            worst = max(worst, motion.motion.inverse.after(truth).cornerShift(aspect: 160.0 / 96) * 96)
        }
        #expect(worst < 0.5, "off by \(worst) px")
    }

    @Test func repeatedAndFlatFramesDoNotMove() throws {
        let scene = ShakyScene(views: [.init(), .init(), .init(x: 2), .init(x: 2)])
        let measured = try AnalysisDriver.measure(
            StabilizationAnalysis(StabilizationRun.plan()),
            try scene.frames(),
            format: scene.format
        )
        #expect(measured.frames[0].measurement == .unknown)
        for index in [1, 3] {
            #expect(measured.frames[index].measurement.motion.cornerShift(aspect: 2) < 1e-9)
            #expect(measured.frames[index].measurement.confidence > 0.9)
        }
        #expect(abs(measured.frames[2].measurement.motion.x * 96 + 2) < 0.1)
        let flat = FrameFactory(scene.format)
        var frames = FrameQueue()
        for tick in 0..<4 { frames.append(try flat.frame(Int64(tick), .solid(90, 128, 128))) }
        let still = try AnalysisDriver.measure(
            StabilizationAnalysis(StabilizationRun.plan()),
            frames,
            format: scene.format
        )
        #expect(still.frames.allSatisfy { !$0.measurement.isReliable && $0.measurement.motion == .identity })
    }

    @Test func tinyPicturesPass() throws {
        let factory = FrameFactory(.tiny)
        var frames = FrameQueue()
        for tick in 0..<20 { frames.append(try factory.frame(Int64(tick), .noise(seed: UInt64(tick)))) }
        let plan = try StabilizationRun.measured(frames, .tiny)
        #expect(try StabilizationRun.render(plan, frames, .tiny).count == 20)
        #expect(try StabilizationRun.render(StabilizationRun.plan(), frames, .tiny).count == 20)
    }

    @Test func segmentsGiveTheSameAsTheWhole() throws {
        let scene = ShakyScene.shaky(count: 30)
        let frames = try scene.frames()
        let plan = try StabilizationRun.measured(frames, scene.format)
        let whole = try StabilizationRun.render(plan, frames, scene.format)
        let part = try StabilizationRun.render(plan, try scene.frames(from: 17), scene.format)
        #expect(part.count == 13)
        for index in [0, 12] {
            let expected = whole.withFrame(at: 17 + index) { StabilizationRun.samples($0) }
            #expect(part.withFrame(at: index) { StabilizationRun.samples($0) } == expected)
        }
    }

    @Test func edgesAreAsAsked() throws {
        let scene = ShakyScene.shaky(count: 20, size: 3)
        let frames = try scene.frames()
        func edges(_ crop: String) throws -> (black: Int, scale: Double) {
            let plan = try StabilizationRun.measured(frames, scene.format, ["crop": .text(crop)])
            let result = try StabilizationRun.render(plan, frames, scene.format)
            var black = 0
            for index in 0..<result.count {
                result.withFrame(at: index) { frame in
                    black += StabilizationRun.samples(frame).count { $0 == 16 }
                }
            }
            let pair = try #require(RunMeter(scene.format))
            frames.withFrame(at: 10) { pair.add($0) }
            result.withFrame(at: 10) { pair.add($0) }
            return (black, pair.lastScale)
        }
        let (auto, keep, black) = (try edges("auto"), try edges("keep"), try edges("black"))
        #expect(auto.black == 0 && auto.scale > 1.02)
        #expect(keep.black == 0 && abs(keep.scale - 1) < 0.02)
        #expect(black.black > 100 && abs(black.scale - 1) < 0.02)
    }

    @Test func agreesOnPlanarFramesInMemory() throws {
        let plan = StabilizationRun.plan()
        let offered = VideoFormat(width: 64, height: 48, pixelFormat: .p010, memory: .hardware("vaapi"))
        let agreement = try plan.negotiate(offered)
        #expect(agreement.input.pixelFormat == .yuv420p10 && agreement.input.memory == .host)
        #expect(agreement.input == agreement.output)
        #expect(plan.latencyFrames > 0 && plan.analysis != nil && plan.stageGuard == nil)
        let measured = try StabilizationRun.measured(FrameQueue(), agreement.input)
        #expect(measured.latencyFrames == 0 && measured.preRollFrames == 0)
        #expect(measured.analysis == nil && measured.stageGuard != nil)
    }
}
