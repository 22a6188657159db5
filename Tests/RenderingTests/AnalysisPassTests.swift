import FFmpegKit
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Rendering

@Suite struct AnalysisPassTests {
    /// Twelve seconds whose luma rises by one every two frames.
    private func ramp(_ folder: TemporaryFolder) throws -> String {
        let path = folder.file("ramp.mp4")
        try MediaTools.make(
            path,
            [
                "-f", "lavfi", "-i", "color=black:s=96x64:r=25:d=12,format=yuv420p,geq=lum=16+N/2:cb=128:cr=128",
                "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-g", "25",
            ]
        )
        return path
    }

    @Test func measuresEveryFrameOnceInOrder() throws {
        let folder = try TemporaryFolder()
        let found = Collected<MeasuredFile<Int>>()
        let descriptor = StageDescriptor.test("measuring") { MeasuringPlan(found: found) }
        let job = try request(try ramp(folder), to: folder.file("out.mp4"), with: ["measuring"], testing: [descriptor])
        let plan = try RenderPlan(job)
        #expect(try #require(plan.video).segments.count == 2)
        let phases = Collected<RenderProgress.Phase>()
        let report = try RenderJob(plan).run { phases.append($0.phase) }
        let file = try #require(found.all.first)
        #expect(found.count == 1)
        #expect(file.frames.count == 300)
        #expect(file.frames.map(\.time) == (0..<300).map { MediaTime(ticks: $0, timebase: Timebase(1, 25)) })
        for (index, frame) in file.frames.enumerated() { #expect(abs(frame.measurement - (16 + index / 2)) <= 2) }
        #expect([file.format.width, file.format.height] == [96, 64])
        #expect(file.frameRate?.value == 25)
        #expect(report.frames == 300)
        #expect(phases.all.first == .analyse)
        #expect(phases.all.contains(.render))
    }

    @Test func looksAtTheWantedPartOnly() throws {
        let folder = try TemporaryFolder()
        let found = Collected<MeasuredFile<Int>>()
        let descriptor = StageDescriptor.test("measuring") { MeasuringPlan(found: found) }
        var job = try request(try ramp(folder), to: folder.file("out.mp4"), with: ["measuring"], testing: [descriptor])
        job.start = MediaTime(ticks: 2, timebase: Timebase(1, 1))
        job.end = MediaTime(ticks: 4, timebase: Timebase(1, 1))
        _ = try RenderJob(RenderPlan(job)).run()
        let frames = try #require(found.all.first).frames
        #expect(frames.count == 50)
        #expect(frames.first?.time == MediaTime(ticks: 2, timebase: Timebase(1, 1)))
    }

    @Test func runsPinnedStagesButNoEnhancementsBeforeAProbe() throws {
        let folder = try TemporaryFolder()
        let found = Collected<MeasuredFile<Int>>()
        // An enhancement that would make everything white, then one that doubles the width, then a filter that stays.
        let white = StageDescriptor.test("whitening", canonicalOrder: 10) {
            MeasuringPlan(name: "whitening", measures: false, change: { _ in 235 })
        }
        let wide = StageDescriptor.test("widening", canonicalOrder: 20) {
            MeasuringPlan(name: "widening", outputWidth: 192, measures: false)
        }
        let measuring = StageDescriptor.test("measuring", canonicalOrder: 30) { MeasuringPlan(found: found) }
        let job = try request(
            try ramp(folder),
            to: folder.file("out.mp4"),
            with: ["whitening", "widening", "filter:graph=crop=100:64,negate=components=y", "measuring"],
            testing: [white, wide, measuring]
        )
        _ = try RenderJob(RenderPlan(job)).run()
        let file = try #require(found.all.first)
        #expect(file.format.width == 100)
        #expect(file.frames.count == 300)
        for (index, frame) in file.frames.enumerated() { #expect(abs(frame.measurement - (255 - 16 - index / 2)) <= 3) }
    }

    @Test func probesOfOneFormatShareAConversion() throws {
        let plan = MeasuringPlan()
        let descriptor = StageDescriptor.test("measuring") { plan }
        let stages = (0..<2).map { PlannedStage(position: $0, descriptor: descriptor, plan: plan) }
        let source = VideoFormat(width: 96, height: 64, pixelFormat: .yuv420p)
        let layout = try FormatNegotiator().negotiate(
            source: source,
            plans: stages.map(\.plan),
            sink: SinkRequirement(pixelFormats: PixelFormat.allCases)
        )
        let subject = MeasuringPlan.Analysis(plan: plan).subject(name: "measuring")
        let analysis = try AnalysisLayout(
            layout,
            stages: stages,
            viewers: [.init(subject: subject, stage: 0), .init(subject: subject, stage: 1)]
        )
        #expect(analysis.stops.count == 1)
        #expect(analysis.stops[0].taps.map(\.subjects) == [[0, 1]])
        #expect(analysis.stops[0].taps[0].conversions.count == 1)
        #expect(analysis.preRollFrames == 1)
    }

    @Test func aFailingProbeFailsTheJobAndLeavesNothing() throws {
        let folder = try TemporaryFolder()
        let input = try ramp(folder)
        let descriptor = StageDescriptor.test("measuring") {
            MeasuringPlan(onMeasure: { throw StageError(.failed, stage: "measuring", "cannot measure this") })
        }
        let job = try request(input, to: folder.file("out.mp4"), with: ["measuring"], testing: [descriptor])
        let error = failure { _ = try RenderJob(RenderPlan(job)).run() }
        #expect(error?.code == .failed)
        #expect(error?.message.contains("cannot measure this") == true)
        #expect(folder.contents == ["ramp.mp4"])
    }

    @Test func stopsWhenCancelledDuringAnalysis() throws {
        let folder = try TemporaryFolder()
        let flag = CancellationFlag()
        let descriptor = StageDescriptor.test("measuring") { MeasuringPlan(onMeasure: { flag.cancel() }) }
        let job = try request(try ramp(folder), to: folder.file("out.mp4"), with: ["measuring"], testing: [descriptor])
        let error = failure { _ = try RenderJob(RenderPlan(job), cancellation: flag).run() }
        #expect(error?.code == .interrupted)
        #expect(folder.contents == ["ramp.mp4"])
    }
}
