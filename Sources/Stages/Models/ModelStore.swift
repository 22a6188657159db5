internal import FFmpegKit
internal import FoundationEssentials
internal import Glibc

/// The folder that holds the networks, each with its manifest.
///
/// A network is there when its manifest is: files without one are what an interrupted import left.
public struct ModelStore: Sendable {
    /// The folder.
    public let directory: String
    /// What Aegis knows about networks.
    public let catalogue: ModelCatalogue

    /// Names a store; nothing is opened.
    public init(directory: String, catalogue: ModelCatalogue = .standard) {
        self.directory = directory
        self.catalogue = catalogue
    }

    /// The names of all installed networks, in order.
    public var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return files.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// Reads the manifest of a network.
    ///
    /// - Throws: ``ModelError`` that names the remedy when there is no such network or its manifest is damaged.
    public func manifest(of name: String) throws(ModelError) -> ModelManifest {
        guard Self.isName(name), let data = FileManager.default.contents(atPath: place(name + ".json")) else {
            throw missing(name)
        }
        guard let manifest = try? JSONDecoder().decode(ModelManifest.self, from: data), manifest.name == name,
            manifest.mainFile != nil, manifest.files.keys.allSatisfy({ !$0.contains("/") })
        else {
            throw ModelError(
                .unavailable,
                "the manifest of model '\(name)' in \(directory) is damaged",
                remedy: remedy(for: name)
            )
        }
        return manifest
    }

    /// The file to open for a network. Looks whether all its files are there and have their size; ``verify(_:)`` reads
    /// them.
    ///
    /// - Throws: ``ModelError`` that names the remedy.
    public func path(for name: String) throws(ModelError) -> String {
        let manifest = try manifest(of: name)
        for (file, expected) in manifest.files.sorted(by: { $0.key < $1.key }) {
            var status = stat()
            guard stat(place(file), &status) == 0, Int64(status.st_size) == expected.bytes else {
                throw ModelError(
                    .unavailable,
                    "model '\(name)' is incomplete: \(place(file)) is missing or has another size",
                    remedy: remedy(for: name)
                )
            }
        }
        guard let file = manifest.mainFile else { throw missing(name) }
        return place(file)
    }

    /// Reads all files of a network and compares them with its manifest, and the manifest with the catalogue.
    ///
    /// Blocking: reads whole files.
    ///
    /// - Throws: ``ModelError`` for the first difference.
    public func verify(_ name: String) throws(ModelError) {
        let manifest = try manifest(of: name)
        if let entry = catalogue[name], entry.source.sha256 != manifest.source.sha256 {
            throw ModelError(
                .unavailable,
                "model '\(name)' was made from another file than \(entry.source.package ?? "the original")",
                remedy: remedy(for: name)
            )
        }
        _ = try path(for: name)
        for (file, expected) in manifest.files.sorted(by: { $0.key < $1.key }) {
            guard let actual = try? Checksum.sha256(ofFile: place(file)), actual == expected.sha256 else {
                throw ModelError(
                    .unavailable,
                    "model '\(name)' is damaged: \(place(file)) has another checksum than its manifest says",
                    remedy: remedy(for: name)
                )
            }
        }
    }

    /// Whether a text can name a network: letters, digits, `_` and `-`, so that it is a safe file name everywhere.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.first?.isLetter ?? false
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    func place(_ file: String) -> String { directory + "/" + file }

    private func missing(_ name: String) -> ModelError {
        if catalogue[name] != nil {
            return ModelError(
                .unavailable,
                "model '\(name)' is not installed in \(directory)",
                remedy: remedy(for: name)
            )
        }
        let installed = names
        return ModelError(
            .unavailable,
            "there is no model '\(name)' in \(directory)",
            remedy: installed.isEmpty
                ? "run `make setup`, or `aegis models import FILE`"
                : "installed are \(installed.joined(separator: ", ")); add one with `aegis models import FILE`"
        )
    }

    /// What brings a network (back): set-up makes the known ones, and skips what is there until it is removed.
    private func remedy(for name: String) -> String {
        guard catalogue[name] != nil else { return "import it again: aegis models import FILE --overwrite" }
        return names.contains(name)
            ? "remove \(directory) and run `make setup`, or import it again with --overwrite"
            : "run `make setup`, or `aegis models import FILE`"
    }
}
