import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import Rendering

@Suite struct SoundTimeTests {
    private static let stage = "audio_enhancement:denoise=false:sync=off"

    /// Containers, codecs and starts; how many samples sound may move against the picture, which is 0 where the container
    /// counts samples, and half a millisecond where it counts milliseconds.
    @Test(arguments: [
        ("a.mp4", ["-c:a", "aac"], 0.0, "b.mp4", 0), ("a.mp4", ["-c:a", "aac"], 0.25, "b.mp4", 0),
        ("a.mkv", ["-c:a", "flac"], 0, "b.mov", 0), ("a.mkv", ["-c:a", "flac"], 0, "b.mp4", 0),
        ("a.mov", ["-c:a", "pcm_s16le"], 0, "b.mov", 0),
        ("a.mp4", ["-c:a", "aac"], 0, "b.mkv", 24), ("a.mkv", ["-c:a", "libopus"], 0, "b.mkv", 24),
        ("a.mkv", ["-c:a", "libopus"], 0, "b.mp4", 24), ("a.mp4", ["-c:a", "aac"], 0, "b.ts", 1),
        ("a.ts", ["-c:a", "aac"], 0, "b.mp4", 1), ("a.mkv", ["-c:a", "libmp3lame"], 0, "b.mkv", 24),
    ])
    func soundStaysWithThePicture(
        input: String,
        codec: [String],
        offset: Double,
        output: String,
        tolerance: Int
    ) throws {
        let folder = try TemporaryFolder()
        try SoundMedia.clip(folder.file(input), audio: codec, offset: offset)
        let report = try render(folder.file(input), to: folder.file(output), with: [Self.stage])
        #expect(report.stages.first?.kept == .yes)
        #expect(report.warnings.isEmpty)
        let before = try SoundMedia.samples(folder.file(input)), after = try SoundMedia.samples(folder.file(output))
        #expect(abs(SoundMedia.lag(before, after)) <= tolerance)
        // The picture was copied.
        #expect(
            try MediaTools.packetChecksum(folder.file(input), "v:0")
                == MediaTools.packetChecksum(folder.file(output), "v:0")
                || input.hasSuffix("ts") != output.hasSuffix("ts")
        )
        let sound = try MediaTools.streams(folder.file(output), "a:0")[0]
        #expect(sound["sample_rate"] == "48000")
        if !output.hasSuffix("ts") { #expect(sound["tags.language"] == "fra") }
    }

    @Test(arguments: [("120", 5760), ("-80", -3840)]) func movesSoundByMilliseconds(sync: String, samples: Int) throws {
        let folder = try TemporaryFolder()
        try SoundMedia.clip(folder.file("a.mov"), audio: ["-c:a", "pcm_s16le"])
        try render(
            folder.file("a.mov"),
            to: folder.file("b.mov"),
            with: ["audio_enhancement:denoise=false:sync=\(sync)"]
        )
        let before = try SoundMedia.samples(folder.file("a.mov")), after = try SoundMedia.samples(folder.file("b.mov"))
        #expect(SoundMedia.lag(before, after, around: samples) == samples)
    }

    @Test func trimmedSoundBeginsAtTheSample() throws {
        let folder = try TemporaryFolder()
        try SoundMedia.clip(folder.file("a.mov"), audio: ["-c:a", "pcm_s16le"])
        try render(folder.file("a.mov"), to: folder.file("b.mov"), with: [Self.stage]) {
            $0.start = .init(ticks: 520, timebase: .init(1, 1000))
            $0.end = .init(ticks: 2520, timebase: .init(1, 1000))
        }
        let before = try SoundMedia.samples(folder.file("a.mov")), after = try SoundMedia.samples(folder.file("b.mov"))
        #expect(after.count == 96_000)
        #expect(SoundMedia.lag(before, after, around: -24_960) == -24_960)
    }

    @Test func missingSoundBecomesSilenceOfTheSameLength() throws {
        let folder = try TemporaryFolder()
        // A hole of half a second in the packets.
        try SoundMedia.clip(
            folder.file("a.mkv"),
            audio: [
                "-af", "aselect=not(between(t\\,1\\,1.5)),asetpts=if(gte(N*1/48000\\,1)\\,PTS\\,PTS)", "-c:a",
                "pcm_s16le",
            ]
        )
        let report = try render(folder.file("a.mkv"), to: folder.file("b.mkv"), with: [Self.stage])
        let before = try SoundMedia.samples(folder.file("a.mkv")), after = try SoundMedia.samples(folder.file("b.mkv"))
        #expect(abs(before.count - after.count) <= 48)
        #expect(abs(SoundMedia.lag(before, after)) <= 24)
        #expect(report.stages.count == 1)
    }

    // MARK: - Drift

    @Test func aClockThatRunsAwayIsCorrected() throws {
        let folder = try TemporaryFolder()
        // 12 s of sound by its samples that its stamps spread over 12.036 s: 0.3 %.
        try MediaTools.make(
            folder.file("a.mkv"),
            [
                "-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=12", "-f", "lavfi", "-i",
                "sine=f=500:beep_factor=3:d=12:sample_rate=8000", "-af", "asetpts=PTS*1.003", "-c:v", "libx264",
                "-preset", "ultrafast", "-c:a", "pcm_s16le",
            ]
        )
        let report = try render(
            folder.file("a.mkv"),
            to: folder.file("b.mkv"),
            with: ["audio_enhancement:denoise=false:sync=0"]
        )
        let drift = try #require(report.stages[0].metrics.first { $0.name == "clock_drift" })
        #expect(abs(try #require(drift.before) - 3000) < 100)
        let length = try #require(report.output.duration)
        #expect(abs(length - 12.036) < 0.05)
        let samples = try MediaTools.run(
            "sh",
            ["-c", "ffmpeg -v error -nostdin -i \"$1\" -map 0:a -f s16le - | wc -c", "sh", folder.file("b.mkv")]
        )
        let count = try #require(Int(samples.trimmingCharacters(in: .whitespacesAndNewlines))) / 2
        #expect(abs(count - 96_288) < 60)
    }

    @Test func aClockIsBelievedOnlyWhenItIsSteady() {
        func points(_ stamp: (Double) -> Double) -> [(samples: Double, stamp: Double)] {
            (0..<300).map { (Double($0) / 5, stamp(Double($0) / 5)) }
        }
        #expect(abs((AudioClock.ratio(points { $0 * 1.001 + 3 }) ?? 0) - 1.001) < 1e-9)
        #expect(AudioClock.ratio(points { $0 }) == nil)
        // Rounding to a millisecond is no drift.
        #expect(AudioClock.ratio(points { ($0 * 1000).rounded() / 1000 }) == nil)
        // A gap is no drift, and neither is another speed.
        #expect(AudioClock.ratio(points { $0 > 30 ? $0 + 0.2 : $0 }) == nil)
        #expect(AudioClock.ratio(points { $0 * 1.02 }) == nil)
        #expect(AudioClock.ratio([]) == nil)
    }
}
