import Foundation
import MediaTestKit
import Pipeline
import RNNoiseKit
import Stages
import Testing

@testable import Rendering

/// What depends on the content: flashes and beeps, and speech under noise.
@Suite struct SoundContentTests {
    private static let hasNetwork = (try? SpeechDenoiser.availability.get()) != nil
    private static let moments = [0.6, 1.48, 2.08, 3.52, 4.2, 5.72, 6.4]

    private func flashes(_ path: String, offset: Double) throws {
        func pulses(_ length: Double, _ shift: Double) -> String {
            Self.moments.map { "between(t\\,\($0 + shift)\\,\($0 + shift + length))" }.joined(separator: "+")
        }
        try MediaTools.make(
            path,
            [
                "-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=7.4,drawbox=c=white:t=fill:enable=\(pulses(0.1, 0))", "-f",
                "lavfi", "-i", "aevalsrc=0.3*sin(2*PI*1000*t)*(\(pulses(0.08, offset)))+0.002*random(0):s=48000:d=7.4",
                "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
            ]
        )
    }

    @Test(arguments: [0.16, -0.3]) func anOffsetOfFlashAndBeepIsFoundAndRemoved(offset: Double) throws {
        let folder = try TemporaryFolder()
        try flashes(folder.file("a.mp4"), offset: offset)
        let report = try render(
            folder.file("a.mp4"),
            to: folder.file("b.mp4"),
            with: ["audio_enhancement:denoise=false"]
        )
        let found = try #require(report.stages[0].metrics.first { $0.name == "av_offset" })
        #expect(abs(try #require(found.before) - offset * 1000) <= 20)
        let before = try SoundMedia.samples(folder.file("a.mp4")), after = try SoundMedia.samples(folder.file("b.mp4"))
        let moved = -Int((offset * 48_000).rounded())
        #expect(abs(SoundMedia.lag(before, after, around: moved, reach: 1200) - moved) <= 960)
    }

    @Test func anOffsetThatIsNotThereIsNotCorrected() throws {
        let folder = try TemporaryFolder()
        try flashes(folder.file("a.mp4"), offset: 0)
        let report = try render(
            folder.file("a.mp4"),
            to: folder.file("b.mp4"),
            with: ["audio_enhancement:denoise=false"]
        )
        #expect(report.stages[0].metrics.contains { $0.name == "av_offset" })
        #expect(!report.stages[0].metrics.contains { $0.name == "shift" })
    }

    @Test func anOffsetThatCannotBeSeenIsUnknown() throws {
        let folder = try TemporaryFolder()
        try SoundMedia.clip(folder.file("a.mp4"), audio: ["-c:a", "aac"])
        let report = try render(
            folder.file("a.mp4"),
            to: folder.file("b.mp4"),
            with: ["audio_enhancement:denoise=false"]
        )
        #expect(report.stages[0].explanation?.contains("unknown") == true)
        #expect(!report.stages[0].metrics.contains { $0.name == "shift" })
    }

    /// A stage of pictures that wants its sound denoised, as `noise_reduction` does.
    private static let reducer = StageDescriptor(
        name: "reducer",
        summary: "Denoises",
        parameters: [ParameterDescriptor("audio", .flag, default: .flag(true), "Sound too")],
        canonicalOrder: 200
    ) { parameters, _ in
        try AudioNoiseReductionPlan(stage: "reducer", parameters)
            ?? { throw StageError(.usage, stage: "reducer", "off") }()
    }

    @Test(.enabled(if: hasNetwork)) func speechIsDenoisedOnceHoweverManyAskForIt() throws {
        let folder = try TemporaryFolder()
        let text = "The quick brown fox jumps over the lazy dog. She sells sea shells by the shore."
        try MediaTools.make(
            folder.file("a.wav"),
            [
                "-f", "lavfi", "-i", "flite=voice=slt:text='\(text)',aresample=48000", "-f", "lavfi", "-i",
                "anoisesrc=c=pink:a=0.12:r=48000:seed=7:d=8", "-filter_complex",
                "[0]apad=pad_dur=1[s];[s][1]amix=2:duration=first:normalize=0",
            ]
        )
        let catalogue = StageCatalogue([AudioEnhancementPlan.descriptor, Self.reducer])
        func render(_ stages: String, to output: String) throws -> RenderReport {
            let context = StageContext(modelsDirectory: "", cacheDirectory: nil, coreCount: 1, trustsCaller: true)
            let requests = try catalogue.requests(parsing: stages)
            let request = RenderRequest(
                inputPath: folder.file("a.wav"),
                outputPath: folder.file(output),
                stages: try catalogue.resolve(requests),
                context: context
            )
            return try RenderJob(RenderPlan(request)).run()
        }
        let once = try render(#"["audio_enhancement"]"#, to: "once.wav")
        let twice = try render(#"["reducer", "audio_enhancement"]"#, to: "twice.wav")
        #expect(
            try MediaTools.run("ffmpeg", ["-v", "error", "-i", folder.file("once.wav"), "-f", "md5", "-"]).count > 10
        )
        let (a, b) = (try SoundMedia.samples(folder.file("once.wav")), try SoundMedia.samples(folder.file("twice.wav")))
        // Dither is the only difference.
        #expect(zip(a, b).allSatisfy { abs($0 - $1) < 0.0002 })
        let floor = try #require(once.stages[0].metrics.first { $0.name == "noise_floor" })
        #expect((12...22).contains(try #require(floor.before) - floor.after))
        let ratio = try #require(once.stages[0].metrics.first { $0.name == "speech_to_noise" })
        #expect(ratio.after - (try #require(ratio.before)) > 8)
        #expect(once.stages[0].kept == .yes)
        #expect(twice.stages.map(\.stage) == ["reducer", "audio_enhancement"])
        #expect(twice.stages.allSatisfy { $0.metrics.contains { $0.name == "noise_floor" } })
        // Only denoised: loudness is not what the first stage asks for.
        let alone = try render(#"["reducer"]"#, to: "alone.wav")
        #expect(alone.stages[0].kept == .yes)
        #expect(!alone.stages[0].metrics.contains { $0.name == "gain" })
    }

    @Test(.enabled(if: hasNetwork)) func noiseReductionWorksOnSoundWithoutPicture() throws {
        let folder = try TemporaryFolder()
        try MediaTools.make(folder.file("a.wav"), ["-f", "lavfi", "-i", "anoisesrc=c=pink:a=0.1:r=48000:d=1"])
        let report = try render(folder.file("a.wav"), to: folder.file("b.wav"), with: ["noise_reduction"])
        #expect(report.stages.map(\.stage) == ["noise_reduction"])
        #expect(report.stages[0].explanation?.contains("nobody speaks") == true)
        let error = failure {
            try render(folder.file("a.wav"), to: folder.file("c.wav"), with: ["noise_reduction:audio=false"])
        }
        #expect(error?.code == .badInput)
    }
}
