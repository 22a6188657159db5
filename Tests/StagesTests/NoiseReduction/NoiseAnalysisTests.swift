import FFmpegKit
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

@Suite struct NoiseAnalysisTests {
    private let timebase = Timebase(1, 25)

    @Test func everyShotGetsItsOwnNoise() throws {
        var quiet = NoisyScene(width: 160, height: 128), loud = NoisyScene(width: 160, height: 128)
        (quiet.noise, loud.noise) = (0.4, 9)
        var frames = try quiet.frames(0..<6)
        for index in 6..<12 { frames.append(try loud.frame(index)) }
        let shots = ShotTable(starts: [0, 6].map { MediaTime(ticks: $0, timebase: timebase) })
        let analysis = NoiseAnalysis(plan: noisePlan())
        let made = try AnalysisDriver.makePlan(analysis, frames, format: quiet.format, shots: shots)
        let plan = try #require(made as? NoiseReductionPlan)
        #expect(plan.treatment(ofShot: 0) == nil)
        let loudShot = try #require(plan.treatment(ofShot: 1))
        #expect(loudShot.treatment == .best)
        #expect(abs(loudShot.noise.luma - 9) < 1)
        #expect(plan.latencyFrames == 3)
        #expect(plan.analysis == nil)
        // The clean shot comes out as it went in.
        let result = try plan.run(frames)
        let staysClean = (0..<6).allSatisfy { result.samples($0) == frames.samples($0) }
        let changesLoud = result.samples(8) != frames.samples(8)
        #expect(staysClean && changesLoud)
    }

    @Test func aFileThatCannotBeMeasuredIsLeftAlone() throws {
        var scene = NoisyScene()
        scene.noise = 0
        scene.picture = { _, _ in 40 }
        let frames = try scene.frames(0..<4)
        let made = try AnalysisDriver.makePlan(NoiseAnalysis(plan: noisePlan()), frames, format: scene.format)
        let result = try #require(made as? NoiseReductionPlan).run(frames)
        let isSame = result.samples(3) == frames.samples(3)
        #expect(isSame)
    }

    @Test func measurementsSurviveBeingStored() throws {
        let noise = PlaneNoise(luma: 3.5, firstChroma: 1, secondChroma: 2)
        #expect(noise.adding(0) == noise)
        #expect(abs(noise.adding(3.5).luma - 4.95) < 0.01)
        #expect(PlaneNoise.median(of: [noise, PlaneNoise(luma: 1), PlaneNoise(luma: 9)])?.luma == 3.5)
        #expect(PlaneNoise.median(of: []) == nil)
    }

    @Test(arguments: [
        (NoiseReductionLevel.auto, Float(1), true, NoiseTreatment?.none), (.auto, 2, true, .live),
        (.auto, 5, true, .better), (.auto, 12, true, .best), (.auto, 12, false, .live), (.auto, 1, false, nil),
        (.strong, 1, true, NoiseReductionLevel.strong.unmeasured), (.strong, 0.3, true, nil),
        (.light, 12, false, NoiseReductionLevel.light.unmeasured),
    ])
    func levelsChooseTreatments(
        _ level: NoiseReductionLevel,
        _ noise: Float,
        _ isMeasured: Bool,
        _ expected: NoiseTreatment?
    ) {
        #expect(level.treatment(of: PlaneNoise(luma: noise), isMeasured: isMeasured) == expected)
    }
}
