internal import FFmpegKit
internal import Rendering

/// The program from the command line to the exit code.
enum Program {
    /// The version, as `--version` says it.
    static let version = "0.1.0"

    /// Runs a command line.
    ///
    /// - Parameter words: the words after the program's name.
    /// - Returns: the exit code.
    static func run(_ words: [String]) -> Int32 {
        // Even a command line that is not understood is answered in the form that was asked for.
        let errors = ErrorOutput(isJSON: words.prefix { $0 != "--" }.contains("--json"))
        do {
            let session = Session(interruption: try Interruption())
            FFmpegLibraries.setLogLevel(session.environment["AEGIS_FFMPEG_LOG"] == "1" ? .warnings : .silent)
            switch try ArgumentParser.parse(words, root: CommandTree.root) {
            case .version:
                try StandardStream.output.writeLine("aegis \(version)")
            case .help(let path):
                try StandardStream.output.write(HelpText.text(for: path))
            case .nothing:
                try StandardStream.error.write(HelpText.text(for: [CommandTree.root]))
                return RenderError.Code.usage.exitStatus
            case .run(let path, let arguments):
                return try path[path.count - 1].run?(arguments, session) ?? RenderError.Code.failed.exitStatus
            }
            return 0
        } catch {
            return errors.report(error)
        }
    }
}
