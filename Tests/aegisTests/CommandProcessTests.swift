import Foundation
import Testing

@testable import aegis

@Suite(.enabled(if: Aegis.isBuilt, "needs .build/*/aegis"))
struct CommandProcessTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func showsVersionAndHelp() throws {
        #expect(try Aegis.run("--version").output == "aegis \(Program.version)\n")
        let help = try Aegis.run("--help")
        #expect(help.status == 0 && help.errors.isEmpty)
        #expect(help.output == HelpText.text(for: [CommandTree.root]))
        #expect(try Aegis.run("help", "models", "import").output == (try Aegis.run("models", "import", "-h").output))
        let nothing = try Aegis.run()
        #expect(nothing.status == 2 && nothing.output.isEmpty && nothing.errors == help.output)
    }

    @Test(arguments: [
        (["enhnce"], "aegis: there is no command 'enhnce': did you mean 'enhance'?\n"),
        (["probe"], "aegis: probe needs INPUT: see aegis probe --help\n"),
        (
            ["enhance", "a.mp4", "-o", "b.mp4", "--with", "transfrm"],
            "aegis: there is no stage 'transfrm'; did you mean 'transform'?\n"
        ),
        (
            ["enhance", "a.mp4", "-o", "b.mp4", "--with", "transform:siz=2x2"],
            "aegis: transform: has no parameter 'siz'; did you mean 'size'?\n"
        ),
        (["stages", "transfrm"], "aegis: there is no stage 'transfrm'; did you mean 'transform'?\n"),
        (["help", "enhnce"], "aegis: there is no command 'enhnce': did you mean 'enhance'?\n"),
    ])
    func usageErrorsExitWithTwo(_ arguments: [String], _ message: String) throws {
        let result = try run(Aegis.program, arguments)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors == message)
    }

    @Test(arguments: ["probe", "enhance"])
    func badInputHasACodeForEachReason(_ command: String) throws {
        let garbage = folder.place("garbage.mp4")
        try Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }).write(
            to: URL(fileURLWithPath: garbage)
        )
        let cases: [(path: String, status: Int32)] = [
            (try folder.write("empty.mp4", ""), 65),
            (garbage, 65),
            (try folder.write("text.mp4", "This is a letter and no film.\n"), 65),
            (folder.path, 65),
            (folder.place("missing.mp4"), 66),
        ]
        for (path, status) in cases {
            let rest = command == "enhance" ? ["-o", folder.place("out.mp4"), "--with", "transform:flip=vertical"] : []
            let result = try run(Aegis.program, [command, path] + rest)
            #expect(result.status == status, "\(path)")
            #expect(result.output.isEmpty)
            #expect(result.errors.hasPrefix("aegis: ") && result.errors.contains(path), "\(result.errors)")
            #expect(result.errors.split(separator: "\n").count == 1)
            let event = try #require(try run(Aegis.program, [command, path, "--json"] + rest).events().last)
            #expect(event["type"] as? String == "error")
            #expect(event["exit_code"] as? Int32 == status)
            #expect(event["code"] as? String == (status == 66 ? "no_input" : "bad_input"))
        }
        #expect(folder.names.allSatisfy { !$0.hasPrefix(".") && $0 != "out.mp4" })
    }

    @Test func usageErrorsAreJSONWhereThatIsAskedFor() throws {
        let result = try Aegis.run("enhance", "--json", "--qality", "low")
        #expect(result.status == 2 && result.errors.isEmpty)
        let event = try #require(try result.events().first)
        #expect(event["code"] as? String == "usage")
        #expect(event["remedy"] as? String == "did you mean '--quality'?")
    }

    @Test(.enabled(if: Aegis.hasSamples)) func probesAsJSON() throws {
        let result = try Aegis.run("probe", Aegis.sample("bigbuckbunny.mp4"))
        #expect(result.status == 0 && result.errors.isEmpty)
        let media = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let streams = try #require(media["streams"] as? [[String: Any]])
        let video = try #require(streams.first { $0["kind"] as? String == "video" })
        #expect(video["width"] as? Int == 1280 && video["pixel_format"] as? String == "yuv420p")
        let audio = try #require(streams.first { $0["kind"] as? String == "audio" })
        #expect(audio["channels"] as? Int == 6)
        #expect(media["size"] as? Int == 1_055_736)
    }

    @Test func listsStages() throws {
        let table = try Aegis.run("stages")
        #expect(table.output.contains("transform  ") && table.output.contains("filter  "))
        let detail = try Aegis.run("stages", "transform")
        #expect(detail.output.contains("one of 0, 90, 180, 270 (default 0)"))
        let list = try Aegis.run("stages", "--json")
        let stages = try #require(JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
        let transform = try #require(stages.first { $0["name"] as? String == "transform" })
        let parameters = try #require(transform["parameters"] as? [[String: Any]])
        let rotate = try #require(parameters.first { $0["name"] as? String == "rotate" })
        #expect(rotate["type"] as? String == "choice")
        #expect(rotate["values"] as? [String] == ["0", "90", "180", "270"])
        #expect(rotate["default"] as? String == "0")
    }

    @Test func namesTheRemedyForMissingModels() throws {
        let environment = ["AEGIS_MODELS": folder.place("models")]
        let verify = try Aegis.run("models", "verify", environment: environment)
        #expect(verify.status == 69)
        #expect(verify.output.contains("✗ model 'selfie' is not installed") && verify.output.contains("make setup"))
        let doctor = try Aegis.run("doctor", environment: environment)
        #expect(doctor.status == 69)
        #expect(doctor.output.contains("✗ model selfie") && doctor.output.contains("– model selfie_square"))
        let list = try Aegis.run("models", "--json", environment: environment)
        let models = try #require(JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
        #expect(models.map { $0["installed"] as? Bool } == [false, false, false])
    }

    @Test func importsOnlyWhatWorks() throws {
        let environment = ["AEGIS_MODELS": folder.place("models")]
        let broken = try folder.write("broken.onnx", "this is no network")
        let result = try Aegis.run("models", "import", broken, environment: environment)
        #expect(result.status == 65)
        #expect(result.errors.hasPrefix("aegis: \(broken) cannot be used: "))
        #expect(try Aegis.run("models", "import", folder.place("x.onnx"), environment: environment).status == 66)
        #expect(try Aegis.run("models", "import", broken, environment: ["AEGIS_MODELS": "/proc/models"]).status == 73)
        #expect((try? FileManager.default.contentsOfDirectory(atPath: folder.place("models"))) == [])
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: Aegis.root + "/.setup/models/selfie.json")))
    func doctorIsContentAfterSetUp() throws {
        let environment = ["AEGIS_MODELS": Aegis.root + "/.setup/models"]
        let result = try Aegis.run("doctor", "--json", environment: environment)
        let report = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect(report["ok"] as? Bool == true)
        #expect(result.status == 0)
        #expect(try Aegis.run("models", "verify", environment: environment).status == 0)
    }

    @Test func completionsAreThoseOfTheTree() throws {
        #expect(try Aegis.run("completions", "bash").output == BashCompletion.script(for: CommandTree.root))
        #expect(try Aegis.run("completions", "tcsh").status == 2)
    }
}
