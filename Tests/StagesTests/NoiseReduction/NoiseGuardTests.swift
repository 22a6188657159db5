import FFmpegKit
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

@Suite struct NoiseGuardTests {
    private func judge(_ plan: NoiseReductionPlan, _ scene: NoisyScene, frames: Int = 7) throws -> StageVerdict {
        let samples = ArraySampleFrames(try plan.negotiate(scene.format), try scene.frames(0..<frames))
        return try #require(plan.stageGuard).judge(samples)
    }

    private func metric(_ verdict: StageVerdict, _ name: String) throws -> StageMetric {
        try #require(verdict.metrics.first { $0.name == name })
    }

    @Test func noisyFilesAreKeptAndTheGainIsTrue() throws {
        let scene = NoisyScene(width: 176, height: 144)
        let plan = noisePlan("strong").knowing(8)
        let verdict = try judge(plan, scene)
        #expect(verdict.outcome == .kept)
        let noise = try metric(verdict, "noise_sigma")
        #expect(abs(try #require(noise.before) - 8) < 1)
        #expect(noise.after < 2.5)
        #expect(try metric(verdict, "edges_kept").after > 0.9)
        // The guard does not know the truth; we do: what it says of frames with twice the noise's power must hold.
        var worse = scene
        worse.noise = 8 * 2.0.squareRoot()
        let before = try worse.frames(0..<7)
        let after = try noisePlan("strong").knowing(worse.noise).run(before)
        var gains: [Double] = []
        for index in 0..<7 {
            let truth = try scene.frame(index, isNoisy: false).samples(0)
            gains.append(gain(truth, before: before.samples(index)[0], after: after.samples(index)[0]))
        }
        let expected = gains.reduce(0, +) / 7
        #expect(abs(try metric(verdict, "restoration_gain").after - expected) < 1.5)
    }

    @Test func cleanFilesAreLeftOut() throws {
        var scene = NoisyScene(width: 176, height: 144)
        scene.noise = 0.5
        let verdict = try judge(noisePlan(), scene)
        #expect(verdict.outcome == .rolledBack)
        #expect(verdict.explanation?.contains("clean") == true)
    }

    @Test func whatTakesMoreOfThePictureThanOfTheNoiseIsLeftOut() throws {
        // Detail weaker than this limit is everything that the picture has, and it moves too fast to be followed.
        var scene = NoisyScene(width: 176, height: 144)
        scene.noise = 2
        scene.speed = 61
        let plan = noisePlan("medium").knowing(2).adjusted(strength: 60)
        let verdict = try judge(plan, scene, frames: 3)
        #expect(verdict.outcome == .rolledBack)
        #expect(try metric(verdict, "restoration_gain").after < 1)
        #expect(verdict.explanation != nil)
    }

    @Test func tooMuchStrengthIsTakenBack() throws {
        let plan = noisePlan("medium").knowing(4).adjusted(strength: 3)
        var scene = NoisyScene(width: 176, height: 144)
        scene.noise = 4
        let verdict = try judge(plan, scene)
        #expect(verdict.outcome == .kept)
        let chosen = try #require(verdict.plan as? NoiseReductionPlan)
        #expect(chosen.strength < 3)
    }

    @Test func withoutFramesNothingIsSaid() throws {
        let scene = NoisyScene()
        let samples = ArraySampleFrames(try noisePlan().negotiate(scene.format), FrameQueue())
        #expect(try #require(noisePlan().stageGuard).judge(samples).outcome == .unverifiable)
    }
}
