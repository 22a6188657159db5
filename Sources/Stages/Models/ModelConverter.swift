internal import FoundationEssentials
internal import Glibc

/// Rebuilds the known TensorFlow Lite networks as OpenVINO IR, by the Python script of the checkout.
///
/// OpenVINO's own reader refuses a custom operation in them. The script needs set-up's Python environment, so this works
/// where set-up ran; elsewhere the finished networks are installed with the program.
struct ModelConverter {
    private static let script = "import_selfie_segmentation.py"
    private let environment: [String: String]
    private let executable: String

    init(environment: [String: String], executable: String) {
        self.environment = environment
        self.executable = executable
    }

    /// Writes `NAME.xml`, `NAME.bin` and `NAME.json` into a folder.
    func run(source: String, output: String, name: String) throws(ModelError) {
        guard let python = find(pythons), let script = find(scripts) else {
            throw ModelError(
                .unavailable,
                "\(source) needs the converter of a checkout, which is not here",
                remedy: "run `make setup` in a checkout and import the .xml that it makes in .setup/models"
            )
        }
        // The converter's error names the file; its first line is enough.
        let messages = output + "/.messages"
        let status = try Self.execute(
            [python, script, source, output, name],
            environment: environment,
            errors: messages
        )
        guard status == 0 else {
            let text = FileManager.default.contents(atPath: messages).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let reason = text.split(whereSeparator: \.isNewline).last.map(String.init) ?? "exit status \(status)"
            throw ModelError(.badInput, "the converter refuses \(source): \(reason)")
        }
        unlink(messages)
    }

    private var pythons: [String] {
        let setup = ModelStore.setupDirectory(environment: environment, executable: executable)
        return [setup.map { $0 + "/python/bin/python3" }, share + "/python/bin/python3"].compactMap(\.self)
    }

    private var scripts: [String] {
        let checkout = ModelStore.checkoutDirectory(executable: executable)
        return [checkout.map { $0 + "/scripts/models/" + Self.script }, share + "/" + Self.script].compactMap(\.self)
    }

    private var share: String { ModelStore.parent(of: ModelStore.parent(of: executable)) + "/share/aegis" }

    private func find(_ candidates: [String]) -> String? { candidates.first { access($0, R_OK) == 0 } }

    /// Runs a program to its end.
    private static func execute(
        _ words: [String],
        environment: [String: String],
        errors path: String
    ) throws(ModelError) -> Int32 {
        var environment = environment
        // Meant for other programs' Python, they would break this one's.
        for name in ["PYTHONHOME", "PYTHONPATH"] { environment[name] = nil }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This program blocks signals for its own thread that waits for them; its child must not inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, path, O_WRONLY | O_CREAT, 0o600)

        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var child = pid_t()
        let result = posix_spawn(&child, words[0], &actions, &attributes, &arguments, &variables)
        guard result == 0 else {
            throw ModelError(.unavailable, "\(words[0]) cannot be started (\(String(cString: strerror(result))))")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        // `WIFEXITED` and `WEXITSTATUS` are macros, which Swift does not see.
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }
}
