import FFmpegKit
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

@Suite struct HDRProcessingStageTests {
    private func pq(_ luminance: Double) -> Double { PerceptualQuantizer.signal(ofLuminance: luminance) }

    // MARK: - HDR to SDR

    /// Rec. ITU-R BT.2408: 26 cd/m² is 18 % grey, 203 cd/m² diffuse white. Nothing below the knee is bent.
    @Test func greysOfHDRLandWhereTheyShould() throws {
        let painter = SignalPainter(.hdr10())
        let plan = HDRProcessingPlan.forTests("sdr")
        for (luminance, expected) in [(0.0, 0.0), (5, 0.2136), (26, 0.4247), (50, 0.5577)] {
            let frame = try plan.convert(painter.frame(0, SIMD3(repeating: pq(luminance))))
            #expect(frame.format.color == .bt709)
            #expect(frame.format.pixelFormat == .yuv420p)
            #expect(abs(signal(of: frame, 20, 10).y - expected) < 0.012)
        }
    }

    @Test func measuredPeakBecomesWhite() throws {
        let painter = SignalPainter(.hdr10())
        for peak in [400.0, 1000, 4000] {
            var frames = FrameQueue()
            // A lamp on a grey wall.
            frames.append(try painter.frame(0) { x, y in SIMD3(repeating: pq(x < 16 && y < 16 ? peak : 30)) })
            let plan = try #require(try HDRProcessingPlan.forTests("sdr").measured(frames, .hdr10()))
            #expect(plan.hdrMetadata(after: nil) == nil)
            let frame = try plan.convert(frames.first())
            let (lamp, wall) = (signal(of: frame, 6, 6).y, signal(of: frame, 40, 20).y)
            #expect(lamp > 0.985 && lamp <= 1.0)
            #expect(abs(wall - 0.4508) < 0.02)
        }
    }

    @Test func aDimShotStaysDim() throws {
        let painter = SignalPainter(.hdr10())
        var frames = FrameQueue()
        frames.append(try painter.frame(0) { x, _ in SIMD3(repeating: pq(Double(x))) })
        let plan = try #require(try HDRProcessingPlan.forTests("sdr").measured(frames, .hdr10()))
        #expect(plan.light?.steps == [0])
        let frame = try plan.convert(frames.first())
        #expect(abs(signal(of: frame, 60, 10).y - DisplayGamma.bt1886.signal(ofLight: 60.0 / 203)) < 0.015)
    }

    @Test func dropsMetadataOfTheOldLight() throws {
        let plan = HDRProcessingPlan.forTests("sdr")
        let old = HDRMetadata(
            masteringDisplay: .displayP3(peak: 4000),
            maximumContentLightLevel: 4000,
            maximumFrameAverageLightLevel: 400
        )
        #expect(plan.hdrMetadata(after: old) == nil)
        let passing = HDRProcessingPlan.forTests("hdr10")
        #expect(passing.hdrMetadata(after: old) == old)
    }

    @Test func hlgWhiteAndGreyLandWhereTheyShould() throws {
        let painter = SignalPainter(VideoFormat.hdr10().tagged(9, 18, 9))
        let hdr10 = HDRProcessingPlan.forTests("hdr10")
        // BT.2408: 75 % HLG is 203 cd/m² and 58 % PQ; 38 % HLG is 26 cd/m² and 38 % PQ.
        for (hlg, expected) in [(0.75, 0.58), (0.38, 0.38)] {
            let frame = try hdr10.convert(painter.frame(0, SIMD3(repeating: hlg)))
            #expect(frame.format.color == .hdr10)
            #expect(abs(signal(of: frame, 20, 10).y - expected) < 0.006)
        }
        let sdr = try HDRProcessingPlan.forTests("sdr").convert(painter.frame(0, SIMD3(repeating: 0.38)))
        #expect(abs(signal(of: sdr, 20, 10).y - 0.4247) < 0.012)
    }

    // MARK: - SDR to HDR10

    @Test func aWhitePageStaysAtReferenceWhite() throws {
        var frames = FrameQueue()
        frames.append(try SignalPainter(.bt709()).frame(0) { x, y in SIMD3(repeating: (x + y) % 9 == 0 ? 0.1 : 1) })
        let plan = try #require(try HDRProcessingPlan.forTests().measured(frames, .bt709()))
        let frame = try plan.convert(SignalPainter(.bt709()).frame(0, SIMD3(repeating: 1)))
        let light = PerceptualQuantizer.luminance(ofSignal: signal(of: frame, 20, 10).y)
        #expect(abs(light - 203) < 203 * 0.1)
        #expect(abs((plan.light?.metadata?.maximumContentLightLevel ?? 0) - 203) <= 10)
    }

