internal import Glibc
internal import Rendering
internal import Stages

/// `aegis bench`: hands over to the benchmark program.
enum BenchCommand {
    /// The command.
    static let description = CommandDescription(
        name: "bench",
        summary: "Measure this machine against named baselines",
        details: ["Without NAME a quick subset runs, which takes about a minute."],
        positionals: [
            PositionalDescription(
                value: ValueDescription("NAME"),
                count: .any,
                summary: "What to measure; `aegis bench -- --help` tells what there is"
            )
        ],
        options: [.json],
        run: { arguments, session in
            let program = folder(of: ModelStore.executablePath) + "/aegis-bench"
            guard access(program, X_OK) == 0 else {
                throw RenderError(
                    .unavailable,
                    "the benchmark program is not at \(program)",
                    remedy: "in a checkout, `make bench` builds and runs it"
                )
            }
            var words = [program] + arguments.positionals
            if arguments.positionals.isEmpty { words.append("--quick") }
            if arguments.has(.json) { words.append("--json") }
            session.interruption.restoreDefaults()
            // The program takes this one's place, and with it the exit code, the terminal and Ctrl-C.
            var pointers = words.map { strdup($0) } + [nil]
            execv(program, &pointers)
            let reason = String(cString: strerror(errno))
            throw RenderError(.unavailable, "\(program) cannot be started (\(reason))")
        }
    )

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
