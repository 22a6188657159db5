import FFmpegKit
import Foundation
import MediaTestKit
import Testing

@testable import Rendering

/// Streams that begin long after the file.
@Suite(.serialized) struct LateStreamTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func clip(
        _ name: String,
        picture: String = "testsrc2=s=96x64:r=25:d=14",
        _ options: [String]
    ) throws -> String {
        let path = folder.file(name)
        try MediaTools.make(
            path,
            [
                "-f", "lavfi", "-i", picture, "-itsoffset", "12", "-f", "lavfi", "-i", "sine=d=2", "-map", "0", "-map",
                "1",
            ] + options
        )
        return path
    }

    @Test(arguments: [
        ("in.ts", ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]),
        ("in.mpg", ["-c:v", "mpeg2video", "-c:a", "mp2"]),
    ])
    func soundThatBeginsLateIsKept(name: String, coding: [String]) throws {
        let input = try clip(name, coding)
        // Matroska wants times that program streams do not give every packet, so that nothing can be copied there.
        for (output, quality) in [("out.mkv", Quality.low), ("out.mp4", nil)] {
            let report = try render(input, to: folder.file(output)) { $0.quality = quality }
            #expect(report.warnings.isEmpty)
            #expect(report.output.streams.map(\.kind) == ["video", "audio"])
            let times = try MediaTools.run(
                "ffprobe",
                [
                    "-v", "error", "-select_streams", "a", "-show_entries", "packet=pts_time", "-of", "csv=p=0",
                    folder.file(output),
                ]
            ).split(separator: "\n").compactMap { Double($0.filter { $0 != "," }) }
            #expect(abs(try #require(times.first) - 12) < 0.2)
            #expect(times.count > 70)
        }
    }

    /// What was announced and never came must not cost the film.
    @Test func announcedSoundThatNeverComesIsLeftOutWithANotice() throws {
        let input = try clip(
            "in.ts",
            ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-bsf:a", "noise=drop=1"]
        )
        for quality in [Quality.low, nil] {
            let report = try render(input, to: folder.file("out.mp4")) {
                $0.quality = quality
                $0.replacesOutput = true
            }
            #expect(report.output.streams.map(\.kind) == ["video"])
            #expect(report.warnings.contains { $0.contains("audio stream 1 (aac) is left out") })
        }
    }

    @Test func soundThatNothingAnnouncesIsNoSecret() throws {
        // More than the first five megabytes hold no sound.
        let noise = "color=gray:s=320x240:r=25:d=14,noise=alls=100:allf=t"
        let input = try clip("in.flv", picture: noise, ["-c:v", "flv", "-q:v", "2", "-c:a", "mp3"])
        var data = try Data(contentsOf: URL(fileURLWithPath: input))
        try #require(data.count > 8_000_000)
        // "There is sound" in the header's flags.
        data[4] = 1
        try data.write(to: URL(fileURLWithPath: input))
        for quality in [Quality.low, nil] {
            let report = try render(input, to: folder.file("out.flv")) {
                $0.quality = quality
                $0.replacesOutput = true
            }
            #expect(report.output.streams.map(\.kind) == ["video"])
            #expect(report.warnings.filter { $0.contains("a stream is left out") }.count == 1)
        }
    }
}