    @Test func smallHighlightsReachThePeak() throws {
        let painter = SignalPainter(.bt709())
        var frames = FrameQueue()
        frames.append(try painter.frame(0) { x, y in SIMD3(repeating: x < 4 && y < 4 ? 1 : x < 32 ? 0.9 : 0.3) })
        for peak in [600.0, 1000] {
            let plan = try #require(try HDRProcessingPlan.forTests(peak: peak).measured(frames, .bt709()))
            let frame = try plan.convert(frames.first())
            func light(_ x: Int, _ y: Int) -> Double {
                PerceptualQuantizer.luminance(ofSignal: signal(of: frame, x, y).y)
            }
            #expect(abs(light(1, 1) - peak) < peak * 0.05)
            #expect(abs(light(20, 20) - 203) < 203 * 0.1)
            #expect(abs(light(50, 20) - 203 * DisplayGamma.bt1886.light(ofSignal: 0.3)) < 1)
            let metadata = try #require(plan.hdrMetadata(after: nil))
            #expect(abs(Double(metadata.maximumContentLightLevel ?? 0) - peak) < peak * 0.05)
            #expect(metadata.masteringDisplay?.maximumLuminance == peak)
        }
    }

    /// What is written is what the result holds.
    @Test func contentLightLevelsAreThoseOfTheResult() throws {
        let painter = SignalPainter(.bt709(96, 64))
        var frames = FrameQueue()
        frames.append(
            try painter.frame(0) { x, y in
                SIMD3(1, 0.96, 0.9) * min(0.97, 0.3 + Double(x) / 120 + Double(y) / 320)
            }
        )
        let plan = try #require(try HDRProcessingPlan.forTests().measured(frames, .bt709(96, 64)))
        let frame = try plan.convert(frames.first())
        var (peak, sum) = (0.0, 0.0)
        for y in 0..<64 {
            for x in 0..<96 {
                let largest = PerceptualQuantizer.luminance(ofSignal: signal(of: frame, x, y).max())
                peak = max(peak, largest)
                sum += largest
            }
        }
        let metadata = try #require(plan.light?.metadata)
        #expect(abs(Double(metadata.maximumContentLightLevel ?? 0) - peak) < peak * 0.05)
        let average = sum / (96 * 64)
        #expect(abs(Double(metadata.maximumFrameAverageLightLevel ?? 0) - average) < average * 0.05 + 1)
    }

    @Test func coloursKeepTheirChromaticity() throws {
        let painter = SignalPainter(.bt709())
        let plan = HDRProcessingPlan.forTests()
        for color: SIMD3<Double> in [[0.8, 0.3, 0.2], [0.2, 0.7, 0.3], [0.3, 0.4, 0.9], [0.9, 0.8, 0.5]] {
            let frame = try plan.convert(painter.frame(0, color))
            let light = PerceptualQuantizer.luminance(ofSignal: signal(of: frame, 20, 10))
            let expected = RGBPrimaries.bt709.matrix(to: .bt2020) * DisplayGamma.bt1886.light(ofSignal: color)
            let difference = light / light.sum() - expected / expected.sum()
            #expect(max(difference.max(), -difference.min()) < 0.02)
        }
    }

    // MARK: - Over time

    @Test func eachShotHasItsOwnTableAndTheOrderOfFramesDoesNotMatter() throws {
        let painter = SignalPainter(.hdr10())
        var frames = FrameQueue()
        frames.append(try painter.frame(0) { x, _ in SIMD3(repeating: pq(x < 32 ? 4000 : 50)) })
        frames.append(try painter.frame(1) { x, _ in SIMD3(repeating: pq(x < 32 ? 150 : 50)) })
        let plan = try #require(try HDRProcessingPlan.forTests("sdr").measured(frames, .hdr10()))
        #expect(plan.light?.steps.count == 2)
        let instance = try plan.makeInstance(plan.negotiate(.hdr10()))
        let output = StageOutput()
        var results: [SIMD3<Double>] = []
        for ticks: Int64 in [0, 1, 0] {
            try instance.process(painter.frame(ticks, SIMD3(repeating: pq(150))), into: output)
            let frame = try output.nextFrame()
            results.append(signal(of: frame, 8, 8))
        }
        #expect(results[0] == results[2])
        #expect(results[1].y > results[0].y + 0.02)
    }

