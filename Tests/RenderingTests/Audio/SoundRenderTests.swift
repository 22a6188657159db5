import FFmpegKit
import Foundation
import MediaTestKit
import Pipeline
import Stages
import Testing

@testable import Rendering

@Suite struct SoundRenderTests {
    private static let stage = "audio_enhancement:denoise=false:sync=off"

    private func metric(_ report: RenderReport, _ name: String) -> RenderReport.Metric? {
        report.stages.last?.metrics.first { $0.name == name }
    }

    @Test(arguments: ["b.m4a", "b.flac", "b.wav", "b.mp3", "b.opus", "b.ogg", "b.mka", "b.mp4"])
    func soundAloneBecomesEveryContainer(output: String) throws {
        let folder = try TemporaryFolder()
        try MediaTools.make(folder.file("a.wav"), ["-f", "lavfi", "-i", SoundMedia.beeps, "-ac", "2"])
        let report = try render(folder.file("a.wav"), to: folder.file(output), with: [Self.stage])
        #expect(report.warnings.isEmpty)
        let heard = try SoundMedia.loudness(folder.file(output))
        #expect(abs(heard.integrated + 16) <= 0.5)
        #expect(heard.truePeak <= -0.95)
        // The report says what FFmpeg's meter says.
        #expect(abs(try #require(metric(report, "loudness")).after - heard.integrated) <= 0.2)
        #expect(abs(try #require(metric(report, "true_peak")).after - heard.truePeak) <= 0.4)
        #expect(report.stages.last?.kept == .yes)
        let before = try SoundMedia.samples(folder.file("a.wav")), after = try SoundMedia.samples(folder.file(output))
        // The times of MP3 files are rounded by those who read them.
        #expect(abs(SoundMedia.lag(before, after)) <= (output.hasSuffix("mp3") ? 30 : 1))
        #expect(after.count >= before.count && after.count <= before.count + 2048)
    }

    @Test(arguments: [("mono", 8000), ("stereo", 44_100), ("5.1", 48_000), ("5.0(side)", 48_000), ("2.1", 22_050)])
    func layoutRateAndDepthAreKept(layout: String, rate: Int) throws {
        let folder = try TemporaryFolder()
        let source = "aevalsrc=0.05*sin(600*2*PI*t)|0.04*sin(500*2*PI*t):s=\(rate):d=2"
        try MediaTools.make(
            folder.file("a.wav"),
            ["-f", "lavfi", "-i", source, "-af", "aformat=channel_layouts=\(layout)", "-c:a", "pcm_s24le"]
        )
        for output in ["b.wav", "b.m4a"] {
            let report = try render(folder.file("a.wav"), to: folder.file(output), with: [Self.stage])
            let stream = report.output.streams[0], source = report.input.streams[0]
            #expect(report.warnings.isEmpty)
            let described = try MediaTools.streams(folder.file(output))[0]
            #expect(described["sample_rate"] == "\(rate)")
            #expect(described["channels"] == "\(try #require(source.channels ?? Int(described["channels"] ?? "")))")
            if output == "b.wav" { #expect(stream.codec == "pcm_s24le") }
            #expect(abs(try SoundMedia.loudness(folder.file(output)).integrated + 16) <= 0.5)
        }
    }

    @Test func channelsWithoutPlacesGetTheUsualOnes() throws {
        let folder = try TemporaryFolder()
        try MediaTools.make(
            folder.file("a.caf"),
            [
                "-f", "lavfi", "-i", "aevalsrc=0.1*sin(600*2*PI*t)|0.1*sin(500*2*PI*t)|0:c=3.0:s=48000:d=1", "-c:a",
                "pcm_s16le",
            ]
        )
        let report = try render(folder.file("a.caf"), to: folder.file("b.caf"), with: [Self.stage])
        #expect(try MediaTools.streams(folder.file("b.caf"))[0]["channels"] == "3")
        #expect(report.stages.count == 1)
    }

    @Test func everyTrackIsBroughtToItsLoudness() throws {
        let folder = try TemporaryFolder()
        try MediaTools.make(
            folder.file("a.mkv"),
            [
                "-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=2", "-f", "lavfi", "-i", "sine=f=500:d=2", "-f", "lavfi",
                "-i", "sine=f=700:d=2:sample_rate=22050", "-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264",
                "-preset", "ultrafast", "-c:a:0", "aac", "-c:a:1", "flac", "-disposition:a:1", "comment",
            ]
        )
        let report = try render(folder.file("a.mkv"), to: folder.file("b.mkv"), with: [Self.stage])
        let streams = try MediaTools.streams(folder.file("b.mkv"))
        #expect(streams.map { $0["codec_name"] } == ["h264", "aac", "flac"])
        #expect(streams[2]["sample_rate"] == "22050" && streams[2]["disposition.comment"] == "1")
        #expect(abs(try #require(metric(report, "loudness_track_2")).after + 16) <= 0.5)
        #expect(abs(try #require(metric(report, "loudness")).after + 16) <= 0.5)
    }

    @Test func silenceAndVeryShortSoundStayAsTheyAre() throws {
        let folder = try TemporaryFolder()
        try MediaTools.make(folder.file("silent.wav"), ["-f", "lavfi", "-i", "anullsrc=r=44100:d=1"])
        try MediaTools.make(folder.file("short.wav"), ["-f", "lavfi", "-i", "sine=d=0.005"])
        for name in ["silent", "short"] {
            let report = try render(
                folder.file(name + ".wav"),
                to: folder.file(name + "-b.wav"),
                with: ["audio_enhancement:denoise=false"]
            )
            #expect(report.stages[0].explanation?.contains("stays as it is") == true)
            #expect(report.stages[0].kept == .unverifiable)
            #expect(
                try MediaTools.packetChecksum(folder.file(name + ".wav"), "a:0")
                    == MediaTools.packetChecksum(folder.file(name + "-b.wav"), "a:0")
            )
        }
    }

