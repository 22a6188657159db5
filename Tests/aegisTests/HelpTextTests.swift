import Testing

@testable import aegis

@Suite struct HelpTextTests {
    @Test func looksLikeThis() {
        let expected = """
            Paint walls.

            Usage: tool paint WALL… [options]

            It takes as many walls as there are; a wall that is painted already is painted
            again, because nobody keeps a list.

            Arguments:
              WALL  The walls

            Options:
              -s, --size N           How large
              --tag TAG              A tag (may be repeated)
              -c, --color red|green  Which color
              -y, --yes              Do not ask
              -v, --verbose          Say more
              -o, --output FILE      The result
              -h, --help             Show this help

            """
        #expect(HelpText.text(for: [SmallTree.root, SmallTree.paint]) == expected)
    }

    @Test func listsCommandsWithTheirDefault() {
        let expected = """
            Shelves.

            Usage: tool shelf [COMMAND] [options]

            Commands:
              list  List them
              add   Add one

            Options:
              --json      Write JSON to standard output
              -h, --help  Show this help

            """
        #expect(HelpText.text(for: [SmallTree.root, SmallTree.shelf]) == expected)
    }

    @Test func putsLongNamesOnALineOfTheirOwn() {
        let rows = [(name: "short", text: "one"), (name: "a name that is longer than the column", text: "two")]
        #expect(HelpText.table(rows) == ["  short  one", "  a name that is longer than the column", "         two"])
    }

    @Test func everyCommandFitsATerminal() {
        for (words, command) in CommandTree.root.allPaths {
            var path = [CommandTree.root]
            for word in words { path.append(path[path.count - 1].subcommand(named: word) ?? command) }
            let text = HelpText.text(for: path)
            let prose = text.split(separator: "\nExamples:")[0]
            for line in prose.split(separator: "\n") { #expect(line.count <= 80, "\(words): \(line)") }
            for example in command.examples { #expect(text.contains(example.line)) }
        }
    }

    @Test func everyExampleCanBeParsed() throws {
        for (_, command) in CommandTree.root.allPaths {
            for example in command.examples {
                let line = example.line.prefix { $0 != ">" }
                let words = line.split(separator: " ").dropFirst().map(String.init)
                guard case .run = try ArgumentParser.parse(words, root: CommandTree.root) else {
                    Issue.record("\(example.line)")
                    continue
                }
            }
        }
    }

    @Test func everyCommandAndOptionIsDescribed() {
        for (words, command) in CommandTree.root.allPaths {
            #expect(!command.summary.isEmpty && !command.summary.hasSuffix("."), "\(words)")
            #expect(command.run != nil || !command.subcommands.isEmpty, "\(words)")
            let names = command.options.map(\.name)
            #expect(Set(names).count == names.count, "\(words)")
            let letters = command.options.compactMap(\.short)
            #expect(Set(letters).count == letters.count, "\(words)")
            for option in command.options { #expect(!option.summary.hasSuffix("."), "\(words) \(option.name)") }
        }
    }
}
