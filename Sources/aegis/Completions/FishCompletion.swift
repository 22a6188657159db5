/// Writes the completion script for fish.
enum FishCompletion {
    /// The script.
    static func script(for root: CommandDescription) -> String {
        var lines = ["# fish completion for \(root.name), made by: \(root.name) completions fish", ""]
        lines.append("complete -c \(root.name) -f")
        for (words, command) in root.allPaths {
            let condition = condition(words, command)
            for (name, summary) in command.completedWords {
                lines.append(line(root, condition, "-a \(quoted(name)) -d \(quoted(summary))"))
            }
            if command.takesFiles { lines.append(line(root, condition, "-F")) }
            for option in command.completedOptions + (words.isEmpty ? [.version] : []) {
                var words = "-l \(option.name)"
                if let short = option.short { words += " -s \(short)" }
                if let value = option.value { words += " -r" + proposals(value) }
                lines.append(line(root, condition, words + " -d \(quoted(option.summary))"))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// True where all words of the path were written and none of the next ones.
    private static func condition(_ words: [String], _ command: CommandDescription) -> String {
        guard !words.isEmpty else { return "__fish_use_subcommand" }
        var parts = words.map { "__fish_seen_subcommand_from \($0)" }
        if !command.subcommands.isEmpty {
            parts.append("not __fish_seen_subcommand_from \(command.subcommands.map(\.name).joined(separator: " "))")
        }
        return parts.joined(separator: "; and ")
    }

    private static func proposals(_ value: ValueDescription) -> String {
        switch value.kind {
        case .file: " -F"
        case .directory: " -a '(__fish_complete_directories)'"
        case .text: " -f"
        case .choice(let words), .suggestions(let words): " -f -a \(quoted(words.joined(separator: " ")))"
        }
    }

    private static func line(_ root: CommandDescription, _ condition: String, _ rest: String) -> String {
        "complete -c \(root.name) -n \(quoted(condition)) \(rest)"
    }

    /// In fish's single quotes only a backslash and a quote mean something.
    private static func quoted(_ text: String) -> String {
        "'" + text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
    }
}