    @Test func aStaticLiveSceneNeverPumps() throws {
        let painter = SignalPainter(.hdr10())
        let plan = HDRProcessingPlan.forTests("sdr")
        let instance = try plan.makeInstance(plan.negotiate(.hdr10()))
        let output = StageOutput()
        var generator = SplitMix64(seed: 3)
        var levels: [Double] = []
        for ticks in 0..<40 {
            // The same scene with noise.
            let frame = try painter.frame(Int64(ticks)) { x, y in
                SIMD3(repeating: pq(x < 6 && y < 6 ? 800 : 60) + .random(in: -0.01...0.01, using: &generator))
            }
            try instance.process(frame, into: output)
            let result = try output.nextFrame()
            var sum = 0.0
            for y in 0..<32 { for x in 0..<64 { sum += Double(result.sample(plane: 0, x: x, y: y)) } }
            levels.append(sum)
        }
        for (before, after) in zip(levels, levels.dropFirst()) { #expect(abs(after / before - 1) < 0.01) }
    }

    @Test func adaptionFollowsACutAtOnceAndAFadeSlowly() throws {
        let conversion = try #require(
            RangeConversion(from: .perceptualQuantizer(.bt2020), to: .sdr, peak: 1000)
        )
        func level(_ luminance: Double) -> LightMeasurement {
            LightMeasurement(level: Float(pq(luminance)), peaks: [], averages: [], hasDynamicMetadata: false)
        }
        var adaption = HeadroomAdaption(conversion)
        adaption.see(level(4000))
        #expect(adaption.step == conversion.step(forLevel: pq(4000)))
        adaption.see(level(300))
        #expect(adaption.step == conversion.step(forLevel: pq(300)))
        var steps = [adaption.step]
        for frame in 0..<300 {
            adaption.see(level(300 * (1 + Double(frame) / 100)))
            steps.append(adaption.step)
        }
        #expect(zip(steps, steps.dropFirst()).allSatisfy { abs($0 - $1) <= 1 })
        #expect(adaption.step > steps[0] + 4)
    }

    // MARK: - Proof

    @Test func theGuardFindsTheWayBack() throws {
        let painter = SignalPainter(.bt709(96, 64))
        var frames = FrameQueue(), samples = FrameQueue()
        for _ in 0..<2 {
            let frame = try painter.frame(0) { x, y in
                let light = Double(x) / 96
                return y < 8 && x > 88 ? SIMD3(repeating: 1) : SIMD3(light * 0.95, light * 0.8, 0.2 + light * 0.5)
            }
            samples.append(try frame.share())
            frames.append(frame)
            break
        }
        let plan = try #require(try HDRProcessingPlan.forTests().measured(frames, .bt709(96, 64)))
        let agreement = try plan.negotiate(.bt709(96, 64))
        let verdict = try #require(plan.stageGuard).judge(ArraySampleFrames(agreement, samples))
        #expect(verdict.outcome == .kept, "\(verdict)")
        let psnr = try #require(verdict.metrics.first { $0.name == "round_trip_y_psnr" })
        #expect(psnr.after >= 38)
        let hue = try #require(verdict.metrics.first { $0.name == "hue_shift" })
        #expect(hue.after <= 3)
        #expect(verdict.metrics.contains { $0.name == "max_cll" })
    }

    @Test func theGuardSaysThatNothingIsToBeDone() throws {
        let plan = HDRProcessingPlan.forTests("hdr10")
        let agreement = try plan.negotiate(.hdr10())
        var frames = FrameQueue()
        frames.append(try SignalPainter(.hdr10()).frame(0, SIMD3(repeating: 0.5)))
        let verdict = try #require(plan.stageGuard).judge(ArraySampleFrames(agreement, frames))
        #expect(verdict.outcome == .unverifiable)
        #expect(verdict.explanation?.contains("already") == true)
    }

    /// The table is right between its nodes too, for colours as they occur.
    @Test func tablesAgreeWithTheMathematics() throws {
        let conversion = try #require(RangeConversion(from: .perceptualQuantizer(.bt2020), to: .sdr, peak: 1000))
        let painter = SignalPainter(.hdr10())
        let plan = HDRProcessingPlan.inverse(peak: 1000, tables: ToneTables())
        let mapping = ToneMapping(
            from: .perceptualQuantizer(.bt2020),
            sourcePeak: conversion.sourcePeak(atStep: conversion.usualStep)
        )
        let matrix = RGBPrimaries.displayP3.matrix(to: .bt2020)
        var random = SplitMix64(seed: 8)
        let instance = try plan.makeInstance(plan.negotiate(.hdr10()))
        let output = StageOutput()
        var differences: [Double] = []
        for _ in 0..<40 {
            let light =
                matrix
                * SIMD3<Double>(
                    .random(in: 0...200, using: &random),
                    .random(in: 0...200, using: &random),
                    .random(in: 0...200, using: &random)
                )
            let color = PerceptualQuantizer.signal(ofLuminance: light)
            let input = try painter.frame(0, color)
            // What the frame says after its own rounding.
            let rounded = signal(of: input, 20, 10)
            try instance.process(input, into: output)
            let frame = try output.nextFrame()
            // The mean over a square of dither.
            var result = SIMD3<Double>(repeating: 0)
            for index in 0..<256 { result += signal(of: frame, 16 + index % 16, 8 + index / 16) / 256 }
            let expected = mapping.signal(of: rounded)
            let to2020 = SignalLight(.standard(.bt1886, .bt709))
            differences.append(
                ICtCp(bt2020: to2020.light(of: result)).difference(from: ICtCp(bt2020: to2020.light(of: expected)))
            )
        }
        #expect(differences.reduce(0, +) / Double(differences.count) < 3, "\(differences)")
    }
}
