import FFmpegKit
import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import Rendering

@Suite struct ComparisonTests {
    private let folder: TemporaryFolder

    init() throws {
        FFmpegLibraries.setLogLevel(.silent)
        folder = try TemporaryFolder()
    }

    /// A film whose luma counts frames: frame n has luma `base + n * 4`.
    private func film(
        _ name: String,
        base: Int,
        rate: Int = 10,
        size: String = "96x64",
        frames: Int = 20
    ) throws -> String {
        let source =
            "color=black:s=\(size):r=\(rate),format=yuv420p,geq=lum=\(base)+N*4:cb=128:cr=128,trim=end_frame=\(frames)"
        try MediaTools.make(folder.file(name), ["-f", "lavfi", "-i", source, "-c:v", "ffv1"])
        return folder.file(name)
    }

    /// Luma left and right of the middle of every frame.
    private func sides(_ name: String) throws -> (left: [Int], right: [Int]) {
        func luma(_ x: String) throws -> [Int] {
            let graph = "crop=2:2:\(x):0,extractplanes=y,scale=1:1"
            let text = try MediaTools.run(
                "ffmpeg",
                ["-v", "error", "-i", folder.file(name), "-vf", graph, "-f", "framehash", "-hash", "adler32", "-"]
            )
            return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
                line.split(separator: ",").last.flatMap {
                    Int($0.trimmingCharacters(in: .whitespaces), radix: 16).map { ($0 & 0xffff) - 1 }
                }
            }
        }
        return (try luma("iw/4"), try luma("3*iw/4"))
    }

    @Test func framesAreMatchedByTime() throws {
        let source = try film("in.mkv", base: 20)
        // Twice as many frames, and taller: the source is scaled to the result's height, each of its frames seen twice.
        let result = try film("out.mkv", base: 60, rate: 20, size: "192x128", frames: 40)
        try ComparisonJob(
            sourcePath: source,
            resultPath: result,
            outputPath: folder.file("both.mkv"),
            coreCount: 2
        ).run()
        let stream = try #require(try MediaTools.streams(folder.file("both.mkv"), "v:0").first)
        #expect([stream["width"], stream["height"]] == ["384", "128"])
        let (left, right) = try sides("both.mkv")
        #expect(left.count == 40)
        for index in left.indices {
            #expect(abs(left[index] - (20 + index / 2 * 4)) <= 2)
            #expect(abs(right[index] - (60 + index * 4)) <= 2)
        }
        #expect(folder.contents == ["both.mkv", "in.mkv", "out.mkv"])
    }

    @Test func aTrimmedResultIsComparedWithItsPartOfTheSource() throws {
        let source = try film("in.mkv", base: 20)
        let result = try film("out.mkv", base: 60, frames: 5)
        try ComparisonJob(
            sourcePath: source,
            resultPath: result,
            outputPath: folder.file("both.mkv"),
            start: MediaTime(ticks: 1, timebase: Timebase(1, 1)),
            coreCount: 1
        ).run()
        let (left, _) = try sides("both.mkv")
        #expect(left.count == 5)
        for index in left.indices { #expect(abs(left[index] - (20 + (10 + index) * 4)) <= 2) }
    }

    @Test(arguments: ["png", "jpg"]) func stillsAreComparedToo(_ kind: String) throws {
        for (name, size) in [("in", "64x48"), ("out", "128x96")] {
            let source = "testsrc2=s=\(size):r=1,trim=end_frame=1"
            try MediaTools.make(folder.file("\(name).\(kind)"), ["-f", "lavfi", "-i", source, "-update", "1"])
        }
        try ComparisonJob(
            sourcePath: folder.file("in.\(kind)"),
            resultPath: folder.file("out.\(kind)"),
            outputPath: folder.file("both.\(kind)"),
            coreCount: 1
        ).run()
        let stream = try #require(try MediaTools.streams(folder.file("both.\(kind)")).first)
        #expect([stream["width"], stream["height"]] == ["256", "96"])
    }

    @Test func theSoundIsTheResults() throws {
        let tone = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1", "-f", "lavfi"]
        for (name, pitch) in [("in", 300), ("out", 900)] {
            try MediaTools.make(
                folder.file("\(name).mkv"),
                tone + ["-i", "sine=f=\(pitch):d=1", "-c:v", "ffv1", "-c:a", "flac"]
            )
        }
        try ComparisonJob(
            sourcePath: folder.file("in.mkv"),
            resultPath: folder.file("out.mkv"),
            outputPath: folder.file("both.mkv"),
            coreCount: 1
        ).run()
        #expect(
            try MediaTools.packetChecksum(folder.file("both.mkv"), "a:0")
                == MediaTools.packetChecksum(folder.file("out.mkv"), "a:0")
        )
    }
}
