import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import Rendering

/// Containers that count frames get a frame rate, not a clock.
@Suite(.serialized) struct FrameGridTests {
    private let milliseconds = Timebase(1, 1000)

    @Test func evenFramesKeepTheirRate() {
        // What 30000/1001 becomes in whole milliseconds.
        let times = (0..<100).map { Int64((Double($0) * 1001 / 30).rounded()) }
        let grid = FrameGrid(times: times, timebase: milliseconds, rates: [Rational(30000, 1001)])
        #expect(grid.rate == Rational(30000, 1001))
        #expect(grid.isRegular)
        #expect(grid.numbers == Array(0..<100))
    }

    @Test func droppedFramesLeaveGaps() {
        let grid = FrameGrid(
            times: [0, 40, 120, 160],
            timebase: milliseconds,
            rates: [Rational(20, 1), Rational(25, 1)]
        )
        #expect(grid.rate == Rational(25, 1))
        #expect(grid.numbers == [0, 1, 3, 4])
        #expect(!grid.isRegular)
    }

    @Test func theFinestStepCountsWhereNoRateFits() {
        let grid = FrameGrid(times: [0, 50, 60, 200], timebase: milliseconds, rates: [Rational(25, 1)])
        #expect(grid.rate == Rational(100, 1))
        #expect(grid.numbers == [0, 5, 6, 20])
    }

    @Test func aClockIsNoFrameRate() {
        let grid = FrameGrid(
            times: [0, 1, 500],
            timebase: milliseconds,
            rates: [Rational(90_000, 1), Rational(30, 1)]
        )
        #expect(grid.rate == Rational(30, 1))
        #expect(FrameGrid(times: [], timebase: milliseconds, rates: []).rate == Rational(25, 1))
    }

    @Test(arguments: ["", #"select='not(mod(n\,3))+gt(random(1)\,0.6)'"#])
    func aviHasAFrameRate(filter: String) throws {
        let folder = try TemporaryFolder()
        let input = folder.file("in.mkv")
        let picture = "testsrc2=s=96x64:r=30:d=4" + (filter.isEmpty ? "" : "," + filter)
        try MediaTools.make(
            input,
            [
                "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=d=4", "-fps_mode", "vfr", "-c:v", "libx264",
                "-preset", "ultrafast", "-bf", "2", "-c:a", "mp3",
            ]
        )
        let output = folder.file("out.avi")
        let report = try render(input, to: output, with: ["transform:flip=horizontal"])
        let stream = try #require(MediaTools.streams(output, "v").first)
        #expect(stream["time_base"] == "1/30")
        // Gaps are filled by repeating; the frames keep their places.
        #expect(try #require(stream["nb_frames"].flatMap { Int($0) }) <= 121)
        #expect(abs(try #require(stream["duration"].flatMap(Double.init)) - 4) < 0.1)
        #expect(report.warnings.contains { $0.contains("fixed frame rate") } == !filter.isEmpty)
        let decoded = try MediaTools.run(
            "sh",
            [
                "-c",
                "ffmpeg -nostdin -v error -i '\(output)' -map 0:v -fps_mode passthrough -f framecrc - | grep -vc '^#'",
            ]
        )
        #expect(Int(decoded.trimmingCharacters(in: .whitespacesAndNewlines)) == report.frames)
    }
}
