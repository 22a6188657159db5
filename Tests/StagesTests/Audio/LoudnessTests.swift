import EBUR128Kit
import Foundation
import Pipeline
import Testing

@testable import Stages

@Suite struct LoudnessTests {
    private func find(_ planes: [[Float]], target: Double = -16) throws -> AudioFinding {
        let probe = try LoudnessNormalization(target: target).makeProbe(track(channels: planes.count))
        try inBlocks(planes) { try probe.measure($0) }
        return try probe.finish()
    }

    @Test(arguments: [-14.0, -23]) func meetsTheTargetByOneGain(target: Double) throws {
        let sound = [TestSound.sine(997, level: -30, seconds: 2)]
        let plan = try #require(try find(sound, target: target).plan)
        let result = try process(sound, [plan])
        let loudness = try #require(try measure(result).loudness)
        #expect(abs(loudness - target) < 0.1)
        // One gain: the same factor everywhere, and nothing moved.
        let factor = result[0][100] / sound[0][100]
        #expect(result[0].count == sound[0].count)
        for index in stride(from: 0, to: sound[0].count, by: 997) {
            #expect(abs(result[0][index] - factor * sound[0][index]) < 1e-5)
        }
    }

    @Test func limiterHoldsTheCeilingAndTheGainMakesUpForIt() throws {
        // Short bursts far above the rest, between samples too, over a steady tone.
        var sound = TestSound.sine(700, level: -20, seconds: 3)
        for burst in 0..<6 {
            for index in 0..<96 {
                sound[burst * 24_000 + 5000 + index] += Float(0.6 * sin(Double.pi / 2 * Double(index) + 0.8))
            }
        }
        let before = try measure([sound])
        let plan = try #require(try find([sound]).plan)
        let result = try process([sound], [plan])
        let after = try measure(result)
        #expect(try #require(after.truePeak) <= LoudnessPlan.usualCeiling + 0.1)
        let lifted = try #require(before.truePeak), gain = try #require((plan as? LoudnessPlan)?.gain)
        #expect(lifted + gain > 0, "nothing was limited")
        let loudness = try #require(after.loudness)
        #expect(abs(loudness + 16) < 0.5)
    }

    @Test func limiterTreatsChannelsAlike() throws {
        let left = TestSound.sine(500, level: -6, seconds: 0.5), right = TestSound.sine(500, level: -26, seconds: 0.5)
        let limiter = LoudnessPlan(track(channels: 2), gain: 10, ceiling: -3, expected: 0)
        let result = try process([left, right], [limiter])
        for index in stride(from: 5001, to: 20_000, by: 1009) where abs(right[index]) > 0.01 {
            #expect(abs(result[0][index] / result[1][index] - left[index] / right[index]) < 0.01)
        }
    }

    /// What is below the ceiling passes through the limiter bit by bit, but for the gain.
    @Test func limiterLeavesQuietSoundAlone() throws {
        let sound = [TestSound.noise(level: -30, seconds: 0.5)]
        let result = try process(sound, [LoudnessPlan(track(), gain: 0, ceiling: -1.5, expected: 0)])
        #expect(result == sound)
    }

    @Test func silenceIsNeverAmplified() throws {
        let silence = try find([[Float](repeating: 0, count: 48_000)])
        #expect(silence.plan == nil && silence.explanation?.contains("silent") == true)
        // Noise of a bad microphone with nothing in it.
        #expect(try find([TestSound.noise(level: -75, seconds: 1)]).plan == nil)
        // Shorter than one block of the measurement.
        #expect(try find([TestSound.sine(500, level: -30, seconds: 0.1)]).plan == nil)
        #expect(try LoudnessNormalization(target: -16).makeProbe(track()).finish().plan == nil)
    }

    @Test func soundThatHasItsLoudnessIsLeftAlone() throws {
        let sound = [TestSound.sine(997, level: -20, seconds: 1)]
        let loudness = try #require(try measure(sound).loudness)
        #expect(try find(sound, target: loudness).plan == nil)
    }

    @Test func aTargetThatWouldCrushPeaksIsNotReachedAndSaid() throws {
        // A click track: loud clicks over nearly nothing.
        var sound = TestSound.noise(level: -55, seconds: 2)
        for click in 0..<8 { for index in 0..<2400 { sound[click * 12_000 + index] *= index < 480 ? 200 : 1 } }
        let finding = try find([sound], target: -9)
        #expect(finding.explanation?.contains("peaks") == true)
        let result = try process([sound], [try #require(finding.plan)])
        #expect(try #require(try measure(result).truePeak) <= -1.3)
    }

    @Test func planIsCorrectedWhenTheCodecLiftsPeaks() throws {
        let plan = LoudnessPlan(track(), gain: 3, ceiling: -1.5, expected: -16)
        #expect(plan.corrected(after: SoundMeasurement(loudness: -16, range: 1, truePeak: -1.1)) == nil)
        let lower = plan.corrected(after: SoundMeasurement(loudness: -16, range: 1, truePeak: -0.4)) as? LoudnessPlan
        #expect(try #require(lower).ceiling < -2)
        let louder = plan.corrected(after: SoundMeasurement(loudness: -16.6, range: 1, truePeak: -3)) as? LoudnessPlan
        #expect(abs(try #require(louder).gain - 3.6) < 0.01)
    }

    @Test func judgesByTheResult() {
        let effect = LoudnessNormalization(target: -16)
        func sound(_ loudness: Double?, _ peak: Double) -> SoundMeasurement {
            SoundMeasurement(loudness: loudness, range: 3, truePeak: peak)
        }
        #expect(effect.judge(before: sound(-30, -20), after: sound(-16.2, -1.2)) == .kept)
        #expect(effect.judge(before: sound(-30, -20), after: sound(-16.2, 0.4)) == .unverifiable)
        #expect(effect.judge(before: sound(nil, -20), after: sound(nil, -20)) == .unverifiable)
    }

    @Test func slidingMinimumIsThatOfTheLastValues() {
        var minimum = SlidingMinimum(window: 4)
        let values: [Float] = [5, 3, 4, 6, 7, 8, 2, 9, 9, 9, 9, 1]
        let expected: [Float] = [5, 3, 3, 3, 3, 4, 2, 2, 2, 2, 9, 1]
        #expect(values.map { minimum.next($0) } == expected)
    }
}
