import FFmpegKit
import Foundation
import Testing

@testable import aegis

@Suite(.enabled(if: Aegis.hasSamples, "needs .build/*/aegis and .setup/media"))
struct ResumeProcessTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func arguments(_ output: String, _ input: String) -> [String] {
        [
            "enhance", input, "-o", folder.place(output), "--work-dir", folder.place("work"), "--threads", "2",
            "--json",
            "--encoder-options", "preset=medium:crf=20", "--overwrite",
        ]
    }

    @Test func aJobThatIsKilledAgainAndAgainGivesTheSameFile() throws {
        let input = folder.place("film.mp4")
        let clip = try run(
            "/usr/bin/env",
            [
                "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=30", "-f", "lavfi", "-i",
                "sine=d=30", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", input,
            ]
        )
        try #require(clip.status == 0)
        #expect(try run(Aegis.program, arguments("whole.mp4", input)).status == 0)
        var kills = 0
        while kills < 4 {
            let job = try RunningProgram(Aegis.program, arguments("out.mp4", input))
            usleep(UInt32.random(in: 20_000...400_000))
            if job.isRunning { job.send(SIGKILL) }
            kills += 1
            let status = job.wait().status
            #expect(status == -SIGKILL || status == 0)
            #expect(status == 0 || !FileManager.default.fileExists(atPath: folder.place("out.mp4")))
            if status == 0 { break }
        }
        #expect(try run(Aegis.program, arguments("out.mp4", input)).status == 0)
        let (whole, result) = try (read("whole.mp4"), read("out.mp4"))
        #expect(whole == result)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.place("work")) == [])
    }

    /// A checksum: Swift Testing would look for the differences of a million bytes for hours.
    private func read(_ name: String) throws -> String { try Checksum.sha256(ofFile: folder.place(name)) }
}
