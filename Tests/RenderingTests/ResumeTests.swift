import FFmpegKit
import Foundation
import MediaCore
import MediaTestKit
import Pipeline
import Synchronization
import Testing

@testable import Rendering

@Suite struct ResumeTests {
    private let folder: TemporaryFolder
    private let input: String

    /// Forty seconds of few frames, so that there are several segments; with sound.
    init() throws {
        folder = try TemporaryFolder()
        input = folder.file("film.mp4")
        try MediaTools.make(
            input,
            [
                "-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=40,format=yuv420p", "-f", "lavfi", "-i", "sine=d=40",
                "-c:v",
                "libx264", "-preset", "ultrafast", "-g", "10", "-c:a", "aac",
            ]
        )
    }

    /// How often frames were measured, judged and changed.
    private final class Counts: Sendable {
        let measured = Atomic<Int>(0)
        let judged = Atomic<Int>(0)
        let changed = Atomic<Int>(0)
    }

    /// A job with a stage that measures, is judged and renders, and stops the job after so many frames.
    private func job(
        _ output: String,
        _ counts: Counts,
        stopAfterMeasuring: Int = .max,
        stopAfterRendering: Int = .max,
        bringsPlan: Bool = false
    ) throws -> (RenderPlan, CancellationFlag) {
        let flag = CancellationFlag()
        let descriptor = StageDescriptor.test("counting") {
            var plan = CountingPlan(onFrame: {
                if counts.changed.add(1, ordering: .relaxed).newValue > stopAfterRendering { flag.cancel() }
            })
            plan.base.onMeasure = {
                if counts.measured.add(1, ordering: .relaxed).newValue > stopAfterMeasuring { flag.cancel() }
            }
            plan.base.judge = { samples in
                counts.judged.add(1, ordering: .relaxed)
                let other = bringsPlan ? CountingPlan(base: MeasuringPlan(name: "counting", measures: false)) : nil
                return StageVerdict(.kept, metrics: [StageMetric("gain", after: 1, unit: "dB")], plan: other)
            }
            return plan
        }
        var request = try request(input, to: folder.file(output), with: ["counting"], testing: [descriptor])
        request.workDirectory = folder.file("work")
        request.replacesOutput = true
        return (try RenderPlan(request), flag)
    }

