/// `aegis completions`: scripts that make shells complete commands, options and names.
enum CompletionsCommand {
    /// The command.
    static let description = CommandDescription(
        name: "completions",
        summary: "Write a completion script for a shell",
        positionals: [
            PositionalDescription(
                value: ValueDescription("SHELL", .choice(Shell.allCases.map(\.rawValue))),
                count: .one,
                summary: "The shell"
            )
        ],
        examples: [
            .init(
                summary: "for bash, from the next terminal on",
                line: "aegis completions bash > ~/.local/share/bash-completion/completions/aegis"
            ),
            .init(
                summary: "for zsh, in a folder of $fpath",
                line: "aegis completions zsh > ~/.zfunc/_aegis"
            ),
            .init(
                summary: "for fish",
                line: "aegis completions fish > ~/.config/fish/completions/aegis.fish"
            ),
        ],
        run: { arguments, _ in
            let root = CommandTree.root
            switch Shell(rawValue: arguments.positionals[0]) {
            case .bash, nil: try StandardStream.output.write(BashCompletion.script(for: root))
            case .zsh: try StandardStream.output.write(ZshCompletion.script(for: root))
            case .fish: try StandardStream.output.write(FishCompletion.script(for: root))
            }
            return 0
        }
    )

    private enum Shell: String, CaseIterable {
        case bash, zsh, fish
    }
}
