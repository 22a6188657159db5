internal import Pipeline
internal import Rendering
internal import Stages

/// `aegis models`: the networks.
enum ModelsCommand {
    static let name = OptionDescription(
        name: "name",
        value: ValueDescription("NAME"),
        summary: "The name that it gets (default: the file's own)"
    )
    static let overwrite = OptionDescription(
        name: "overwrite",
        short: "y",
        summary: "Replace an installed model of that name"
    )

    /// The command.
    static let description = CommandDescription(
        name: "models",
        summary: "List, verify or import networks",
        subcommands: [list, verify, importFile],
        defaultSubcommand: "list",
        examples: [
            .init(summary: "a network of your own", line: "aegis models import my_segmentation.onnx --name mine")
        ]
    )

    private static let list = CommandDescription(
        name: "list",
        summary: "List the networks, installed or not",
        options: [.json],
        run: { arguments, session in
            let models = ModelDescription.all(in: session.models)
            try StandardStream.output.write(
                arguments.has(.json) ? JSONText.pretty(models) : ModelDescription.table(of: models)
            )
            return 0
        }
    )

    private struct Verdict: Encodable {
        let name: String
        let verified: Bool
        let message: String?
        let remedy: String?
    }

    private static let verify = CommandDescription(
        name: "verify",
        summary: "Compare every installed file with its checksum",
        options: [.json],
        run: { arguments, session in
            let names = Set(
                session.models.names + session.models.catalogue.entries.filter { !$0.isOptional }.map(\.name)
            )
            var verdicts: [Verdict] = []
            for name in names.sorted() {
                do throws(ModelError) {
                    try session.models.verify(name)
                    verdicts.append(Verdict(name: name, verified: true, message: nil, remedy: nil))
                } catch {
                    verdicts.append(
                        Verdict(name: name, verified: false, message: error.message, remedy: error.remedy)
                    )
                }
            }
            if arguments.has(.json) {
                try StandardStream.output.write(JSONText.pretty(verdicts))
            } else {
                for verdict in verdicts {
                    let text = verdict.verified ? "✓ \(verdict.name)" : "✗ \(verdict.message ?? verdict.name)"
                    let remedy = verdict.remedy.map { ": \($0)" } ?? ""
                    try StandardStream.output.writeLine(ErrorOutput.line(text + remedy))
                }
            }
            let isComplete = verdicts.allSatisfy { $0.verified }
            return isComplete ? 0 : RenderError.Code.unavailable.exitStatus
        }
    )

    private static let importFile = CommandDescription(
        name: "import",
        summary: "Import a network: OpenVINO IR (.xml with its .bin beside it), .onnx or .tflite",
        details: [
            "The network is copied, opened and compiled before it is installed. Its licence is yours to check. The "
                + "networks that Aegis knows are recognised by their checksum and rebuilt as set-up does it."
        ],
        positionals: [
            PositionalDescription(value: ValueDescription("FILE", .file), count: .one, summary: "The file to import")
        ],
        options: [name, overwrite, .json],
        run: { arguments, session in
            try session.interruption.whileWorking {
                let importer = ModelImporter(
                    store: session.models,
                    environment: session.environment,
                    isCancelled: { [flag = session.interruption.flag] in flag.isCancelled }
                )
                let manifest = try importer.importModel(
                    at: arguments.positionals[0],
                    name: arguments.value(name),
                    replaces: arguments.has(overwrite)
                )
                let text =
                    try arguments.has(.json)
                    ? JSONText.pretty(manifest) : "\(manifest.name) is installed in \(session.models.directory)\n"
                try StandardStream.output.write(text)
                return 0
            }
        }
    )
}

/// A network as `aegis models list` shows it.
struct ModelDescription: Encodable {
    private let name: String
    private let title: String
    private let summary: String?
    private let task: String?
    private let licence: String?
    private let installed: Bool
    private let optional: Bool
    private let path: String?
    private let bytes: Int64?
    private let problem: String?
    private let source: ModelManifest.Source
    private let inputs: [ModelManifest.Tensor]
    private let outputs: [ModelManifest.Tensor]

    /// Every network that is known or installed.
    static func all(in store: ModelStore) -> [ModelDescription] {
        let known = store.catalogue.entries.map { ModelDescription($0, in: store) }
        let others = store.names.filter { store.catalogue[$0] == nil }
        return known + others.compactMap { ModelDescription(userModel: $0, in: store) }
    }

    private init(_ entry: ModelCatalogue.Entry, in store: ModelStore) {
        (path, problem) = Self.place(of: entry.name, in: store)
        let manifest = try? store.manifest(of: entry.name)
        name = entry.name
        title = entry.title
        summary = entry.summary
        task = entry.task
        licence = entry.licence
        installed = path != nil
        optional = entry.isOptional
        bytes = manifest?.byteCount
        source = entry.source
        inputs = entry.inputs
        outputs = entry.outputs
    }

    private init?(userModel name: String, in store: ModelStore) {
        guard let manifest = try? store.manifest(of: name) else { return nil }
        (path, problem) = Self.place(of: name, in: store)
        self.name = name
        title = manifest.title
        summary = nil
        task = manifest.task
        licence = manifest.licence
        installed = path != nil
        optional = true
        bytes = manifest.byteCount
        source = manifest.source
        inputs = manifest.inputs
        outputs = manifest.outputs
    }

    private static func place(of name: String, in store: ModelStore) -> (path: String?, problem: String?) {
        do throws(ModelError) { return (try store.path(for: name), nil) } catch { return (nil, error.description) }
    }

    /// A line for each network.
    static func table(of models: [ModelDescription]) -> String {
        let rows = models.map { model in
            let size = model.bytes.map(PlainText.size)
            let facts = [model.task, model.licence, size].compactMap(\.self).joined(separator: ", ")
            let state = model.problem.map { " – " + $0 } ?? ""
            return (name: model.name, text: "\(model.summary ?? model.title) (\(facts))\(state)")
        }
        return HelpText.table(rows).map { ErrorOutput.line(String($0.dropFirst(2))) + "\n" }.joined()
    }
}
