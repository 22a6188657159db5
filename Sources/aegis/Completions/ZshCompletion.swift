/// Writes the completion script for zsh.
enum ZshCompletion {
    /// The script.
    static func script(for root: CommandDescription) -> String {
        var lines = ["#compdef \(root.name)", "# made by: \(root.name) completions zsh", ""]
        for (words, command) in root.allPaths.reversed() {
            lines += function(command, words: [root.name] + words) + [""]
        }
        lines.append("_\(root.name) \"$@\"")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func function(_ command: CommandDescription, words: [String]) -> [String] {
        let name = functionName(words)
        var specifications = command.completedOptions.flatMap(specifications)
        if words.count == 1 { specifications += self.specifications(.version) }
        guard !command.subcommands.isEmpty else {
            specifications += command.positionals.map(specification)
            return ["\(name)() {", "    _arguments -s -S \\"]
                + specifications.dropLast().map { "        \($0) \\" }
                + specifications.suffix(1).map { "        \($0)" } + ["}"]
        }
        specifications += ["'1: :->command'", "'*:: :->rest'"]
        var lines = ["\(name)() {", "    local state line", "    _arguments -C -s -S \\"]
        lines += specifications.dropLast().map { "        \($0) \\" } + specifications.suffix(1).map { "        \($0)" }
        lines += ["    case $state in", "        command)", "            local -a commands", "            commands=("]
        lines += command.subcommands.map { "                \(quoted("\($0.name):\($0.summary)"))" }
        lines += ["            )", "            _describe command commands", "            ;;", "        rest)"]
        lines += ["            case $line[1] in"]
        lines += command.subcommands.map { "                \($0.name)) \(functionName(words + [$0.name])) ;;" }
        lines += ["            esac", "            ;;", "    esac", "}"]
        return lines
    }

    private static func specifications(_ option: OptionDescription) -> [String] {
        let star = option.isRepeatable ? "*" : ""
        let summary = "[\(escaped(option.summary))]"
        let long = "--\(option.name)" + (option.value == nil ? "" : "=")
        let value = option.value.map { ":\($0.placeholder.lowercased()):\(action($0))" } ?? ""
        var result = [quoted(star + long + summary + value)]
        if let short = option.short { result.append(quoted("\(star)-\(short)" + summary + value)) }
        return result
    }

    private static func specification(_ positional: PositionalDescription) -> String {
        let prefix =
            switch positional.count {
            case .one: "1"
            case .optional: "1:"
            case .oneOrMore, .any: "*"
            }
        // Two colons make an argument optional: the second one is the separator that follows.
        return quoted("\(prefix):\(positional.value.placeholder.lowercased()):\(action(positional.value))")
    }

    private static func action(_ value: ValueDescription) -> String {
        switch value.kind {
        case .file: "_files"
        case .directory: "_files -/"
        case .text: " "
        case .choice(let words), .suggestions(let words): "(\(words.joined(separator: " ")))"
        }
    }

    private static func functionName(_ words: [String]) -> String { "_" + words.joined(separator: "_") }

    /// Brackets and colons mean something in a specification.
    private static func escaped(_ text: String) -> String {
        text.map { "[]:\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
