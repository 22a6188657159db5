import Rendering
import Testing

@testable import aegis

@Suite struct ArgumentParserTests {
    private func parse(_ line: String) throws -> (path: String, arguments: ParsedArguments) {
        let words = line.split(separator: " ").map(String.init)
        guard case .run(let path, let arguments) = try ArgumentParser.parse(words, root: SmallTree.root) else {
            throw RenderError(.failed, "not a run")
        }
        return (path.map(\.name).joined(separator: " "), arguments)
    }

    private func refusal(_ words: [String]) -> RenderError? {
        do {
            _ = try ArgumentParser.parse(words, root: SmallTree.root)
            return nil
        } catch {
            return error as? RenderError
        }
    }

    @Test(arguments: [
        "paint wall --size 5 --yes", "paint --size=5 wall -y", "paint -s 5 wall --yes", "paint -s5 -y wall",
        "paint -ys5 wall", "paint -y -s=5 -- wall", "paint --yes --yes --size 5 wall",
    ])
    func takesEveryUsualSpelling(_ line: String) throws {
        let (path, arguments) = try parse(line)
        #expect(path == "tool paint")
        #expect(arguments.positionals == ["wall"])
        #expect(arguments.value(SmallTree.size) == "5")
        #expect(arguments.has(SmallTree.yes))
        #expect(!arguments.has(SmallTree.verbose))
        #expect(arguments.value(SmallTree.color) == nil)
    }

    @Test func keepsRepeatedValuesInOrder() throws {
        let (_, arguments) = try parse("paint a --tag x b --tag=y=z c --")
        #expect(arguments.values(SmallTree.tag) == ["x", "y=z"])
        #expect(arguments.positionals == ["a", "b", "c"])
    }

    @Test func treatsEverythingAfterTwoHyphensAsArguments() throws {
        let (_, arguments) = try parse("paint -- --size -y")
        #expect(arguments.positionals == ["--size", "-y"])
    }

    @Test func acceptsValuesThatBeginWithAHyphen() throws {
        #expect(try parse("paint a --size -5").arguments.value(SmallTree.size) == "-5")
        #expect(try parse("paint a --tag=--size").arguments.values(SmallTree.tag) == ["--size"])
        #expect(try parse("paint - -o -").arguments.positionals == ["-"])
    }

    @Test func runsTheDefaultSubcommandWithItsOptions() throws {
        #expect(try parse("shelf").path == "tool shelf list")
        #expect(try parse("shelf --json").arguments.has(.json))
        #expect(try parse("shelf list --json").path == "tool shelf list")
        #expect(try parse("shelf add wood").arguments.positionals == ["wood"])
        #expect(try parse("shelf add steel note -y").path == "tool shelf add")
    }

    @Test(arguments: [
        (["pant"], "did you mean 'paint'?"),
        (["zzzzzz"], "known commands: paint, shelf"),
        (["paint", "a", "--sise", "5"], "did you mean '--size'?"),
        (["paint", "a", "--zzzzzz"], "see tool paint --help"),
        (["paint", "a", "-x"], "see tool paint --help"),
        (["paint", "a", "--color", "gren"], "did you mean 'green'?"),
        (["paint", "a", "--color", "violet"], "it takes red, green"),
        (["paint", "a", "--size"], "write --size N"),
        (["paint", "a", "--color"], "write --color red|green"),
        (["paint", "a", "--size", "--yes"], "write --size N"),
        (["paint", "a", "-o", "-y"], "write -o FILE"),
        (["paint", "a", "--size="], "write --size N"),
        (["paint", "a", "--yes=1"], "write just --yes"),
        (["paint", "a", "--size", "1", "--size", "2"], "give it once"),
        (["paint"], "see tool paint --help"),
        (["paint", ""], "is a variable unset?"),
        (["shelf", "add"], "see tool shelf add --help"),
        (["shelf", "add", "glass"], "it takes wood, steel"),
        (["shelf", "add", "wood", "a", "b"], "see tool shelf add --help"),
        (["shelf", "--json", "add", "wood"], "see tool shelf add --help"),
        (["shelf", "delete"], "known commands: list, add"),
        (["--verbose"], "see tool --help"),
    ])
    func refusesWithARemedy(_ words: [String], _ remedy: String) throws {
        let error = try #require(refusal(words))
        #expect(error.code == .usage)
        #expect(error.remedy == remedy)
        #expect(!error.message.isEmpty)
    }

    @Test func namesTheWordThatIsWrong() {
        #expect(refusal(["paint", "a", "--sise", "5"])?.message == "paint has no option '--sise'")
        #expect(refusal(["shelf", "addd"])?.message == "there is no command 'shelf addd'")
        #expect(refusal(["paint", "a", "--color", "gren"])?.message == "--color cannot be 'gren'")
        #expect(refusal(["--verbose"])?.message == "there is no option '--verbose'")
        #expect(refusal(["shelf", "add"])?.message == "shelf add needs KIND")
    }

    @Test(arguments: [["--help"], ["-h"], ["paint", "--help"], ["paint", "-h", "wall"], ["shelf", "add", "--help"]])
    func asksForHelpAnywhere(_ words: [String]) throws {
        guard case .help(let path) = try ArgumentParser.parse(words, root: SmallTree.root) else {
            Issue.record("not help")
            return
        }
        #expect(path.dropFirst().map(\.name) == words.filter { ["paint", "shelf", "add"].contains($0) })
    }

    @Test func knowsVersionAndNothing() throws {
        for word in ["--version", "-V"] {
            guard case .version = try ArgumentParser.parse([word], root: SmallTree.root) else {
                Issue.record("not the version")
                return
            }
        }
        guard case .nothing = try ArgumentParser.parse([], root: SmallTree.root) else {
            Issue.record("not nothing")
            return
        }
    }
}
