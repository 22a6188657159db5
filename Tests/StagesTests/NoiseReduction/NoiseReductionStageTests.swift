import FFmpegKit
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

@Suite struct NoiseReductionStageTests {
    static let layouts: [PixelFormat] = [
        .gray, .yuv420p, .yuv422p, .yuv444p, .gray10, .yuv420p10, .yuv422p10, .yuv444p12, .yuv420p12,
    ]

    @Test(arguments: layouts)
    func noiseGoesAtEveryDepthAndChroma(_ layout: PixelFormat) throws {
        let scene = NoisyScene(layout)
        let noisy = try scene.frames(0..<5)
        let result = try noisePlan("medium").knowing(8).run(noisy)
        let truth = try scene.frame(2, isNoisy: false).allSamples
        #expect(result.count == 5)
        for plane in 0..<layout.planeCount {
            let gained = gain(truth[plane], before: noisy.samples(2)[plane], after: result.samples(2)[plane])
            #expect(gained > 4, "plane \(plane)")
        }
        result.withFrame(at: 2) { #expect($0.format == scene.format) }
    }

    @Test(arguments: [(175, 143), (16, 16), (9, 31), (2, 2), (1, 1)])
    func everySizeWorks(_ width: Int, _ height: Int) throws {
        for layout in [PixelFormat.yuv420p, .yuv422p10, .gray] {
            var scene = NoisyScene(width: width, height: height, layout)
            scene.noise = 0
            scene.picture = { _, _ in 90 }
            let frames = try scene.frames(0..<8)
            let result = try noisePlan("strong").knowing(10).run(frames)
            #expect(result.count == 8)
            for index in 0..<8 {
                let isSame = result.samples(index) == frames.samples(index)
                #expect(isSame, "frame \(index)")
            }
        }
    }

    @Test func timesAndPropertiesStay() throws {
        let scene = NoisyScene()
        let result = try noisePlan("strong").knowing(8).run(try scene.frames(10..<20))
        for index in 0..<10 {
            result.withFrame(at: index) { frame in
                #expect(frame.presentationTicks == Int64(10 + index))
                #expect(frame.timebase == Timebase(1, 25))
            }
        }
    }

    @Test(arguments: ["light", "medium", "strong"])
    func resultsDoNotDependOnWhereASegmentBegins(_ level: String) throws {
        for isMeasured in [true, false] {
            let plan = isMeasured ? noisePlan(level).knowing(8) : noisePlan(level)
            let scene = NoisyScene()
            let whole = try plan.run(try scene.frames(0..<16))
            let start = 6
            let part = try plan.run(try scene.frames((start - plan.preRollFrames)..<16))
            for index in start..<16 {
                let same = part.samples(index - start + plan.preRollFrames) == whole.samples(index)
                #expect(same, "\(level), frame \(index), measured: \(isMeasured)")
            }
        }
    }

    @Test func framesWaitForAsManyAsDeclared() throws {
        for level in NoiseReductionLevel.allCases {
            let plan = noisePlan(level.rawValue)
            let scene = NoisyScene()
            let instance = try plan.makeInstance(try plan.negotiate(scene.format))
            let output = StageOutput()
            var emitted = 0
            for index in 0..<6 {
                try instance.process(try scene.frame(index), into: output)
                while output.takeFrame() != nil { emitted += 1 }
                #expect(emitted == max(0, index + 1 - plan.latencyFrames))
            }
        }
    }

    @Test func nothingOfTheLastShotIsLeftAfterACut() throws {
        let scene = NoisyScene()
        var other = NoisyScene()
        other.picture = { x, y in 230 - NoisyScene.texture(y * 1.3, x) }
        var frames = try scene.frames(0..<5)
        var alone = FrameQueue()
        for index in 5..<10 {
            frames.append(try other.frame(index))
            alone.append(try other.frame(index))
        }
        let start = MediaTime(ticks: 5, timebase: Timebase(1, 25))
        let shots = ShotTable(starts: [MediaTime(ticks: 0, timebase: Timebase(1, 25)), start])
        for plan in [noisePlan("strong").knowing(8, shots: shots), noisePlan("strong")] {
            let result = try plan.run(frames)
            let expected = try plan.run(alone)
            for index in 5..<10 {
                let isSame = result.samples(index) == expected.samples(index - 5)
                #expect(isSame, "frame \(index)")
            }
        }
    }

    @Test func cleanFramesPassUntouched() throws {
        var scene = NoisyScene()
        scene.noise = 0.6
        let frames = try scene.frames(0..<4)
        for plan in [noisePlan(), noisePlan().knowing(0.6)] {
            let result = try plan.run(frames)
            for index in 0..<4 {
                let isSame = result.samples(index) == frames.samples(index)
                #expect(isSame, "frame \(index)")
            }
        }
        #expect(noisePlan().knowing(0.6).latencyFrames == 0)
    }

    @Test func liveStreamsAreMeasuredAsTheyGo() throws {
        let scene = NoisyScene(width: 160, height: 128)
        let frames = try scene.frames(0..<4)
        let result = try noisePlan().run(frames)
        let truth = try scene.frame(1, isNoisy: false).allSamples
        #expect(gain(truth[0], before: frames.samples(1)[0], after: result.samples(1)[0]) > 4)
    }

    @Test func aNewFormatBeginsAnew() throws {
        let plan = noisePlan("strong")
        let small = NoisyScene(), large = NoisyScene(width: 128, height: 80)
        let instance = try plan.makeInstance(try plan.negotiate(small.format))
        let output = StageOutput()
        var sizes: [Int] = []
        for index in 0..<8 {
            try instance.process(try (index < 4 ? small : large).frame(index), into: output)
            while let frame = output.takeFrame() { sizes.append(frame.format.width) }
        }
        try instance.flush(into: output)
        while let frame = output.takeFrame() { sizes.append(frame.format.width) }
        #expect(sizes == [96, 96, 96, 96, 128, 128, 128, 128])
    }

    @Test func resetForgetsWhatCameBefore() throws {
        let plan = noisePlan("strong").knowing(8)
        let scene = NoisyScene()
        let instance = try plan.makeInstance(try plan.negotiate(scene.format))
        let output = StageOutput()
        for index in 0..<5 { try instance.process(try scene.frame(index), into: output) }
        while output.takeFrame() != nil {}
        instance.reset()
        for index in 8..<12 { try instance.process(try scene.frame(index), into: output) }
        try instance.flush(into: output)
        let expected = try plan.run(try scene.frames(8..<12))
        var index = 0
        while let frame = output.takeFrame() {
            let isSame = frame.allSamples == expected.samples(index)
            #expect(isSame, "frame \(index)")
            index += 1
        }
        #expect(index == 4)
    }

    @Test func semiPlanarFramesAreTakenApart() throws {
        let offered = VideoFormat(width: 64, height: 48, pixelFormat: .p010, memory: .hardware("vaapi"))
        let agreement = try noisePlan().negotiate(offered)
        #expect(agreement.input.pixelFormat == .yuv420p10)
        #expect(agreement.input.memory == .host)
        #expect(agreement.input == agreement.output)
    }
}
