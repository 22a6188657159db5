internal import Rendering

/// `aegis probe`: what a file is.
enum ProbeCommand {
    /// The command.
    static let description = CommandDescription(
        name: "probe",
        summary: "Show what a media file holds, as JSON",
        positionals: [
            PositionalDescription(value: ValueDescription("INPUT", .file), count: .one, summary: "The file to look at")
        ],
        // Its answer is JSON anyway; with this its errors are too.
        options: [OptionDescription.json.described(as: "Write errors as JSON too")],
        run: { arguments, _ in
            let media = try MediaDescription(contentsOf: arguments.positionals[0])
            try StandardStream.output.write(JSONText.pretty(media))
            return 0
        }
    )
}
