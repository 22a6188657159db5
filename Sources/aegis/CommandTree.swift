internal import Rendering

/// All commands of the program.
enum CommandTree {
    /// The program itself.
    static let root: CommandDescription = CommandDescription(
        name: "aegis",
        summary: "AI video server: enhances files with the stages of its catalogue",
        details: [
            "Everything runs on this machine; nothing is sent anywhere and nothing is downloaded. `aegis COMMAND --help` tells "
                + "more."
        ],
        subcommands: commands + [help],
        examples: [
            .init(
                summary: "resize a clip and put it into another container",
                line: "aegis enhance clip.mov -o small.mp4 --with transform:size=640x360"
            ),
            .init(summary: "what this machine can do", line: "aegis doctor"),
        ]
    )

    private static let commands = [
        EnhanceCommand.description,
        ProbeCommand.description,
        StagesCommand.description,
        ModelsCommand.description,
        DoctorCommand.description,
        BenchCommand.description,
        CompletionsCommand.description,
    ]

    private static let help: CommandDescription = CommandDescription(
        name: "help",
        summary: "Show help for a command",
        positionals: [
            PositionalDescription(
                value: ValueDescription("COMMAND", .suggestions(commands.map { $0.name })),
                count: .any,
                summary: "The command, with its subcommand if it has one"
            )
        ],
        run: { arguments, _ in
            try StandardStream.output.write(helpText(for: arguments.positionals))
            return 0
        }
    )

    private static func helpText(for words: [String]) throws -> String {
        guard case .help(let path) = try ArgumentParser.parse(words + ["--help"], root: root) else { return "" }
        return HelpText.text(for: path)
    }
}
