internal import FFmpegKit
internal import Pipeline
internal import Rendering

/// How a command that failed says so.
struct ErrorOutput: Sendable {
    /// Whether a program reads it.
    let isJSON: Bool

    private struct Event: Encodable {
        let code: String
        let message: String
        let remedy: String?
        let input: String?
        let exitCode: Int32
    }

    /// Says what is wrong and returns the exit code.
    ///
    /// - Parameters:
    ///   - error: what was thrown.
    ///   - input: the file that was worked on, if any.
    func report(_ error: any Error, input: String? = nil) -> Int32 {
        let error = RenderError(error, input: input ?? "")
        do {
            if isJSON {
                let event = Event(
                    code: error.code.name,
                    message: error.message,
                    remedy: error.remedy.isEmpty ? nil : error.remedy,
                    input: input,
                    exitCode: error.code.exitStatus
                )
                try StandardStream.output.write(JSONText.event("error", event))
            } else {
                try StandardStream.error.writeLine("aegis: " + Self.line(error.description))
            }
        } catch {
            // There is no place left to say it; the exit code does.
        }
        return error.code.exitStatus
    }

    /// One line, whatever a library or a file name put into it, and nothing that steers a terminal.
    static func line(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }
}
