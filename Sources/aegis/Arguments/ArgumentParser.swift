internal import Pipeline
internal import Rendering

/// What a command line asks for.
enum Invocation {
    /// Run the last command of the path.
    case run([CommandDescription], ParsedArguments)
    /// Show help for the last command of the path.
    case help([CommandDescription])
    /// Show the version.
    case version
    /// Nothing was asked for.
    case nothing
}

/// Reads a command line by the description of the commands.
///
/// GNU rules: options may stand anywhere, `--name value` or `--name=value`, `-n value` or `-nvalue`, flags may be joined
/// as in `-yv`, `--` ends the options.
struct ArgumentParser {
    private var path: [CommandDescription]
    private var arguments = ParsedArguments()

    private init(_ root: CommandDescription) { path = [root] }

    /// Reads a command line.
    ///
    /// - Parameters:
    ///   - words: the words after the program's name.
    ///   - root: the program.
    /// - Throws: `RenderError` with the code `usage` that names the word and what is meant or allowed.
    static func parse(_ words: [String], root: CommandDescription) throws -> Invocation {
        var parser = ArgumentParser(root)
        return try parser.parse(words)
    }

    private var command: CommandDescription { path[path.count - 1] }

    private mutating func parse(_ words: [String]) throws -> Invocation {
        var wantsHelp = false
        var optionsHaveEnded = false
        var rest = words[...]
        while let word = rest.popFirst() {
            if optionsHaveEnded || word == "-" || !word.hasPrefix("-") {
                try takePositional(word)
            } else if word == "--" {
                optionsHaveEnded = true
            } else if word == "--help" || word == "-h" {
                wantsHelp = true
            } else if path.count == 1, word == "--version" || word == "-V" {
                return .version
            } else if word.hasPrefix("--") {
                try takeLongOption(word.dropFirst(2), &rest)
            } else {
                try takeShortOptions(word.dropFirst(), &rest)
            }
        }
        if wantsHelp { return .help(path) }
        if path.count == 1, words.isEmpty { return .nothing }
        if let name = command.defaultSubcommand, let subcommand = command.subcommand(named: name) {
            path.append(subcommand)
        }
        try checkCompleteness()
        return .run(path, arguments)
    }

    // MARK: - Words

    private mutating func takePositional(_ word: String) throws {
        if !command.subcommands.isEmpty {
            guard let subcommand = command.subcommand(named: word) else { throw unknownCommand(word) }
            path.append(subcommand)
            return
        }
        guard !word.isEmpty else {
            let name = command.positionals.last?.value.placeholder ?? "argument"
            throw usage("an empty \(name) was given", remedy: "is a variable unset?")
        }
        arguments.append(word)
    }

    private mutating func takeLongOption(_ text: Substring, _ rest: inout ArraySlice<String>) throws {
        let equals = text.firstIndex(of: "=")
        let name = String(text[..<(equals ?? text.endIndex)])
        let attached = equals.map { String(text[text.index(after: $0)...]) }
        guard let option = command.acceptedOptions.first(where: { $0.name == name }) else {
            throw unknownOption("--\(name)")
        }
        guard option.value != nil else {
            if attached != nil { throw usage("--\(name) takes no value", remedy: "write just --\(name)") }
            return try arguments.add("", for: option)
        }
        try take(attached, of: option, written: "--\(name)", &rest)
    }

    private mutating func takeShortOptions(_ text: Substring, _ rest: inout ArraySlice<String>) throws {
        var letters = text
        while let letter = letters.popFirst() {
            guard let option = command.acceptedOptions.first(where: { $0.short == letter }) else {
                throw unknownOption("-\(letter)")
            }
            if option.value == nil {
                try arguments.add("", for: option)
            } else {
                let attached = letters.isEmpty ? nil : String(letters.first == "=" ? letters.dropFirst() : letters)
                return try take(attached, of: option, written: "-\(letter)", &rest)
            }
        }
    }

    private mutating func take(
        _ attached: String?,
        of option: OptionDescription,
        written: String,
        _ rest: inout ArraySlice<String>
    ) throws {
        guard let description = option.value else { return }
        var value = attached
        // A word that is an option itself is no value; one that merely begins with a hyphen may be.
        if value == nil, let next = rest.first, !isOption(next) { value = rest.popFirst() }
        guard let value, !value.isEmpty else {
            throw usage("\(written) needs a value", remedy: "write \(written) \(description.text)")
        }
        try check(value, of: description, written: written)
        try arguments.add(value, for: option)
    }

    private func check(_ value: String, of description: ValueDescription, written: String) throws {
        guard case .choice(let words) = description.kind, !words.contains(value) else { return }
        let hint = Spelling.suggestion(for: value, among: words).map { "did you mean '\($0)'?" }
        throw usage(
            "\(written) cannot be '\(value)'",
            remedy: hint ?? "it takes \(words.joined(separator: ", "))"
        )
    }

    private func isOption(_ word: String) -> Bool {
        if word.hasPrefix("--") {
            let name = word.dropFirst(2).prefix { $0 != "=" }
            return name.isEmpty || name == "help" || command.acceptedOptions.contains { $0.name == name }
        }
        return word.count == 2 && word.first == "-"
            && (word == "-h" || command.acceptedOptions.contains { $0.short == word.last })
    }

    // MARK: - Checks

    private func checkCompleteness() throws {
        guard command.run != nil else {
            throw usage(
                "no command was given",
                remedy: "one of \(command.subcommands.map(\.name).joined(separator: ", "))"
            )
        }
        for name in arguments.optionNames.sorted() where !command.options.contains(where: { $0.name == name }) {
            throw unknownOption("--\(name)")
        }
        var given = arguments.positionals[...]
        for positional in command.positionals {
            let name = positional.value.placeholder
            switch positional.count {
            case .one, .oneOrMore:
                guard let first = given.first else {
                    throw usage("\(spelledPath) needs \(name)", remedy: "see \(helpCommand)")
                }
                try check(first, of: positional.value, written: name)
                if positional.count == .one { given.removeFirst() } else { given.removeAll() }
            case .optional: given = given.dropFirst()
            case .any: given.removeAll()
            }
        }
        if let first = given.first {
            throw usage("\(spelledPath) does not take '\(first)'", remedy: "see \(helpCommand)")
        }
    }

    private func unknownCommand(_ word: String) -> RenderError {
        let names = command.subcommands.map(\.name)
        let hint = Spelling.suggestion(for: word, among: names).map { "did you mean '\($0)'?" }
        return usage(
            "there is no command '\(([String](path.dropFirst().map(\.name)) + [word]).joined(separator: " "))'",
            remedy: hint ?? "known commands: \(names.joined(separator: ", "))"
        )
    }

    private func unknownOption(_ written: String) -> RenderError {
        let names = command.acceptedOptions.map(\.name) + ["help"]
        let word = String(written.drop { $0 == "-" })
        let hint = written.hasPrefix("--") ? Spelling.suggestion(for: word, among: names) : nil
        return usage(
            path.count == 1 ? "there is no option '\(written)'" : "\(spelledPath) has no option '\(written)'",
            remedy: hint.map { "did you mean '--\($0)'?" } ?? "see \(helpCommand)"
        )
    }

    /// The command in messages, which begin with the program's name anyway.
    private var spelledPath: String { path.dropFirst().map(\.name).joined(separator: " ") }
    private var helpCommand: String { (path.map(\.name) + ["--help"]).joined(separator: " ") }

    private func usage(_ message: String, remedy: String) -> RenderError {
        RenderError(.usage, message, remedy: remedy)
    }
}