    @Test func aFileWithoutSoundIsRefusedUnlessThereIsOtherWork() throws {
        let folder = try TemporaryFolder()
        try MediaTools.make(
            folder.file("a.mp4"),
            ["-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=0.4", "-c:v", "libx264", "-preset", "ultrafast"]
        )
        let error = failure { try render(folder.file("a.mp4"), to: folder.file("b.mp4"), with: [Self.stage]) }
        #expect(error?.code == .badInput)
        #expect(error?.description.contains("has no sound") == true)
        let report = try render(
            folder.file("a.mp4"),
            to: folder.file("b.mp4"),
            with: [Self.stage, "transform:flip=horizontal"]
        )
        #expect(report.frames == 10)
        #expect(report.warnings.contains { $0.contains("nothing to do") })
    }

    @Test func pictureAndSoundAreProcessedTogether() throws {
        let folder = try TemporaryFolder()
        try SoundMedia.clip(folder.file("a.mp4"), audio: ["-c:a", "aac"])
        let report = try render(
            folder.file("a.mp4"),
            to: folder.file("b.mp4"),
            with: ["transform:flip=horizontal", Self.stage]
        )
        #expect(report.stages.map(\.stage) == ["transform", "audio_enhancement"])
        #expect(report.frames == 75)
        let before = try SoundMedia.samples(folder.file("a.mp4")), after = try SoundMedia.samples(folder.file("b.mp4"))
        #expect(SoundMedia.lag(before, after) == 0)
        #expect(abs(try SoundMedia.loudness(folder.file("b.mp4")).integrated + 16) <= 0.5)
    }

    @Test func soundThatIsRightAlreadyIsCopied() throws {
        let folder = try TemporaryFolder()
        try SoundMedia.clip(folder.file("a.mp4"), audio: ["-c:a", "aac"])
        try render(folder.file("a.mp4"), to: folder.file("b.mp4"), with: [Self.stage])
        let report = try render(folder.file("b.mp4"), to: folder.file("c.mp4"), with: [Self.stage])
        #expect(report.stages[0].explanation?.contains("already") == true)
        #expect(
            try MediaTools.packetChecksum(folder.file("b.mp4"), "a:0")
                == MediaTools.packetChecksum(folder.file("c.mp4"), "a:0")
        )
    }

    @Test func damagedSoundIsRenderedAsFarAsItGoes() throws {
        let folder = try TemporaryFolder()
        try MediaTools.make(folder.file("a.aac"), ["-f", "lavfi", "-i", SoundMedia.beeps, "-c:a", "aac"])
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("a.aac")))
        for place in stride(from: 3000, to: 3300, by: 7) where place < bytes.count { bytes[place] ^= 0x5a }
        try bytes.prefix(bytes.count * 3 / 4).write(to: URL(fileURLWithPath: folder.file("b.aac")))
        let report = try render(folder.file("b.aac"), to: folder.file("c.m4a"), with: [Self.stage])
        #expect(try #require(report.output.duration) > 1)
    }

    @Test func anInterruptedJobLeavesNothing() throws {
        let folder = try TemporaryFolder()
        try MediaTools.make(folder.file("a.wav"), ["-f", "lavfi", "-i", SoundMedia.beeps])
        let flag = CancellationFlag()
        flag.cancel()
        let catalogue = StageCatalogue.standard
        let request = RenderRequest(
            inputPath: folder.file("a.wav"),
            outputPath: folder.file("b.m4a"),
            stages: try catalogue.resolve(try catalogue.requests(parsing: Self.stage)),
            context: StageContext(modelsDirectory: "", cacheDirectory: nil, coreCount: 1, trustsCaller: true)
        )
        let error = failure { _ = try RenderJob(RenderPlan(request), cancellation: flag).run() }
        #expect(error?.code == .interrupted)
        #expect(folder.contents == ["a.wav"])
    }
}
