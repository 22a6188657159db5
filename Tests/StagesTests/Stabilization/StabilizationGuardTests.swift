import FFmpegKit
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

@Suite struct StabilizationGuardTests {
    private func judge(_ plan: StabilizationPlan, _ scene: ShakyScene) throws -> StageVerdict {
        let agreement = try plan.negotiate(scene.format)
        return try #require(plan.stageGuard).judge(ArraySampleFrames(agreement, try scene.frames()))
    }

    @Test func keepsWhatHelps() throws {
        let scene = ShakyScene.shaky(count: 40)
        let verdict = try judge(try StabilizationRun.measured(try scene.frames(), scene.format), scene)
        #expect(verdict.outcome == .kept)
        let jitter = try #require(verdict.metrics.first { $0.name == "jitter" })
        #expect(jitter.after < 0.15 * (jitter.before ?? 0) && jitter.unit == "px")
        let crop = try #require(verdict.metrics.first { $0.name == "crop_ratio" })
        #expect((0.85...1).contains(crop.after))
        #expect(verdict.metrics.contains { $0.name == "itf" && $0.after > ($0.before ?? 0) })
        #expect(verdict.metrics.contains { $0.name == "black_edge_share" && $0.after == 0 })
        #expect(verdict.metrics.contains { $0.name == "path_jitter" && $0.after < ($0.before ?? 0) })
    }

    @Test func leavesTheSteadyOut() throws {
        let scene = ShakyScene.steady(count: 30)
        let verdict = try judge(try StabilizationRun.measured(try scene.frames(), scene.format), scene)
        #expect(verdict.outcome == .rolledBack)
        #expect(verdict.explanation?.contains("steady already") == true)
    }

    /// A table for frames 0..<40 with made-up corrections.
    private func plan(
        _ corrections: [SimilarityTransform?],
        zoom: Double = 1.1,
        isInterlaced: Bool = false
    ) -> StabilizationPlan {
        let table = StabilizationTable(
            times: corrections.indices.map { MediaTime(ticks: Int64($0), timebase: Timebase(1, 25)) },
            corrections: corrections,
            shots: [
                .init(
                    zoom: zoom,
                    jitter: (0, 0),
                    frameCount: corrections.count,
                    isCorrected: !isInterlaced
                )
            ],
            isInterlaced: isInterlaced,
            shotOf: { _ in 0 }
        )
        return StabilizationPlan(StabilizationRun.plan().parameters, table: table)
    }

    @Test func rollsBackWhatShakesMore() throws {
        let corrections = (0..<40).map { SimilarityTransform(x: $0 % 2 == 0 ? 0.02 : -0.02) }
        let verdict = try judge(plan(corrections), ShakyScene.steady(count: 40))
        #expect(verdict.outcome == .rolledBack)
        #expect(verdict.explanation?.isEmpty == false)
    }

    @Test func tellsToDeinterlaceFirst() throws {
        let verdict = try judge(
            plan([SimilarityTransform?](repeating: nil, count: 20), isInterlaced: true),
            ShakyScene.steady(count: 20)
        )
        #expect(verdict.outcome == .rolledBack)
        #expect(verdict.explanation?.contains("deinterlace") == true)
    }

    @Test func cannotTellWithoutSamples() throws {
        let scene = ShakyScene.shaky(count: 40)
        let plan = try StabilizationRun.measured(try scene.frames(), scene.format)
        let samples = ArraySampleFrames(try plan.negotiate(scene.format), FrameQueue())
        let verdict = try #require(plan.stageGuard).judge(samples)
        #expect(verdict.outcome == .unverifiable)
        #expect(verdict.metrics.contains { $0.name == "path_jitter" })
    }
}
