import FFmpegKit
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

@Suite struct LiveStabilizerTests {
    @Test func calmsAsItGoes() throws {
        let scene = ShakyScene.shaky(count: 60)
        let frames = try scene.frames()
        let result = try StabilizationRun.render(StabilizationRun.plan(), frames, scene.format)
        #expect(result.count == 60)
        for index in 0..<60 { result.withFrame(at: index) { #expect($0.presentationTicks == Int64(index)) } }
        let (before, after) = (try StabilizationRun.meter(frames), try StabilizationRun.meter(result))
        #expect(after.jitter < 0.2 * before.jitter, "\(before.jitter * 96) to \(after.jitter * 96) px")
        #expect(after.blackShare == 0)
    }

    @Test func holdsAsManyFramesAsDeclared() throws {
        let scene = ShakyScene.shaky(count: 20)
        let frames = try scene.frames()
        let plan = StabilizationRun.plan()
        let instance = try plan.makeInstance(try plan.negotiate(scene.format))
        let output = StageOutput()
        for index in 0..<20 {
            try frames.withFrame(at: index) { frame in try instance.process(try frame.share(), into: output) }
            var count = 0
            while let frame = output.takeFrame() {
                #expect(frame.presentationTicks == Int64(index - plan.latencyFrames))
                count += 1
            }
            #expect(count == (index < plan.latencyFrames ? 0 : 1))
        }
        instance.reset()
        try instance.flush(into: output)
        let left = output.takeFrame() != nil
        #expect(!left)
    }

    @Test func aCutBeginsAnew() throws {
        // The second shot is the same wall from elsewhere: nothing in it can be followed.
        var scene = ShakyScene.shaky(count: 60)
        for index in 30..<60 {
            scene.views[index].x += 400
            scene.views[index].y += 200
        }
        let frames = try scene.frames()
        let result = try StabilizationRun.render(StabilizationRun.plan(), frames, scene.format)
        #expect(result.count == 60)
        let meter = try #require(RunMeter(scene.format))
        // The first frame after the cut is shown where it is, only larger.
        frames.withFrame(at: 30) { meter.add($0) }
        result.withFrame(at: 30) { meter.add($0) }
        let (x, y) = (meter.lastMotion.x * 96, meter.lastMotion.y * 96)
        #expect(meter.lastMotion.confidence > 0.5 && abs(x) < 5 && abs(y) < 5, "\(x) \(y)")
    }

    @Test func aNewFormatBeginsAnew() throws {
        let scene = ShakyScene.shaky(count: 8)
        var other = ShakyScene.shaky(count: 8)
        other.format = VideoFormat(width: 128, height: 80, pixelFormat: .yuv444p10, color: .bt709)
        let plan = StabilizationRun.plan()
        let instance = try plan.makeInstance(try plan.negotiate(scene.format))
        let output = StageOutput()
        for frames in [0, 1] {
            let queue = try (frames == 0 ? scene : other).frames()
            for index in 0..<8 {
                try queue.withFrame(at: index) { frame in try instance.process(try frame.share(), into: output) }
            }
        }
        try instance.flush(into: output)
        var widths: [Int] = []
        while let frame = output.takeFrame() { widths.append(frame.format.width) }
        #expect(widths == [Int](repeating: 160, count: 8) + [Int](repeating: 128, count: 8))
    }
}
