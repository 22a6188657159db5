import Foundation
import Testing

@testable import aegis

@Suite(.enabled(if: Aegis.hasSamples, "needs .build/*/aegis and .setup/media"))
struct EnhanceProcessTests {
    private let folder: TemporaryFolder
    private let input = Aegis.sample("carphone.mp4")
    private var output: String { folder.place("out.mp4") }

    init() throws { folder = try TemporaryFolder() }

    @Test func rendersAndSaysSo() throws {
        let result = try Aegis.run("enhance", input, "-o", output, "--with", "transform:size=64x48", "--quality", "low")
        #expect(result.status == 0)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("\(output): "))
        #expect(result.errors.contains("120 frames by libx264"))
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(folder.names == ["out.mp4"])
        let media = try Aegis.run("probe", output)
        #expect(media.output.contains("\"width\" : 64"))
    }

    @Test func writesEventsThatProgramsCanRead() throws {
        let result = try Aegis.run(
            "enhance",
            Aegis.sample("bikes.mp4"),
            "-o",
            output,
            "--with",
            "transform:size=320x240",
            "--json"
        )
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        let events = try result.events()
        let progress = events.filter { $0["type"] as? String == "progress" }
        #expect(progress.first?["phase"] as? String == "analyse")
        let shares = progress.compactMap { $0["progress"] as? Double }
        #expect(shares.count == progress.count)
        #expect(shares == shares.sorted() && shares.allSatisfy { (0...100).contains($0) })
        #expect(progress.allSatisfy { ["analyse", "render", "join"].contains($0["phase"] as? String ?? "") })
        let last = try #require(events.last)
        #expect(last["type"] as? String == "result")
        #expect(last["frames"] as? Int == 250)
        #expect(last["output"] as? String == output)
        let size = try FileManager.default.attributesOfItem(atPath: output)[.size] as? Int
        #expect(last["size"] as? Int == size)
        #expect(last["report"] is [String: Any])
    }

    @Test func writesTheReport() throws {
        let report = folder.place("report.json")
        let arguments = ["enhance", input, "-o", output, "--with", "transform:flip=horizontal", "--report", report]
        #expect(try run(Aegis.program, arguments + ["--quality", "low"]).status == 0)
        let data = try Data(contentsOf: URL(fileURLWithPath: report))
        let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["frames"] as? Int == 120)
        #expect(object["encoder"] as? String == "libx264")
        let stages = try #require(object["stages"] as? [[String: Any]])
        #expect(stages.first?["stage"] as? String == "transform")
        #expect(stages.first?["milliseconds_p50"] is Double)
        // An existing report is as dear as an existing video, and is looked at before the work begins.
        try FileManager.default.removeItem(atPath: output)
        let again = try run(Aegis.program, arguments)
        #expect(again.status == 73)
        #expect(again.errors == "aegis: \(report) exists: add --overwrite to replace it\n")
        #expect(folder.names == ["report.json"])
    }

    @Test func theUsersUmaskDecidesWhoMayReadTheResult() throws {
        let script = "umask 027; exec \"$0\" enhance \"$1\" -o \"$2\" --report \"$2.json\""
        #expect(try run("/bin/sh", ["-c", script, Aegis.program, input, output]).status == 0)
        #expect(try folder.permissions("out.mp4") == 0o640)
        #expect(try folder.permissions("out.mp4.json") == 0o640)
    }

    @Test func showsThePlanAndDoesNothing() throws {
        let arguments = ["enhance", input, "-o", output, "--with", "transform:rotate=90", "--start", "1", "--dry-run"]
        let result = try run(Aegis.program, arguments)
        #expect(result.status == 0)
        #expect(result.output.contains("stage     transform flip=none rotate=90\n"))
        #expect(result.output.contains("encoder   libx264 preset=faster crf=18\n"))
        #expect(result.output.contains("frames    90 expected\n"))
        #expect(folder.names == [])
        let event = try #require(try run(Aegis.program, arguments + ["--json"]).events().first)
        #expect(event["type"] as? String == "plan")
        #expect(event["expected_frames"] as? Int == 90)
        #expect((event["stages"] as? [[String: Any]])?.first?["stage"] as? String == "transform")
        #expect((event["encoder"] as? [String: Any])?["name"] as? String == "libx264")
    }

    @Test func goesOnAfterAFailureAndGivesItsCode() throws {
        let missing = folder.place("missing.mp4")
        let empty = try folder.write("empty.mp4", "")
        try FileManager.default.createDirectory(atPath: folder.place("out"), withIntermediateDirectories: true)
        let result = try Aegis.run(
            "enhance",
            missing,
            input,
            empty,
            "--output-dir",
            folder.place("out"),
            "--with",
            "transform:size=64x48"
        )
        #expect(result.status == 66)
        #expect(result.errors.contains("aegis: \(missing) does not exist: check the name\n"))
        #expect(result.errors.contains("aegis: \(empty) is empty"))
        #expect(result.errors.hasSuffix("1 of 3 files done, 2 failed\n"))
        #expect(FileManager.default.fileExists(atPath: folder.place("out/carphone.mp4")))
    }

    @Test func neverReplacesWithoutBeingAsked() throws {
        try folder.write("out.mp4", "dear")
        let result = try Aegis.run("enhance", input, "-o", output)
        #expect(result.status == 73)
        #expect(result.errors == "aegis: \(output) exists: add --overwrite to replace it\n")
        #expect(try String(contentsOfFile: output, encoding: .utf8) == "dear")
        #expect(try Aegis.run("enhance", input, "-o", output, "-y").status == 0)
        #expect(try String(contentsOfFile: output, encoding: .isoLatin1) != "dear")
    }

    @Test func neverRendersOntoItsInput() throws {
        let copy = folder.place("in.mp4")
        try FileManager.default.copyItem(atPath: input, toPath: copy)
        try FileManager.default.createSymbolicLink(atPath: folder.place("link.mp4"), withDestinationPath: copy)
        for path in [copy, folder.place("./in.mp4"), folder.place("link.mp4")] {
            let result = try Aegis.run("enhance", copy, "-o", path, "-y", "--with", "transform:flip=vertical")
            #expect(result.status == 2)
            #expect(result.errors.contains("the output is the input"))
        }
        #expect(FileManager.default.contentsEqual(atPath: copy, andPath: input))
    }

    @Test(arguments: [("/proc/out.mp4", "/proc"), ("/nowhere/at/all/out.mp4", "/nowhere/at/all"), ("/tmp", "/tmp")])
    func refusesPlacesThatCannotBeWritten(_ output: String, _ place: String) throws {
        let result = try Aegis.run("enhance", input, "-o", output + (output == "/tmp" ? "/." : ""), "--quality", "low")
        // `/tmp/.` has no extension that names a container, which comes first.
        #expect(result.status == (output == "/tmp" ? 2 : 73))
        #expect(result.errors.hasPrefix("aegis: ") && result.errors.contains(place))
    }
}
