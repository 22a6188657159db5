extension CommandDescription {
    /// This command and all below it, each with the words that lead to it, the program's name left out.
    var allPaths: [(words: [String], command: CommandDescription)] {
        [([], self)]
            + subcommands.flatMap { subcommand in
                subcommand.allPaths.map { ([subcommand.name] + $0.words, $0.command) }
            }
    }

    /// What help and version are to completions: options of every command.
    var completedOptions: [OptionDescription] {
        acceptedOptions + [.help]
    }

    /// The words that may stand where this command's next argument is.
    var completedWords: [(name: String, summary: String)] {
        let words = positionals.flatMap { positional in
            positional.value.proposals.map { (name: $0, summary: positional.summary) }
        }
        return subcommands.map { (name: $0.name, summary: $0.summary) } + words
    }

    /// Whether this command's arguments are files.
    var takesFiles: Bool { positionals.contains { $0.value.kind == .file } }
}

extension ValueDescription {
    /// The words to propose.
    var proposals: [String] {
        switch kind {
        case .choice(let words), .suggestions(let words): words
        case .text, .file, .directory: []
        }
    }
}
