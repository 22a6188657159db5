/// A command of the program: described once, and from this description come parsing, help and shell completions.
struct CommandDescription: Sendable {
    /// The word that chooses it.
    let name: String
    /// What it does, one sentence without a full stop.
    let summary: String
    /// What help says beyond the summary, one paragraph an element; a paragraph that begins with a space is kept as is.
    var details: [String] = []
    /// What it takes besides options, in order.
    var positionals: [PositionalDescription] = []
    /// Its options in the order in which help shows them.
    var options: [OptionDescription] = []
    /// Commands below it.
    var subcommands: [CommandDescription] = []
    /// The subcommand that runs when none is named.
    var defaultSubcommand: String?
    /// Whole command lines with what they do.
    var examples: [Example] = []
    /// What help adds when it is asked for, because it is expensive or changes: the list of stages.
    var appendix: @Sendable () -> [HelpSection] = { [] }
    /// Does the work and returns the exit code; `nil` for a command that only groups others.
    var run: (@Sendable (ParsedArguments, Session) throws -> Int32)?

    /// A command line that shows a use.
    struct Example: Sendable {
        /// What it does.
        let summary: String
        /// The command line.
        let line: String
    }

    /// The subcommand of a name.
    func subcommand(named name: String) -> CommandDescription? { subcommands.first { $0.name == name } }

    /// The options that may be written here: its own and those of the subcommand that runs when none is named.
    var acceptedOptions: [OptionDescription] {
        options + (defaultSubcommand.flatMap { subcommand(named: $0) }?.options ?? [])
    }
}

/// An argument that is known by its place.
struct PositionalDescription: Sendable {
    /// How many there may be.
    enum Count: Sendable {
        /// Exactly one.
        case one
        /// One or none.
        case optional
        /// One or more.
        case oneOrMore
        /// Any number.
        case any
    }

    /// The value, with the word that stands for it in help.
    let value: ValueDescription
    /// How many.
    let count: Count
    /// What it is, one sentence without a full stop.
    let summary: String
}

/// An option: `--long`, `-s` or both.
struct OptionDescription: Sendable, Equatable {
    /// The long name without hyphens; identifies the option.
    let name: String
    /// The short name, if it has one.
    var short: Character?
    /// The value that must follow; `nil` for a flag.
    var value: ValueDescription?
    /// Whether it may be given more than once.
    var isRepeatable = false
    /// What it does, one sentence without a full stop.
    let summary: String

    /// `--help`, which every command has.
    static let help = OptionDescription(name: "help", short: "h", summary: "Show this help")
    /// `--json`, which many commands have.
    static let json = OptionDescription(name: "json", summary: "Write JSON to standard output")

    /// The same option with another summary.
    func described(as summary: String) -> OptionDescription {
        OptionDescription(name: name, short: short, value: value, isRepeatable: isRepeatable, summary: summary)
    }
}

/// A value on the command line: what stands for it in help, what it may be, how a shell completes it.
struct ValueDescription: Sendable, Equatable {
    /// What a value may be.
    enum Kind: Sendable, Equatable {
        /// Anything.
        case text
        /// The name of a file.
        case file
        /// The name of a folder.
        case directory
        /// One of these words and nothing else.
        case choice([String])
        /// Anything; shells propose these words.
        case suggestions([String])
    }

    /// The word that stands for it in help.
    let placeholder: String
    /// What it may be.
    let kind: Kind

    /// Describes a value.
    init(_ placeholder: String, _ kind: Kind = .text) {
        self.placeholder = placeholder
        self.kind = kind
    }

    /// The word in help: the choices where there are any, the placeholder otherwise.
    var text: String {
        if case .choice(let words) = kind { return words.joined(separator: "|") }
        return placeholder
    }
}

/// A titled part of help: rows of a name and what it means.
struct HelpSection: Sendable {
    /// The title.
    let title: String
    /// The rows.
    let rows: [(name: String, text: String)]
}
