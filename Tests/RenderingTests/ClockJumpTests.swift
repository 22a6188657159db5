import FFmpegKit
import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import Rendering

/// Files whose clock jumps, as recordings have it that were joined with `cat`.
@Suite(.serialized) struct ClockJumpTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private let stage = ["transform:flip=horizontal"]

    /// A white flash and a beep at the beginning of every second.
    private func part(_ name: String, seconds: Double = 2, offset: Int = 0, sound: Bool = true) throws -> Data {
        let path = folder.file(name)
        var options = [
            "-f", "lavfi", "-i",
            "color=black:s=160x120:r=25:d=\(seconds),drawbox=color=white:t=fill:enable='lt(mod(t,1),0.1)'",
        ]
        if sound {
            options += ["-f", "lavfi", "-i", "aevalsrc='if(lt(mod(t,1),0.1),sin(6283*t),0)':d=\(seconds):s=48000"]
        }
        options += ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "2", "-c:a", "aac", "-f", "mpegts"]
        try MediaTools.make(path, options + ["-output_ts_offset", String(offset)])
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    private func joined(_ parts: [Data]) throws -> String {
        let path = folder.file("in.ts")
        try Data(parts.joined()).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// The moments at which the picture turns white, and those at which the beep begins.
    private func flashesAndBeeps(_ path: String) throws -> (flashes: [Double], beeps: [Double]) {
        let brightness = try MediaTools.run(
            "ffprobe",
            [
                "-v", "error", "-f", "lavfi", "-i", "movie=\(path),signalstats", "-show_entries",
                "frame=pts_time:frame_tags=lavfi.signalstats.YAVG", "-of", "csv=p=0",
            ]
        )
        var flashes: [Double] = []
        var wasBright = false
        for line in brightness.split(separator: "\n") {
            let fields = line.split(separator: ",").compactMap { Double($0) }
            guard fields.count == 2 else { continue }
            if fields[1] > 120, !wasBright { flashes.append(fields[0]) }
            wasBright = fields[1] > 120
        }
        let silence = try MediaTools.run(
            "sh",
            [
                "-c", "ffmpeg -nostdin -i '\(path)' -af silencedetect=n=-30dB:d=0.2 -f null - 2>&1 | grep silence_end",
            ]
        )
        let beeps = silence.split(separator: "\n").compactMap { line in
            line.split(separator: " ").drop { $0 != "silence_end:" }.dropFirst().first.flatMap { Double($0) }
        }
        // Silence ends at the end, too.
        return (flashes, beeps.filter { $0 < (flashes.last ?? 0) + 0.4 })
    }

    @Test(arguments: ["out.mp4", "out.ts"], [0, 50])
    func everyPictureAfterABackwardJumpIsKept(name: String, offset: Int) throws {
        let input = try joined([try part("a.ts", offset: offset), try part("b.ts")])
        let output = folder.file(name)
        let report = try render(input, to: output, with: stage)
        #expect(report.frames == 100)
        #expect(report.warnings.contains { $0.contains("clock") })
        #expect(!report.warnings.contains { $0.contains("left out") || $0.contains("went back") })
        let (flashes, beeps) = try flashesAndBeeps(output)
        #expect(flashes.count == 4)
        #expect(beeps.count >= 3)
        for beep in beeps { #expect(flashes.contains { abs($0 - beep) < 0.045 }, "\(beep) of \(beeps), \(flashes)") }
        let times = try MediaTools.times(output)
        #expect(times.count == 100)
    }

    @Test func silentFilesFollowOnToTheTick() throws {
        let input = try joined([try part("a.ts", offset: 1, sound: false), try part("b.ts", offset: 8, sound: false)])
        let again = try joined([try Data(contentsOf: URL(fileURLWithPath: input)), try part("c.ts", sound: false)])
        let output = folder.file("out.ts")
        #expect(try render(again, to: output, with: stage).frames == 150)
        let steps = try MediaTools.times(output)
        // The five seconds between the first two are a gap like any other; back to the beginning is none.
        #expect(zip(steps.dropFirst(), steps).map { $0 - $1 }.filter { $0 != 3600 } == [5 * 90_000 + 3600])
    }

    @Test func aLeapOfTheClockIsClosed() throws {
        let input = try joined([try part("a.ts"), try part("b.ts", offset: 1000)])
        let output = folder.file("out.mp4")
        let report = try render(input, to: output, with: stage)
        #expect(report.frames == 100)
        #expect(try #require(report.output.duration) < 4.2)
        #expect(report.warnings.contains { $0.contains("clock") })
    }

    /// One track's hole is no jump of the clock: sound that runs through shows that the time has really passed.
    @Test func aHoleInThePictureStaysAHole() throws {
        let input = folder.file("in.ts")
        try MediaTools.make(
            input,
            [
                "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=14", "-f", "lavfi", "-i", "sine=d=14", "-vf",
                "select='not(between(t,1,12.5))'", "-fps_mode", "vfr", "-c:v", "libx264", "-preset", "ultrafast",
                "-c:a", "aac", "-f", "mpegts",
            ]
        )
        let output = folder.file("out.mp4")
        let report = try render(input, to: output, with: stage)
        #expect(!report.warnings.contains { $0.contains("clock") })
        #expect(try #require(report.output.duration) > 13.9)
    }

    @Test func copiedStreamsFollowOnToo() throws {
        let input = try joined([try part("a.ts"), try part("b.ts")])
        let output = folder.file("out.mkv")
        let report = try render(input, to: output) { $0.quality = nil }
        #expect(report.warnings.contains { $0.contains("clock") })
        #expect(try MediaTools.times(output).count == 100)
        let (flashes, beeps) = try flashesAndBeeps(output)
        #expect(flashes.count == 4)
        for beep in beeps { #expect(flashes.contains { abs($0 - beep) < 0.045 }, "\(beep) of \(beeps), \(flashes)") }
    }

    /// The part behind the jump is cut into segments and trimmed like any other.
    @Test func partsBehindTheJumpCanBeCutOut() throws {
        let input = try joined([try part("a.ts", seconds: 12), try part("b.ts", seconds: 12)])
        let whole = folder.file("whole.mp4")
        let report = try render(input, to: whole, with: []) { $0.codec = .h264 }
        #expect(try #require(report.segments) > 1)
        #expect(report.frames == 600)
        let output = folder.file("cut.mp4")
        let cut = try render(input, to: output) {
            $0.start = MediaTime(ticks: 14_500, timebase: Timebase(1, 1000))
            $0.end = MediaTime(ticks: 16_500, timebase: Timebase(1, 1000))
        }
        #expect(try #require(cut.frames) == 50)
        let (flashes, beeps) = try flashesAndBeeps(output)
        #expect(flashes.count == 2)
        for beep in beeps { #expect(flashes.contains { abs($0 - beep) < 0.045 }, "\(beep) of \(beeps), \(flashes)") }
    }
}
