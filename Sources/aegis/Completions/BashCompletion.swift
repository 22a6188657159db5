/// Writes the completion script for bash.
///
/// Needs nothing but bash itself: no bash-completion package.
enum BashCompletion {
    /// The script.
    static func script(for root: CommandDescription) -> String {
        let name = root.name
        var lines = [
            "# bash completion for \(name), made by: \(name) completions bash",
            "",
            "_\(name)() {",
            "    local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD - 1]}\" command='' i",
            "    # bash splits --option=value at the equals sign.",
            "    if [[ $current == '=' ]]; then",
            "        current=''",
            "    elif [[ $previous == '=' ]]; then",
            "        previous=\"${COMP_WORDS[COMP_CWORD - 2]}\"",
            "    fi",
            "    for ((i = 1; i < COMP_CWORD; i++)); do",
            "        case \"$command ${COMP_WORDS[i]}\" in",
        ]
        for (words, _) in root.allPaths where !words.isEmpty {
            let before = words.dropLast().joined(separator: " ")
            lines.append(
                "            '\(before) \(words[words.count - 1])') command='\(words.joined(separator: " "))' ;;"
            )
        }
        lines += ["        esac", "    done", "    case \"$command $previous\" in"]
        for (words, command) in root.allPaths {
            for option in command.completedOptions {
                guard let value = option.value else { continue }
                lines += valueCase(option, value, command: words.joined(separator: " "))
            }
        }
        lines += ["    esac", "    case \"$command\" in"]
        for (words, command) in root.allPaths {
            lines += commandCase(command, words: words.joined(separator: " "), isRoot: words.isEmpty)
        }
        lines += ["    esac", "}", "complete -o filenames -o bashdefault -F _\(name) \(name)"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func valueCase(_ option: OptionDescription, _ value: ValueDescription, command: String) -> [String] {
        var patterns = ["'\(command) --\(option.name)'"]
        if let short = option.short { patterns.append("'\(command) -\(short)'") }
        return [
            "        \(patterns.joined(separator: " | ")))", "            \(reply(value))", "            return",
            "            ;;",
        ]
    }

    private static func commandCase(_ command: CommandDescription, words: String, isRoot: Bool) -> [String] {
        let options = command.completedOptions + (isRoot ? [.version] : [])
        let names = options.map { "--\($0.name)" }.joined(separator: " ")
        let arguments = command.completedWords.map(\.name).joined(separator: " ")
        let other =
            command.takesFiles
            ? "mapfile -t COMPREPLY < <(compgen -f -- \"$current\")"
            : "mapfile -t COMPREPLY < <(compgen -W '\(arguments)' -- \"$current\")"
        return [
            "        '\(words)')",
            "            if [[ $current == -* ]]; then",
            "                mapfile -t COMPREPLY < <(compgen -W '\(names)' -- \"$current\")",
            "            else",
            "                \(other)",
            "            fi",
            "            ;;",
        ]
    }

    private static func reply(_ value: ValueDescription) -> String {
        switch value.kind {
        case .file: "mapfile -t COMPREPLY < <(compgen -f -- \"$current\")"
        case .directory: "mapfile -t COMPREPLY < <(compgen -d -- \"$current\")"
        case .text: "COMPREPLY=()"
        case .choice(let words), .suggestions(let words):
            "mapfile -t COMPREPLY < <(compgen -W '\(words.joined(separator: " "))' -- \"$current\")"
        }
    }
}