    private var kept: [String] {
        let jobs = (try? FileManager.default.contentsOfDirectory(atPath: folder.file("work"))) ?? []
        return jobs.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: folder.file("work/" + $0))) ?? [] }
    }

    /// A checksum: Swift Testing would look for the differences of a million bytes for hours.
    private func bytes(_ name: String) throws -> String { try Checksum.sha256(ofFile: folder.file(name)) }

    @Test(arguments: ["mp4", "mkv"])
    func goesOnAtTheFirstUnfinishedSegment(_ container: String) throws {
        let whole = Counts()
        _ = try RenderJob(job("whole.\(container)", whole).0).run()
        #expect(kept == [])
        #expect(whole.measured.load(ordering: .relaxed) >= 400)

        let first = Counts()
        let (plan, flag) = try job("out.\(container)", first, stopAfterRendering: 270)
        #expect(try #require(plan.video).segments.count >= 4)
        #expect(failure { _ = try RenderJob(plan, cancellation: flag).run() }?.code == .interrupted)
        #expect(kept.contains { $0.hasPrefix("segment-") && $0.hasSuffix(".json") })
        #expect(folder.contents.filter { $0.hasPrefix(".aegis") }.isEmpty)

        let second = Counts()
        let report = try RenderJob(job("out.\(container)", second).0).run()
        #expect(second.measured.load(ordering: .relaxed) == 0)
        #expect(second.judged.load(ordering: .relaxed) == 0)
        #expect(second.changed.load(ordering: .relaxed) < 250)
        #expect(report.frames == 400)
        #expect(report.stages.map(\.kept) == [.yes])
        #expect(report.warnings.contains { $0.contains("interrupted run") })
        #expect(try bytes("out.\(container)") == bytes("whole.\(container)"))
        #expect(kept == [])
    }

    @Test func keepsWhatWasMeasured() throws {
        let (plan, flag) = try job("out.mp4", Counts(), stopAfterMeasuring: 300)
        #expect(failure { _ = try RenderJob(plan, cancellation: flag).run() }?.code == .interrupted)
        let finished = kept.count { $0.hasPrefix("analysis-") && $0.hasSuffix(".json") }
        #expect(finished >= 1)
        let second = Counts()
        _ = try RenderJob(job("out.mp4", second).0).run()
        #expect(second.measured.load(ordering: .relaxed) < 400 - 90)
        #expect(second.judged.load(ordering: .relaxed) == 1)
    }

    @Test func aGuardThatBroughtAPlanJudgesAgain() throws {
        let (plan, flag) = try job("out.mp4", Counts(), stopAfterRendering: -1, bringsPlan: true)
        // The plan that the guard brought counts nothing, so this run ends by itself.
        _ = try RenderJob(plan, cancellation: flag).run()
        let judgement = Judgement(
            0,
            StageVerdict(.kept, metrics: [], plan: CountingPlan(base: MeasuringPlan(name: "counting")))
        )
        #expect(judgement.bringsPlan)
    }

    @Test func anotherRequestDoesNotTakeIt() throws {
        let (plan, flag) = try job("out.mp4", Counts(), stopAfterRendering: 270)
        #expect(failure { _ = try RenderJob(plan, cancellation: flag).run() }?.code == .interrupted)
        let identity = try JobIdentity(plan.request)
        var other = plan.request
        other.quality = .medium
        #expect(try JobIdentity(other) != identity)
        other = plan.request
        other.coreCount = 1
        #expect(try JobIdentity(other) != identity)
        other = plan.request
        other.programVersion = "next"
        #expect(try JobIdentity(other) != identity)
        // The place of the result does not matter, its container does.
        other = plan.request
        other.outputPath = folder.file("elsewhere.mp4")
        #expect(try JobIdentity(other) == identity)
        other.outputPath = folder.file("elsewhere.mkv")
        #expect(try JobIdentity(other) != identity)
        // The same length and the same ends, but changed: the time says so.
        let past = Date(timeIntervalSince1970: 1e9)
        try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: input)
        #expect(try JobIdentity(plan.request) != identity)
    }

    @Test func aDamagedSpoolIsRenderedAgain() throws {
        let whole = Counts()
        _ = try RenderJob(job("whole.mp4", whole).0).run()
        let (plan, flag) = try job("out.mp4", Counts(), stopAfterRendering: 270)
        #expect(failure { _ = try RenderJob(plan, cancellation: flag).run() }?.code == .interrupted)
        let place = folder.file("work/" + (try JobIdentity(plan.request).name()))
        for name in kept where name.hasSuffix(".packets") { #expect(truncate(place + "/" + name, 100) == 0) }
        for name in kept where name.hasPrefix("analysis") { #expect(truncate(place + "/" + name, 10) == 0) }
        _ = try RenderJob(job("out.mp4", Counts()).0).run()
        #expect(try bytes("out.mp4") == bytes("whole.mp4"))
    }

    @Test func oneProcessAtATimeWorksOnAJob() throws {
        let (plan, _) = try job("out.mp4", Counts())
        let identity = try JobIdentity(plan.request)
        let first = try KeptWork(folder.file("work"), identity)
        let error = failure { _ = try KeptWork(folder.file("work"), identity) }
        #expect(error?.code == .cannotWrite)
        #expect(error?.message.contains("another process") == true)
        withExtendedLifetime(first) {}
    }
}

/// ``MeasuringPlan`` that tells of every frame it renders.
private struct CountingPlan: StagePlan {
    var base = MeasuringPlan(name: "counting")
    var onFrame: @Sendable () -> Void = {}

    var name: String { base.name }
    var parameters: StageParameters { base.parameters }
    var latencyFrames: Int { 0 }
    var preRollFrames: Int { 0 }
    var stageGuard: (any StageGuard)? { base.stageGuard }
    var analysis: (any FileAnalysis)? { base.measured == nil && base.measures ? Analysis(plan: self) : nil }

    func negotiate(_ offered: VideoFormat) throws -> FormatAgreement { try base.negotiate(offered) }

    func makeInstance(_ agreement: FormatAgreement) throws -> any StageInstance {
        FakeStage(process: { [onFrame] frame, output in
            onFrame()
            output.emit(frame)
        })
    }

    struct Analysis: FileAnalysis {
        let plan: CountingPlan
        private var inner: MeasuringPlan.Analysis { MeasuringPlan.Analysis(plan: plan.base) }
        var preRollFrames: Int { inner.preRollFrames }

        init(plan: CountingPlan) { self.plan = plan }
        func negotiate(_ offered: VideoFormat) throws -> VideoFormat { try inner.negotiate(offered) }
        func makeProbe(_ format: VideoFormat) throws -> any FrameProbe<Int> { try inner.makeProbe(format) }
        func makePlan(_ file: MeasuredFile<Int>) throws -> any StagePlan {
            var plan = plan
            plan.base.measured = file
            return plan
        }
    }
}
