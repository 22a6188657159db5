import FFmpegKit
import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import Rendering

/// Files and wishes that once crashed, hung or quietly lost something.
@Suite(.serialized) struct HostileInputTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private let stage = ["transform:flip=horizontal"]

    private func picture(
        _ name: String,
        _ source: String,
        _ options: [String]
    ) throws
        -> String
    {
        try MediaTools.make(folder.file(name), ["-f", "lavfi", "-i", source] + options)
        return folder.file(name)
    }

    /// Segments that begin with woven and with whole pictures must not get headers of their own.
    @Test func interlacingThatChangesInTheMiddleKeepsOneHeader() throws {
        let parts = try ["yes", "no"].map { kind in
            try picture(
                "\(kind).ts",
                "testsrc2=s=160x120:r=25:d=12",
                [
                    "-c:v", "mpeg2video", "-g", "12", "-f", "mpegts", "-flags", kind == "yes" ? "+ildct+ilme" : "0",
                    "-top", "1",
                ]
            )
        }
        let list = folder.file("list.txt")
        try parts.map { "file '\($0)'" }.joined(separator: "\n").write(toFile: list, atomically: true, encoding: .utf8)
        let input = folder.file("in.mkv")
        try MediaTools.make(input, ["-f", "concat", "-safe", "0", "-i", list, "-c", "copy"])
        let output = folder.file("out.mp4")
        let report = try render(input, to: output) { $0.codec = .h264 }
        #expect(try #require(report.segments) > 1)
        let complaints = try MediaTools.run(
            "sh",
            ["-c", "ffmpeg -nostdin -v error -i '\(output)' -f null - 2>&1 | wc -l"]
        )
        #expect(complaints.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
        #expect(try MediaTools.times(output).count == report.frames)
    }

    @Test func pipesAreRefusedInsteadOfWaitedFor() {
        let pipe = folder.file("pipe.mp4")
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(failure { try render(pipe, to: folder.file("out.mp4"), with: stage) }?.code == .badInput)
    }

    @Test(arguments: ["out.m3u8", "out.mpd", "out.apng", "out.yuv", "out.sdp"])
    func containersThatAreNotOneFileAreRefusedAtOnce(name: String) throws {
        let input = try picture("in.mp4", "testsrc2=s=160x120:r=25:d=1", ["-c:v", "libx264"])
        #expect(failure { try render(input, to: folder.file(name), with: stage) }?.code == .usage)
        #expect(folder.contents == ["in.mp4"])
    }

    /// What an encoder writes beside the result would lie where a network client may not write.
    @Test(arguments: ["stats=%:pass=1", "dump-yuv=%"])
    func encodersWriteNothingForCallersThatAreNotTrusted(parameters: String) throws {
        let input = try picture("in.mp4", "testsrc2=s=160x120:r=25:d=0.4", ["-c:v", "libx264"])
        let target = folder.file("written")
        let options = [CodecOption("x264-params", parameters.replacingOccurrences(of: "%", with: target))]
        let refusal = failure {
            try render(input, to: folder.file("out.mp4"), with: stage, trustsCaller: false) {
                $0.encoderOptions = options
            }
        }
        #expect(refusal?.code == .usage)
        #expect(refusal?.message.contains("x264-params") == true)
        #expect(folder.contents == ["in.mp4"])
        // Who sits at the machine may.
        try render(input, to: folder.file("out.mp4"), with: stage) { $0.encoderOptions = options }
        #expect(folder.contents.contains { $0.hasPrefix("written") })
    }

    @Test func aPictureNameIsNoPattern() throws {
        for index in 1...3 { _ = try picture("img\(index).png", "testsrc2=s=64x48:d=1", ["-frames:v", "1"]) }
        try FileManager.default.copyItem(atPath: folder.file("img1.png"), toPath: folder.file("img%d.png"))
        let report = try render(folder.file("img%d.png"), to: folder.file("out.png"), with: stage)
        #expect(report.frames == 1)
    }

    @Test func soundKeepsItsTimeAcrossAGap() throws {
        let input = folder.file("gap.mkv")
        try MediaTools.make(
            input,
            [
                "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=6", "-f", "lavfi", "-i", "sine=d=6", "-af",
                "aselect='not(between(t,2,4))'", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le",
            ]
        )
        let output = folder.file("out.webm")
        try render(input, to: output, with: stage)
        let times = try MediaTools.times(output, "a:0")
        #expect(try #require(times.last) > 5800)
    }

    @Test func soundThatChangesItsShapeIsCarriedOver() throws {
        let parts = try [("mono", 1), ("surround", 6)].map { name, channels in
            let path = folder.file("\(name).ts")
            try MediaTools.make(
                path,
                [
                    "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=1", "-f", "lavfi", "-i", "sine=d=1", "-c:v",
                    "libx264", "-c:a",
                    "ac3", "-ac", String(channels), "-f", "mpegts",
                ]
            )
            return try Data(contentsOf: URL(fileURLWithPath: path))
        }
        let input = folder.file("in.ts")
        try (parts[0] + parts[1]).write(to: URL(fileURLWithPath: input))
        let report = try render(input, to: folder.file("out.webm"), with: stage)
        #expect(report.output.streams.map(\.kind) == ["video", "audio"])
    }

    @Test func packetsThatGoBackInTimeDoNotCostTheJob() throws {
        let part = folder.file("part.ts")
        try MediaTools.make(
            part,
            [
                "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2", "-c:v", "libx264",
                "-c:a", "aac",
                "-f", "mpegts",
            ]
        )
        let data = try Data(contentsOf: URL(fileURLWithPath: part))
        let input = folder.file("in.ts")
        try (data + data).write(to: URL(fileURLWithPath: input))
        let report = try render(input, to: folder.file("out.mp4"), with: stage)
        #expect(!report.warnings.isEmpty)
    }

    @Test func subtitleThatIsOnScreenAtTheCutDoesNotMoveTheRest() throws {
        let subtitles = folder.file("s.srt")
        try "1\n00:00:00,500 --> 00:00:02,800\nHere\n".write(toFile: subtitles, atomically: true, encoding: .utf8)
        let input = folder.file("in.mkv")
        try MediaTools.make(
            input,
            [
                "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=4", "-i", subtitles, "-c:v", "libx264", "-c:s",
                "subrip",
            ]
        )
        let output = folder.file("out.mkv")
        try render(input, to: output) { $0.start = MediaTime(ticks: 1500, timebase: Timebase(1, 1000)) }
        // The first frame at or after 1.5 s is that of 1.52 s.
        #expect(try MediaTools.times(output).first == 20)
        #expect(try MediaTools.times(output, "s:0").first == 0)
    }
}
