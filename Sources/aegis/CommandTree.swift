internal import Rendering

/// All commands of the program.
enum CommandTree {
    /// The program itself.
    static let root: CommandDescription = CommandDescription(
        name: "aegis",
        summary: "AI video server: enhances files with the stages of its catalogue",
        details: [
            "Everything runs on this machine; nothing is sent anywhere and nothing is downloaded."
        ],
        subcommands: [
            EnhanceCommand.description,
            ProbeCommand.description,
            StagesCommand.description,
            help,
        ],
        examples: [
            .init(
                summary: "resize a clip and put it into another container",
                line: "aegis enhance clip.mov -o small.mp4 --with transform:size=640x360"
            ),
            .init(summary: "what this machine can do", line: "aegis doctor"),
        ]
    )

    // A computed property: it reads the tree, which it is a part of.
    private static var help: CommandDescription {
        CommandDescription(
            name: "help",
            summary: "Show help for a command",
            positionals: [
                PositionalDescription(
                    value: ValueDescription("COMMAND"),
                    count: .any,
                    summary: "The command, with its subcommand if it has one"
                )
            ],
            run: { arguments, _ in
                guard
                    case .help(let path) = try ArgumentParser.parse(arguments.positionals + ["--help"], root: Self.root)
                else {
                    return RenderError.Code.usage.exitStatus
                }
                try StandardStream.output.write(HelpText.text(for: path))
                return 0
            }
        )
    }
}
