import Foundation
import Testing

@testable import aegis

@Suite struct CompletionTests {
    private func accepts(_ shell: String, _ script: String) throws -> Bool? {
        let folder = try TemporaryFolder()
        let file = try folder.write("script", script)
        let path = ["/bin", "/usr/bin", "/usr/local/bin"].map { "\($0)/\(shell)" }
        guard let program = path.first(where: FileManager.default.isExecutableFile) else { return nil }
        return try run(program, ["-n", file]).status == 0
    }

    @Test func shellsCanReadTheScripts() throws {
        #expect(try accepts("bash", BashCompletion.script(for: CommandTree.root)) != false)
        // Not every machine has these; the ones that have them check.
        #expect(try accepts("zsh", ZshCompletion.script(for: CommandTree.root)) != false)
        #expect(try accepts("fish", FishCompletion.script(for: CommandTree.root)) != false)
    }

    @Test func everyCommandAndOptionIsThere() {
        let root = CommandTree.root
        let scripts = [
            BashCompletion.script(for: root), ZshCompletion.script(for: root), FishCompletion.script(for: root),
        ]
        for script in scripts {
            for (words, command) in root.allPaths {
                for word in words { #expect(script.contains(word)) }
                for option in command.options { #expect(script.contains(option.name)) }
            }
        }
    }

    /// What bash would propose for the last word of a line.
    private func proposals(_ line: String, in root: CommandDescription = SmallTree.root) throws -> [String] {
        let folder = try TemporaryFolder()
        let file = try folder.write("completion.bash", BashCompletion.script(for: root))
        _ = try folder.write("wall.txt", "")
        // bash splits --color=gr into three words.
        let words = line.split(separator: " ", omittingEmptySubsequences: false).flatMap { word in
            word.contains("=")
                ? word.split(separator: "=", maxSplits: 1).flatMap { [String($0), "="] }.dropLast() : [String(word)]
        }
        let list = words.map { "'\($0)'" }.joined(separator: " ")
        let script = """
            source '\(file)'; cd '\(folder.path)'
            COMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1)
            _\(root.name); printf '%s\\n' "${COMPREPLY[@]}"
            """
        let result = try run("/bin/bash", ["-c", script])
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        return result.output.split(separator: "\n").map(String.init).sorted()
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash")))
    func bashProposesWhatFits() throws {
        #expect(try proposals("tool ") == ["paint", "shelf"])
        #expect(try proposals("tool pa") == ["paint"])
        #expect(try proposals("tool --v") == ["--version"])
        #expect(try proposals("tool paint --s") == ["--size"])
        #expect(try proposals("tool paint --color ") == ["green", "red"])
        #expect(try proposals("tool paint -c g") == ["green"])
        #expect(try proposals("tool paint --color=gr") == ["green"])
        #expect(try proposals("tool paint wa") == ["wall.txt"])
        #expect(try proposals("tool paint --size ") == [])
        #expect(try proposals("tool shelf ") == ["add", "list"])
        #expect(try proposals("tool shelf --") == ["--help", "--json"])
        #expect(try proposals("tool shelf add ") == ["steel", "wood"])
        #expect(try proposals("tool shelf add --") == ["--help", "--yes"])
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash")))
    func bashProposesStagesAndEncoders() throws {
        let root = CommandTree.root
        #expect(try proposals("aegis enhance --with trans", in: root) == ["transform"])
        #expect(try proposals("aegis stages fil", in: root) == ["filter"])
        #expect(try proposals("aegis enhance a.mp4 --quality u", in: root) == ["ultra"])
        #expect(try proposals("aegis enhance a.mp4 --encoder libx264", in: root) == ["libx264"])
        #expect(try proposals("aegis models im", in: root) == ["import"])
        #expect(try proposals("aegis completions z", in: root) == ["zsh"])
    }
}
