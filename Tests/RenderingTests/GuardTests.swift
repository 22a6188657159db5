import FFmpegKit
import Foundation
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Rendering

@Suite struct GuardTests {
    /// Four seconds whose luma rises by one a frame.
    private func ramp(_ folder: TemporaryFolder) throws -> String {
        let path = folder.file("ramp.mp4")
        try MediaTools.make(
            path,
            [
                "-f", "lavfi", "-i", "color=black:s=96x64:r=25:d=4,format=yuv420p,geq=lum=40+N:cb=128:cr=128",
                "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-g", "25",
            ]
        )
        return path
    }

    private func stage(
        _ name: String,
        order: Int,
        change: @escaping @Sendable (UInt8) -> UInt8 = { $0 },
        judge: @escaping @Sendable (any SampleFrames) throws -> StageVerdict
    ) -> StageDescriptor {
        StageDescriptor.test(name, canonicalOrder: order) {
            MeasuringPlan(name: name, measures: false, judge: judge, change: change)
        }
    }

    /// The mean luma of the first samples of all runs.
    private static func level(_ samples: any SampleFrames) throws -> Double {
        var values: [Double] = []
        for index in 0..<samples.runCount {
            try samples.withRun(index) { run in
                for frame in 0..<run.count {
                    values.append(Double(run.withFrame(at: frame) { $0.sample(plane: 0, x: 0, y: 0) }))
                }
            }
        }
        return values.reduce(0, +) / Double(max(1, values.count))
    }

    @Test func judgesInOrderOnTheResultOfWhatIsKept() throws {
        let folder = try TemporaryFolder()
        let levels = Collected<Double>()
        let descriptors = [
            stage("brightening", order: 10, change: { $0 + 50 }) { samples in
                levels.append(try Self.level(samples))
                return StageVerdict(.kept, metrics: [StageMetric("level", before: 1, after: 2, unit: "cd")])
            },
            stage("whitening", order: 20, change: { _ in 235 }) { samples in
                levels.append(try Self.level(samples))
                return StageVerdict(.rolledBack, metrics: [], explanation: "all is white")
            },
            stage("last", order: 30) { samples in
                levels.append(try Self.level(samples))
                #expect(samples.runCount == 5)
                return StageVerdict(.unverifiable, metrics: [])
            },
        ]
        let output = folder.file("out.mkv")
        var job = try request(try ramp(folder), to: output, with: descriptors.map(\.name), testing: descriptors)
        job.encoderName = "ffv1"
        let report = try RenderJob(RenderPlan(job)).run()
        #expect(levels.count == 3)
        #expect(abs(levels.all[1] - levels.all[0] - 50) < 1)
        #expect(levels.all[2] == levels.all[1])
        #expect(report.stages.map(\.stage) == ["brightening", "whitening", "last"])
        #expect(report.stages.map(\.kept) == [.yes, .rolledBack, .unverifiable])
        #expect(report.stages.map(\.frames) == [100, 0, 100])
        #expect(report.stages[0].metrics == [RenderReport.Metric(name: "level", before: 1, after: 2, unit: "cd")])
        #expect(report.stages[1].explanation == "all is white")
        #expect(try luma(of: output)[30] == 40 + 30 + 50)
    }

    @Test func rendersByThePlanThatTheVerdictBrings() throws {
        let folder = try TemporaryFolder()
        let descriptor = stage("brightening", order: 10, change: { $0 + 100 }) { _ in
            let gentle = MeasuringPlan(name: "brightening", measures: false, change: { $0 + 10 })
            return StageVerdict(.kept, metrics: [], plan: gentle)
        }
        let output = folder.file("out.mkv")
        var job = try request(try ramp(folder), to: output, with: ["brightening"], testing: [descriptor])
        job.encoderName = "ffv1"
        _ = try RenderJob(RenderPlan(job)).run()
        #expect(try luma(of: output)[0] == 50)
    }

    @Test func aGuardThatFailsMakesTheStageUnverifiable() throws {
        let folder = try TemporaryFolder()
        let descriptor = stage("fragile", order: 10) { _ in throw StageError(.failed, stage: "fragile", "no idea") }
        let job = try request(try ramp(folder), to: folder.file("out.mp4"), with: ["fragile"], testing: [descriptor])
        let report = try RenderJob(RenderPlan(job)).run()
        #expect(report.stages.map(\.kept) == [.unverifiable])
        #expect(report.stages.map(\.frames) == [100])
        #expect(report.warnings.contains { $0.contains("fragile could not be judged") && $0.contains("no idea") })
    }

    @Test func copiesWhenNothingIsLeftToDo() throws {
        let folder = try TemporaryFolder()
        let input = try ramp(folder)
        let descriptor = stage("useless", order: 10) { _ in StageVerdict(.rolledBack, metrics: []) }
        var job = try request(input, to: folder.file("out.mp4"), with: ["useless"], testing: [descriptor])
        job.quality = nil
        let report = try RenderJob(RenderPlan(job)).run()
        #expect(report.encoder == nil)
        #expect(report.stages.map(\.kept) == [.rolledBack])
        #expect(
            try MediaTools.packetChecksum(input, "v:0") == MediaTools.packetChecksum(folder.file("out.mp4"), "v:0")
        )
        // With a wish for another codec there is something to do.
        job.codec = .hevc
        job.outputPath = folder.file("other.mp4")
        #expect(try RenderJob(RenderPlan(job)).run().encoder == "libx265")
    }

    @Test func cancellingEndsJudging() throws {
        let folder = try TemporaryFolder()
        let flag = CancellationFlag()
        let descriptor = stage("endless", order: 10) { samples in
            flag.cancel()
            while true { try samples.withRun(0) { _ in } }
        }
        let job = try request(try ramp(folder), to: folder.file("out.mp4"), with: ["endless"], testing: [descriptor])
        let error = failure { _ = try RenderJob(RenderPlan(job), cancellation: flag).run() }
        #expect(error?.code == .interrupted)
        #expect(folder.contents == ["ramp.mp4"])
    }

    @Test func framesThatTakeTooMuchMemoryAreDecodedAgain() throws {
        let folder = try TemporaryFolder()
        let descriptor = stage("measuring", order: 10) { _ in StageVerdict(.kept, metrics: []) }
        let job = try request(try ramp(folder), to: folder.file("out.mp4"), with: ["measuring"], testing: [descriptor])
        let video = try #require(try RenderPlan(job).video)
        let file = AnalysisPass.File(job, video, layout: video.layout, stages: video.stages)
        func levels(_ budget: Int) throws -> [Double] {
            let samples = try StageSamples(
                file,
                shots: .whole,
                byteBudget: budget,
                cancellation: CancellationFlag(),
                interrupt: Demuxer.Interrupt(),
                onTick: {}
            )
            #expect(samples.keptRunCount == (budget == 0 ? 0 : 5))
            return [try Self.level(samples), try Self.level(samples)]
        }
        #expect(try levels(0) == levels(1 << 30))
    }

    /// The luma of the first sample of every frame.
    private func luma(of path: String) throws -> [Int] {
        let text = try MediaTools.run(
            "ffmpeg",
            ["-v", "error", "-i", path, "-vf", "crop=2:2:0:0,extractplanes=y", "-f", "framehash"]
                + ["-hash", "adler32", "-"]
        )
        // Adler-32 of four equal bytes v: a = 1 + 4v, in the low half.
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            line.split(separator: ",").last.flatMap {
                Int($0.trimmingCharacters(in: .whitespaces), radix: 16).map { (($0 & 0xffff) - 1) / 4 }
            }
        }
    }
}
