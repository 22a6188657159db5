internal import FFmpegKit
internal import FoundationEssentials
internal import Glibc
internal import Inference
internal import OpenVINOKit

/// Brings networks into a store.
///
/// A network is copied into a hidden folder of the store, opened and compiled there to prove that it works, and then
/// moved to its place, the manifest last.
public struct ModelImporter {
    private let store: ModelStore
    private let converter: ModelConverter
    private let isCancelled: @Sendable () -> Bool

    /// Makes an importer.
    ///
    /// - Parameters:
    ///   - store: where networks go.
    ///   - environment: the process's environment variables, to find the converter.
    ///   - executable: the program's real path, to find the converter.
    ///   - isCancelled: asked between steps; nothing is left behind when it says yes.
    public init(
        store: ModelStore,
        environment: [String: String],
        executable: String = ModelStore.executablePath,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.store = store
        converter = ModelConverter(environment: environment, executable: executable)
        self.isCancelled = isCancelled
    }

    /// Imports OpenVINO IR (`.xml`, the weights in a `.bin` beside it), `.onnx` or `.tflite`.
    ///
    /// Blocking.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - name: the name that it gets; by default the file's own, or the catalogue's when the file is a known one.
    ///   - replaces: whether a network of that name may be replaced.
    /// - Returns: the new manifest.
    /// - Throws: ``ModelError``.
    public func importModel(
        at path: String,
        name: String? = nil,
        replaces: Bool = false
    ) throws(ModelError)
        -> ModelManifest
    {
        let fileName = String(path.split(separator: "/").last ?? "")
        guard let kind = ModelFileKind(fileName: fileName) else {
            throw ModelError(
                .badInput,
                "\(path) is no kind of model that Aegis reads",
                remedy: "give it an .xml, .onnx or .tflite file"
            )
        }
        let checksum = try checksum(of: path)
        let known = kind == .intermediateRepresentation ? manifest(beside: path, fileName) : nil
        let entry = store.catalogue.entry(sourceSHA256: known?.source.sha256 ?? checksum)
        let name = try checkedName(name, fileName: fileName, entry: entry, replaces: replaces)
        let folder = try makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var manifest: ModelManifest
        if let entry, kind == .tensorFlowLite {
            do {
                try converter.run(source: path, output: folder, name: name)
            } catch {
                // Ctrl-C reaches the converter as well.
                try checkCancellation()
                throw error
            }
            manifest = try ModelStore(directory: folder, catalogue: store.catalogue).manifest(of: name)
            manifest.title = entry.title
        } else {
            manifest = try copy(path, kind, into: folder, name: name)
            manifest.source.sha256 = checksum
            if var known {
                (known.name, known.files) = (name, manifest.files)
                manifest = known
            }
        }
        try checkCancellation()
        try prove(&manifest, path, in: folder)
        try checkCancellation()
        try publish(manifest, from: folder)
        return manifest
    }

    // MARK: - Steps

