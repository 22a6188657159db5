/// Writes help for a command from its description.
struct HelpText {
    private let path: [CommandDescription]
    private var lines: [String] = []

    /// Wide enough for a sentence, narrow enough for every terminal.
    private static let width = 80
    private static let widestName = 26

    private init(_ path: [CommandDescription]) { self.path = path }

    /// The help of the last command of a path.
    static func text(for path: [CommandDescription]) -> String {
        var help = HelpText(path)
        return help.write()
    }

    /// The one-line form, as in `aegis probe INPUT [--json]`.
    static func usage(of path: [CommandDescription]) -> String {
        guard let command = path.last else { return "" }
        var words = path.map(\.name)
        if !command.subcommands.isEmpty {
            words.append(command.defaultSubcommand == nil ? "COMMAND" : "[COMMAND]")
        }
        for positional in command.positionals {
            let name = positional.value.text
            switch positional.count {
            case .one: words.append(name)
            case .optional: words.append("[\(name)]")
            case .oneOrMore: words.append("\(name)…")
            case .any: words.append("[\(name)…]")
            }
        }
        if !command.acceptedOptions.isEmpty { words.append("[options]") }
        return words.joined(separator: " ")
    }

    private mutating func write() -> String {
        guard let command = path.last else { return "" }
        lines = Self.wrapped(command.summary + ".", width: Self.width)
        lines += ["", "Usage: \(Self.usage(of: path))"]
        for paragraph in command.details {
            lines.append("")
            lines += paragraph.hasPrefix(" ") ? [paragraph] : Self.wrapped(paragraph, width: Self.width)
        }
        add(HelpSection(title: "Arguments", rows: command.positionals.map { ($0.value.text, $0.summary) }))
        add(HelpSection(title: "Commands", rows: command.subcommands.map { ($0.name, $0.summary) }))
        let isRoot = path.count == 1
        let common = [OptionDescription.help] + (isRoot ? [.version] : [])
        add(
            HelpSection(
                title: "Options",
                rows: (command.acceptedOptions + common).map { (Self.name(of: $0), Self.summary(of: $0)) }
            )
        )
        for section in command.appendix() { add(section) }
        if !command.examples.isEmpty {
            lines += ["", "Examples:"]
            for example in command.examples { lines += ["  # \(example.summary)", "  \(example.line)"] }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private mutating func add(_ section: HelpSection) {
        guard !section.rows.isEmpty else { return }
        lines += ["", section.title + ":"]
        lines += Self.table(section.rows)
    }

    /// Rows of a name and a text beside it, or below where the name is long.
    static func table(_ rows: [(name: String, text: String)]) -> [String] {
        let column = rows.map(\.name.count).filter { $0 <= widestName }.max() ?? widestName
        let indent = String(repeating: " ", count: column + 4)
        return rows.flatMap { row in
            var text = wrapped(row.text, width: width - indent.count)
            let name = "  " + row.name
            guard row.name.count <= column, !text.isEmpty else { return [name] + text.map { indent + $0 } }
            let first = text.removeFirst()
            let padding = String(repeating: " ", count: indent.count - name.count)
            return [name + padding + first] + text.map { indent + $0 }
        }
    }

    private static func name(of option: OptionDescription) -> String {
        let short = option.short.map { "-\($0), " } ?? ""
        return "\(short)--\(option.name)" + (option.value.map { " \($0.text)" } ?? "")
    }

    private static func summary(of option: OptionDescription) -> String {
        option.isRepeatable ? option.summary + " (may be repeated)" : option.summary
    }

    /// Breaks text at spaces.
    static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}

extension OptionDescription {
    /// `--version`, which only the program itself has.
    static let version = OptionDescription(name: "version", short: "V", summary: "Show the version")
}
