import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import Rendering

/// What is not processed survives, and what is processed keeps its time to the tick.
@Suite(.serialized, .enabled(if: MediaTools.hasSamples, "sample clips are not set up"))
struct PreservationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: ["carphone.mp4", "bigbuckbunny.mp4", "bikes.mp4"])
    func sampleClipsKeepEveryTick(name: String) throws {
        let output = folder.file(name)
        let report = try render(MediaTools.sample(name), to: output, with: ["transform:flip=horizontal"])
        #expect(report.warnings.isEmpty)
        #expect(try MediaTools.times(output) == MediaTools.times(MediaTools.sample(name)))
        let before = try MediaTools.streams(MediaTools.sample(name))
        let after = try MediaTools.streams(output)
        #expect(before.count == after.count)
        for (a, b) in zip(before, after) {
            for key in ["codec_type", "duration_ts", "time_base", "start_pts", "nb_frames", "width", "height"] {
                #expect(a[key] == b[key], "\(key) of \(name)")
            }
        }
        if before.count > 1 {
            #expect(
                try MediaTools.packetChecksum(output, "a") == MediaTools.packetChecksum(MediaTools.sample(name), "a")
            )
        }
    }

    @Test func parallelSegmentsJoinWithoutAGap() throws {
        let input = folder.file("long.mp4")
        try MediaTools.make(
            input,
            [
                "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30000/1001:d=24", "-f", "lavfi", "-i", "sine=d=24",
                "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "60", "-c:a", "aac",
            ]
        )
        let output = folder.file("out.mp4")
        let report = try render(input, to: output) { $0.codec = .h264 }
        #expect(report.segments ?? 0 > 1)
        #expect(try MediaTools.times(output) == MediaTools.times(input))
        #expect(try MediaTools.times(output, "a:0") == MediaTools.times(input, "a:0"))
        // The picture itself: no frame repeated, lost or out of place.
        let quality = try MediaTools.run(
            "ffmpeg",
            [
                "-v", "error", "-i", input, "-i", output, "-lavfi", "ssim=stats_file=-", "-f", "null", "-",
            ]
        )
        let worst = quality.split(separator: "\n").compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("All:") }.flatMap { Double($0.dropFirst(4)) }
        }.min()
        #expect(try #require(worst) > 0.9)
    }

    @Test func everythingBesideThePictureSurvives() throws {
        let subtitles = folder.file("s.srt")
        try "1\n00:00:00,500 --> 00:00:01,500\nGrüße\n".write(toFile: subtitles, atomically: true, encoding: .utf8)
        let chapters = folder.file("meta.txt")
        try """
        ;FFMETADATA1
        title=A title = with; signs
        artist=Somebody
        [CHAPTER]
        TIMEBASE=1/1000
        START=0
        END=1000
        title=One
        [CHAPTER]
        TIMEBASE=1/1000
        START=1000
        END=3000
        title=Two
        """.write(toFile: chapters, atomically: true, encoding: .utf8)
        let input = folder.file("Ein Film – ümlaut.mkv")
        try MediaTools.make(
            input,
            [
                "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=3", "-f", "lavfi", "-i", "sine=440:d=3",
                "-f", "lavfi", "-i", "sine=880:d=3", "-i", subtitles, "-i", chapters, "-map_metadata", "4",
                "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:v", "libx264", "-preset", "ultrafast",
                "-c:a:0", "aac", "-c:a:1", "libopus", "-c:s", "subrip", "-metadata:s:a:0", "language=deu",
                "-metadata:s:a:1", "language=fra", "-metadata:s:a:1", "title=Commentary", "-disposition:a:1", "comment",
                "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv",
            ]
        )
        for name in ["out é.mkv", "out é.mp4"] {
            let output = folder.file(name)
            let report = try render(input, to: output, with: ["transform:flip=vertical"])
            // MP4 keeps chapter titles in a data stream of its own.
            let streams = try MediaTools.streams(output).filter { $0["codec_type"] != "data" }
            #expect(streams.map { $0["codec_type"] } == ["video", "audio", "audio", "subtitle"])
            #expect(streams[1]["tags.language"] == "deu")
            #expect(streams[2]["tags.language"] == "fra")
            #expect(streams[2]["disposition.comment"] == "1")
            #expect(streams[0]["color_primaries"] == "bt709")
            #expect(streams[0]["color_transfer"] == "bt709")
            #expect(streams[0]["color_space"] == "bt709")
            #expect(streams[0]["color_range"] == "tv")
            #expect(report.output.tags["title"] == "A title = with; signs")
            #expect(report.output.chapters.map(\.title) == ["One", "Two"])
            #expect(report.output.chapters.map(\.end) == [1, 3])
            #expect(try MediaTools.packetChecksum(output, "a:0") == MediaTools.packetChecksum(input, "a:0"))
            let text = { (path: String) in
                try MediaTools.run("ffmpeg", ["-v", "error", "-i", path, "-map", "0:s", "-f", "srt", "-"])
            }
            #expect(try text(output) == text(input))
            #expect(try text(output).contains("Grüße"))
        }
    }

    @Test func containerThatCannotHoldTheSoundGetsItEncodedAnew() throws {
        let input = MediaTools.sample("bigbuckbunny.mp4")
        let output = folder.file("out.webm")
        let report = try render(input, to: output, with: ["transform:size=320x180"])
        let streams = try MediaTools.streams(output)
        #expect(streams.map { $0["codec_name"] } == ["av1", "opus"])
        #expect(streams[1]["channels"] == "6")
        #expect(report.warnings.contains { $0.contains("opus") })
        let length = try #require(report.output.duration)
        #expect(abs(length - 5.312) < 0.05)
    }

    @Test func remuxCopiesEveryPacket() throws {
        let input = MediaTools.sample("bigbuckbunny.mp4")
        let output = folder.file("copy.mkv")
        try render(input, to: output) { $0.quality = nil }
        for selector in ["v", "a"] {
            #expect(try MediaTools.packetChecksum(output, selector) == MediaTools.packetChecksum(input, selector))
        }
    }

    @Test func trimKeepsPictureAndSoundTogether() throws {
        let input = folder.file("sync.mp4")
        // A flash and a beep every second: where they meet after trimming shows the offset.
        try MediaTools.make(
            input,
            [
                "-f", "lavfi", "-i",
                "color=black:s=160x120:r=50:d=8,drawbox=color=white:t=fill:enable='lt(mod(t,1),0.1)'",
                "-f", "lavfi", "-i", "aevalsrc='if(lt(mod(t,1),0.1),sin(6283*t),0)':d=8:s=48000",
                "-c:v", "libx264", "-preset", "ultrafast", "-g", "100", "-bf", "2", "-c:a", "aac",
            ]
        )
        let output = folder.file("trim.mp4")
        let report = try render(input, to: output) {
            $0.start = MediaTime(ticks: 2_500, timebase: Timebase(1, 1000))
            $0.end = MediaTime(ticks: 6_000, timebase: Timebase(1, 1000))
        }
        #expect(report.frames == 175)
        let times = try MediaTools.times(output)
        let first = try #require(MediaTools.streams(output, "v").first)
        #expect(times.first == 0)
        #expect(first["duration_ts"].flatMap { Int($0) } == 175 * 256)
        let flash = try MediaTools.run(
            "ffprobe",
            [
                "-v", "error", "-f", "lavfi", "-i",
                "movie=\(output),signalstats", "-show_entries", "frame=pts_time:frame_tags=lavfi.signalstats.YAVG",
                "-of",
                "csv=p=0",
            ]
        )
        let bright = flash.split(separator: "\n").compactMap { line -> Double? in
            let parts = line.split(separator: ",")
            guard parts.count == 2, let value = Double(parts[1]), value > 120 else { return nil }
            return Double(parts[0])
        }
        #expect(abs(try #require(bright.first) - 0.5) < 0.011)
        let silence = try MediaTools.run(
            "sh",
            [
                "-c", "ffmpeg -nostdin -i \(output) -af silencedetect=n=-30dB:d=0.2 -f null - 2>&1 | grep silence_end",
            ]
        )
        let ends = silence.split(separator: "\n").compactMap { line in
            line.split(separator: " ").drop { $0 != "silence_end:" }.dropFirst().first.flatMap { Double($0) }
        }
        #expect(abs(try #require(ends.first) - 0.5) < 0.011)
    }
}