    private func checksum(of path: String) throws(ModelError) -> String {
        do {
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
                throw ModelError(.badInput, "\(path) is no regular file", remedy: "name a model file")
            }
            return try Checksum.sha256(ofFile: path)
        } catch let error as ModelError {
            throw error
        } catch FFmpegError.Code.noSuchFile {
            throw ModelError(.noInput, "\(path) does not exist", remedy: "check the name")
        } catch {
            throw ModelError(.noInput, "\(path) cannot be read", remedy: "check its permissions")
        }
    }

    /// The manifest of a network that another store holds, for example the one of a checkout's set-up.
    private func manifest(beside path: String, _ fileName: String) -> ModelManifest? {
        let other = ModelStore(directory: ModelStore.parent(of: path), catalogue: store.catalogue)
        let name = String(fileName.dropLast(ModelFileKind.intermediateRepresentation.rawValue.count + 1))
        // A manifest that does not fit its files says nothing about them.
        guard (try? other.verify(name)) != nil else { return nil }
        return try? other.manifest(of: name)
    }

    private func checkedName(
        _ wish: String?,
        fileName: String,
        entry: ModelCatalogue.Entry?,
        replaces: Bool
    ) throws(ModelError) -> String {
        let name =
            wish ?? entry?.name ?? String(fileName.prefix(upTo: fileName.lastIndex(of: ".") ?? fileName.endIndex))
        guard ModelStore.isName(name) else {
            throw ModelError(
                .usage,
                "'\(name)' cannot be the name of a model",
                remedy: "give --name with letters, digits, _ and -, beginning with a letter"
            )
        }
        if let known = store.catalogue[name], known != entry {
            throw ModelError(
                .usage,
                "'\(name)' is the name of \(known.title), and the file is another one",
                remedy: "give --name with another name"
            )
        }
        if !replaces, store.names.contains(name) {
            throw ModelError(
                .cannotWrite,
                "model '\(name)' is installed already",
                remedy: "add --overwrite to replace it, or --name to keep both"
            )
        }
        return name
    }

    private func makeFolder() throws(ModelError) -> String {
        if mkdir(store.directory, 0o755) != 0, errno == ENOENT {
            try? FileManager.default.createDirectory(atPath: store.directory, withIntermediateDirectories: true)
        }
        var template = Array(store.place(".import-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw cannotWrite() }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func copy(
        _ path: String,
        _ kind: ModelFileKind,
        into folder: String,
        name: String
    ) throws(ModelError)
        -> ModelManifest
    {
        var copies = [(from: path, to: "\(name).\(kind.rawValue)")]
        if kind == .intermediateRepresentation {
            let weights = String(path.dropLast(kind.rawValue.count)) + "bin"
            guard access(weights, R_OK) == 0 else {
                throw ModelError(
                    .noInput,
                    "\(weights) with the weights of \(path) does not exist or cannot be read",
                    remedy: "put it beside the .xml"
                )
            }
            copies.append((from: weights, to: name + ".bin"))
        }
        var files: [String: ModelManifest.File] = [:]
        for (source, target) in copies {
            do {
                try FileManager.default.copyItem(atPath: source, toPath: folder + "/" + target)
            } catch {
                throw cannotWrite()
            }
            // What was copied is what counts, whatever happens to the original meanwhile.
            files[target] = try description(of: folder + "/" + target)
        }
        let fileName = String(path.split(separator: "/").last ?? "")
        return ModelManifest(
            name: name,
            title: fileName,
            source: ModelManifest.Source(file: fileName, sha256: ""),
            files: files,
            inputs: [],
            outputs: []
        )
    }

    private func description(of path: String) throws(ModelError) -> ModelManifest.File {
        var status = stat()
        guard stat(path, &status) == 0, let checksum = try? Checksum.sha256(ofFile: path) else { throw cannotWrite() }
        return ModelManifest.File(sha256: checksum, bytes: Int64(status.st_size))
    }

    /// Opens and compiles the network, and notes its shapes where the manifest does not know better.
    private func prove(_ manifest: inout ModelManifest, _ path: String, in folder: String) throws(ModelError) {
        let file = manifest.mainFile ?? ""
        do {
            let core = try OpenVINOCore()
            let model = try core.readModel(at: folder + "/" + file)
            _ = try core.compile(model, for: "CPU")
            if manifest.inputs.isEmpty { manifest.inputs = model.inputs.map(ModelManifest.Tensor.init) }
            if manifest.outputs.isEmpty { manifest.outputs = model.outputs.map(ModelManifest.Tensor.init) }
        } catch {
            throw ModelError(
                .badInput,
                "\(path) cannot be used: \(error.reason.replacing("\(folder)/\(file)", with: path))",
                remedy: "it may be damaged, or use an operation that OpenVINO does not have"
            )
        }
    }

    private func publish(_ manifest: ModelManifest, from folder: String) throws(ModelError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let manifestFile = manifest.name + ".json"
        do {
            try (encoder.encode(manifest) + Data("\n".utf8)).write(to: URL(filePath: "\(folder)/\(manifestFile)"))
        } catch {
            throw cannotWrite()
        }
        // Without its manifest the old network is gone, which is what a reader must see between the moves.
        if let old = try? store.manifest(of: manifest.name) {
            unlink(store.place(manifestFile))
            for file in old.files.keys where manifest.files[file] == nil { unlink(store.place(file)) }
        }
        for file in manifest.files.keys.sorted() + [manifestFile] {
            // Models are program data: whoever may run the program may read them.
            chmod("\(folder)/\(file)", 0o644)
            guard rename("\(folder)/\(file)", store.place(file)) == 0 else { throw cannotWrite() }
        }
    }

    private func checkCancellation() throws(ModelError) {
        if isCancelled() { throw ModelError(.interrupted, "interrupted") }
    }

    private func cannotWrite() -> ModelError {
        ModelError(
            .cannotWrite,
            "\(store.directory) cannot be written (\(String(cString: strerror(errno))))",
            remedy: "use an account that may, or set AEGIS_MODELS to another folder"
        )
    }
}

extension ModelManifest.Tensor {
    /// What a network says about an input or output.
    init(_ tensor: TensorDescription) {
        self.init(
            name: tensor.name,
            elementType: tensor.elementType.description,
            shape: tensor.shape.isRanked ? tensor.shape.dimensions : nil
        )
    }
}
