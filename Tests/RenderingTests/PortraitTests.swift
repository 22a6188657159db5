import Foundation
import MediaTestKit
import Testing

@testable import Rendering

private let portrait = MediaTools.sample("astronaut.png")
private let isPortraitReady =
    FileManager.default.fileExists(atPath: portrait)
    && FileManager.default.fileExists(atPath: MediaTools.root.appendingPathComponent(".setup/models").path)

/// The real network on a real person: the astronaut's portrait, panned as a film and still.
@Suite(.serialized, .enabled(if: isPortraitReady, "the portrait or the network is not set up"))
struct PortraitTests {
    private let folder: TemporaryFolder
    private let stage = ["virtual_background:background=#00b140"]
    private let green = [0, 177, 64]

    init() throws { folder = try TemporaryFolder() }

    /// The mean colour of a square of 16 samples in every frame, as red, green and blue.
    ///
    /// - Parameters:
    ///   - x: the left edge as an expression of ffmpeg; `n` is the frame's number.
    ///   - y: the upper edge likewise.
    private func colors(_ path: String, x: String, y: String) throws -> [[Int]] {
        let text = try MediaTools.run(
            "sh",
            [
                "-c",
                """
                ffmpeg -nostdin -v error -i '\(path)' -vf "format=rgb24,crop=16:16:'\(x)':'\(y)':exact=1,scale=1:1:flags=area" \
                -fps_mode passthrough -f rawvideo -pix_fmt rgb24 - | od -An -v -t u1 -w3
                """,
            ]
        )
        return text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Int($0) } }
    }

    private func distance(_ a: [Int], _ b: [Int]) -> Int { zip(a, b).map { abs($0 - $1) }.max() ?? 255 }

    @Test func aPannedPortraitKeepsItsTimesTagsAndPerson() throws {
        let input = folder.file("in.mp4")
        try MediaTools.make(
            input,
            [
                "-loop", "1", "-framerate", "30000/1001", "-i", portrait, "-vf",
                "scale=480:480,crop=320:240:'n':'20+n/2',format=yuv420p", "-frames:v", "75", "-c:v", "libx264",
                "-preset", "veryfast", "-bf", "2", "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace",
                "bt709", "-color_range", "tv",
            ]
        )
        let output = folder.file("out.mp4")
        let report = try render(input, to: output, with: stage)
        #expect(report.frames == 75)
        #expect(report.warnings.isEmpty)
        #expect(try MediaTools.times(output) == MediaTools.times(input))
        let before = try #require(MediaTools.streams(input, "v").first)
        let after = try #require(MediaTools.streams(output, "v").first)
        for key in [
            "time_base", "nb_frames", "duration_ts", "start_pts", "r_frame_rate", "width", "height", "pix_fmt",
            "color_range", "color_space", "color_transfer", "color_primaries", "chroma_location",
        ] {
            #expect(after[key] == before[key], "\(key)")
        }
        #expect(after["color_primaries"] == "bt709")

        for x in ["0", "304"] {
            let corner = try colors(output, x: x, y: "0")
            #expect(corner.count == 75)
            #expect(corner.allSatisfy { distance($0, green) < 24 }, "\(corner)")
            // The portrait itself has no green there.
            #expect(try colors(input, x: x, y: "0").allSatisfy { distance($0, green) > 60 })
        }
        // The middle of the face wanders against the pan.
        let face = try colors(output, x: "202-n", y: "84-n/2")
        let original = try colors(input, x: "202-n", y: "84-n/2")
        #expect(face.count == 75 && original.count == 75)
        for (number, (a, b)) in zip(face, original).enumerated() {
            #expect(distance(a, b) < 16, "frame \(number): \(a), was \(b)")
            #expect(distance(a, green) > 60)
        }
    }

    @Test func aStillPortraitStaysAPicture() throws {
        let output = folder.file("out.png")
        let report = try render(portrait, to: output, with: stage)
        #expect(report.frames == 1)
        let before = try #require(MediaTools.streams(portrait).first)
        let after = try #require(MediaTools.streams(output).first)
        for key in ["codec_name", "width", "height", "pix_fmt"] { #expect(after[key] == before[key], "\(key)") }
        for x in ["0", "496"] {
            let corner = try #require(colors(output, x: x, y: "0").first)
            #expect(distance(corner, green) < 12, "\(corner)")
        }
        let face = try #require(colors(output, x: "216", y: "112").first)
        let original = try #require(colors(portrait, x: "216", y: "112").first)
        #expect(distance(face, original) < 8, "\(face), was \(original)")
    }
}
