import Foundation
import Testing

@testable import aegis

@Suite(.enabled(if: Aegis.hasSamples, "needs .build/*/aegis and .setup/media"))
struct InterruptionProcessTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Starts a job of many seconds and returns when it renders.
    private func start(beside others: [String] = []) throws -> RunningProgram {
        let job = try RunningProgram(
            Aegis.program,
            [
                "enhance", Aegis.sample("bigbuckbunny.mp4"), "-o", folder.place("out.mp4"), "--json",
                "--with", "transform:size=2560x1440", "--encoder-options", "preset=placebo:crf=1",
            ]
        )
        while job.isRunning, !job.output.contains("\"phase\":\"render\"") { usleep(5000) }
        try #require(job.isRunning)
        #expect(folder.names.contains { $0.hasPrefix(".aegis-") && !others.contains($0) })
        return job
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func leavesNothingBehind(_ signal: Int32) throws {
        let job = try start()
        job.send(signal)
        let result = job.wait()
        #expect(result.status == 130)
        #expect(result.errors.isEmpty)
        let last = try #require(try result.events().last)
        #expect(last["type"] as? String == "error")
        #expect(last["code"] as? String == "interrupted")
        #expect(last["exit_code"] as? Int == 130)
        #expect(folder.names == [])
    }

    @Test func aSecondSignalEndsAtOnce() throws {
        let job = try start()
        job.send(SIGINT)
        // Until it ends, by the first signal's way or by a later one's: two that are pending together count as one.
        while job.isRunning {
            usleep(2000)
            job.send(SIGINT)
        }
        #expect(job.wait().status == 130)
        #expect(folder.names == [])
    }

    /// Who is killed cannot tidy up; the next job in the same place does, and leaves alone what somebody works in.
    @Test func theNextJobSweepsUpAfterAKilledOne() throws {
        let killed = try start()
        let dead = try #require(folder.names.first)
        killed.send(SIGKILL)
        #expect(killed.wait().status == -SIGKILL)
        #expect(folder.names == [dead])
        try FileManager.default.createDirectory(
            atPath: folder.place(".aegis-nolock"),
            withIntermediateDirectories: false
        )
        let other = try start(beside: [dead, ".aegis-nolock"])
        // That job has swept already.
        let living = try #require(folder.names.first { $0 != ".aegis-nolock" })
        #expect(folder.names.count == 2 && living != dead)
        let result = try Aegis.run("enhance", Aegis.sample("carphone.mp4"), "-o", folder.place("short.mp4"))
        #expect(result.status == 0)
        #expect(folder.names == [living, ".aegis-nolock", "short.mp4"].sorted())
        #expect(other.isRunning)
        other.send(SIGTERM)
        #expect(other.wait().status == 130)
        #expect(folder.names == [".aegis-nolock", "short.mp4"])
    }

    @Test func aReaderThatGoesAwayIsNoError() throws {
        let script = """
            set -o pipefail
            "$0" probe "$1" | head -c 1 > /dev/null || exit 1
            "$0" enhance "$1" -o "$2" --json | true
            """
        let result = try run(
            "/bin/bash",
            ["-c", script, Aegis.program, Aegis.sample("carphone.mp4"), folder.place("out.mp4")]
        )
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        // The work is done, whether or not somebody listens.
        #expect(folder.names == ["out.mp4"])
    }

    @Test func aFullDiskBehindStandardOutputIsAnError() throws {
        let script = "\"$0\" probe \"$1\" > /dev/full"
        let result = try run("/bin/sh", ["-c", script, Aegis.program, Aegis.sample("carphone.mp4")])
        #expect(result.status == 73)
        #expect(result.errors == "aegis: standard output cannot be written (No space left on device)\n")
    }
}
