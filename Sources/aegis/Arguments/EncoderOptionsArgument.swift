internal import FFmpegKit
internal import Rendering

/// Reads `--encoder-options`: `name=value:name=value`, where `\:` is a colon inside a value.
enum EncoderOptionsArgument {
    /// Reads the options in order.
    ///
    /// - Throws: `RenderError` with the code `usage`.
    static func parse(_ text: String) throws -> [CodecOption] {
        try fields(text).map { field in
            guard let equals = field.firstIndex(of: "="), equals > field.startIndex else {
                throw RenderError(
                    .usage,
                    "--encoder-options: '\(field)' is not of the form name=value",
                    remedy: #"write name=value:name=value, and \: for a colon inside a value"#
                )
            }
            return CodecOption(String(field[..<equals]), String(field[field.index(after: equals)...]))
        }
    }

    private static func fields(_ text: String) -> [String] {
        var fields = [""]
        var characters = text[...]
        while let character = characters.popFirst() {
            if character == "\\", characters.first == ":" {
                fields[fields.count - 1].append(":")
                characters.removeFirst()
            } else if character == ":" {
                fields.append("")
            } else {
                fields[fields.count - 1].append(character)
            }
        }
        return fields
    }
}
