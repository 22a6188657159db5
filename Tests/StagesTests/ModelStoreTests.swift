import FFmpegKit
import Foundation
import Testing

@testable import Stages

/// A folder that goes with its owner.
private final class ModelFolder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("ModelStoreTests-\(UUID())").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let url = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    func names(_ folder: String = "") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)) ?? []).sorted()
    }
}

@Suite struct ModelStoreTests {
    private let folder: ModelFolder
    private let store: ModelStore
    private let importer: ModelImporter

    /// `y = relu(x)` in OpenVINO's own format, written out by hand.
    private static let relu = """
        <?xml version="1.0"?><net name="relu" version="11"><layers>
        <layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,4" element_type="f32"/>
        <output><port id="0" precision="FP32" names="x"><dim>1</dim><dim>4</dim></port></output></layer>
        <layer id="1" name="y" type="ReLU" version="opset1">
        <input><port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port></input>
        <output><port id="1" precision="FP32" names="y"><dim>1</dim><dim>4</dim></port></output></layer>
        <layer id="2" name="r" type="Result" version="opset1">
        <input><port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port></input></layer></layers>
        <edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>
        <edge from-layer="1" from-port="1" to-layer="2" to-port="0"/></edges></net>
        """

    init() throws {
        folder = try ModelFolder()
        store = ModelStore(directory: folder.path + "/store")
        importer = ModelImporter(store: store, environment: [:], executable: folder.path + "/bin/aegis")
    }

    private func makeSource() throws -> String {
        try folder.write("relu.bin", "")
        return try folder.write("relu.xml", Self.relu)
    }

    private func failure(_ body: () throws(ModelError) -> Void) -> ModelError? {
        do throws(ModelError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test func installsWhatItCanRun() throws {
        let manifest = try importer.importModel(at: makeSource())
        #expect(manifest.name == "relu")
        #expect(manifest.inputs == [ModelManifest.Tensor(name: "x", elementType: "f32", shape: [1, 4])])
        #expect(manifest.outputs == [ModelManifest.Tensor(name: "y", elementType: "f32", shape: [1, 4])])
        #expect(manifest.source.file == "relu.xml")
        #expect(manifest.source.sha256 == Checksum.sha256(of: Array(Self.relu.utf8)))
        #expect(folder.names("store") == ["relu.bin", "relu.json", "relu.xml"])
        #expect(store.names == ["relu"])
        #expect(try store.manifest(of: "relu") == manifest)
        #expect(try store.path(for: "relu") == store.directory + "/relu.xml")
        try store.verify("relu")
    }

    @Test func refusesToReplaceWithoutBeingAsked() throws {
        let source = try makeSource()
        _ = try importer.importModel(at: source)
        #expect(failure { () throws(ModelError) in _ = try importer.importModel(at: source) }?.code == .cannotWrite)
        _ = try importer.importModel(at: source, replaces: true)
        _ = try importer.importModel(at: source, name: "other")
        #expect(store.names == ["other", "relu"])
        try store.verify("other")
    }

    @Test(arguments: ["", "../x", "a b", "1a", "ä", ".hidden", "a/b", "selfie"])
    func refusesNames(_ name: String) throws {
        let source = try makeSource()
        #expect(
            failure { () throws(ModelError) in _ = try importer.importModel(at: source, name: name) }?.code == .usage
        )
        #expect(folder.names("store").isEmpty)
    }

    @Test func refusesWhatIsNoModel() throws {
        let cases: [(String, ModelError.Code)] = [
            (folder.path + "/missing.onnx", .noInput),
            (try folder.write("film.mp4", "x"), .badInput),
            (try folder.write("text.onnx", "hello"), .badInput),
            (try folder.write("text.tflite", "hello"), .badInput),
            (try folder.write("alone.xml", Self.relu), .noInput),
            (folder.path + "/store.onnx/", .noInput),
        ]
        for (path, code) in cases {
            let error = failure { () throws(ModelError) in _ = try importer.importModel(at: path) }
            #expect(error?.code == code, "\(path): \(String(describing: error))")
        }
        try folder.write("directory.onnx/file", "")
        let error = failure { () throws(ModelError) in
            _ = try importer.importModel(at: folder.path + "/directory.onnx")
        }
        #expect(error?.code == .badInput)
        #expect(store.names.isEmpty && folder.names("store").isEmpty)
    }

    @Test func leavesNothingWhenCancelled() throws {
        let source = try makeSource()
        let cancelled = ModelImporter(store: store, environment: [:], executable: "/x/bin/aegis", isCancelled: { true })
        let error = failure { () throws(ModelError) in _ = try cancelled.importModel(at: source) }
        #expect(error?.code == .interrupted)
        #expect(folder.names("store").isEmpty)
    }

    @Test func findsDamage() throws {
        _ = try importer.importModel(at: makeSource())
        // Same size, other bytes: only the checksum tells.
        try folder.write("store/relu.xml", String(Self.relu.reversed()))
        #expect(throws: Never.self) { try store.path(for: "relu") }
        let damaged = try #require(failure { () throws(ModelError) in try store.verify("relu") })
        #expect(damaged.code == .unavailable && damaged.message.contains("is damaged"))
        try FileManager.default.removeItem(atPath: store.directory + "/relu.bin")
        let incomplete = try #require(failure { () throws(ModelError) in _ = try store.path(for: "relu") })
        #expect(incomplete.message.contains("relu.bin"))
        try folder.write("store/relu.json", "{")
        #expect(
            failure { () throws(ModelError) in _ = try store.path(for: "relu") }?.message.contains("manifest") == true
        )
    }

    @Test func namesTheRemedy() throws {
        let known = try #require(failure { () throws(ModelError) in _ = try store.path(for: "selfie") })
        #expect(known.remedy == "run `make setup`, or `aegis models import FILE`")
        let unknown = try #require(failure { () throws(ModelError) in _ = try store.path(for: "nothing") })
        #expect(unknown.message.contains("there is no model 'nothing'"))
        #expect(failure { () throws(ModelError) in _ = try store.path(for: "../relu") }?.code == .unavailable)
    }

    @Test func aKnownNetworkMustComeFromItsSource() throws {
        _ = try importer.importModel(at: makeSource())
        for file in ["relu.xml", "relu.bin", "relu.json"] {
            let text = try String(contentsOfFile: store.directory + "/" + file, encoding: .utf8)
            try folder.write(
                "store/" + file.replacing("relu", with: "selfie"),
                text.replacing("\"relu", with: "\"selfie")
            )
        }
        let error = try #require(failure { () throws(ModelError) in try store.verify("selfie") })
        #expect(error.message.contains("another file than mediapipe"))
    }

    @Test func saysWhatTheConverterNeeds() throws {
        let source = Self.setup + "/model-sources/selfie_segmentation.tflite"
        guard FileManager.default.fileExists(atPath: source) else { return }
        let error = try #require(failure { () throws(ModelError) in _ = try importer.importModel(at: source) })
        #expect(error.code == .unavailable && error.remedy.contains("make setup"))
        #expect(folder.names("store").isEmpty)
    }

    static let setup =
        URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path + "/.setup"

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: setup + "/python/bin/python3")),
        arguments: ["selfie", "selfie_square"]
    )
    func rebuildsTheKnownNetworksAsSetUpDoes(_ name: String) throws {
        let entry = try #require(ModelCatalogue.standard[name])
        let file = entry.source.file.split(separator: "/").last ?? ""
        // Any program of the checkout will do to find the converter.
        let checkout = URL(fileURLWithPath: Self.setup).deletingLastPathComponent().path
        let importer = ModelImporter(store: store, environment: [:], executable: checkout + "/.build/debug/aegis")
        let manifest = try importer.importModel(at: "\(Self.setup)/model-sources/\(file)")
        let installed = ModelStore(directory: Self.setup + "/models")
        #expect(try manifest == installed.manifest(of: name))
        #expect(manifest.inputs == entry.inputs && manifest.outputs == entry.outputs)
        #expect(manifest.licence == entry.licence && manifest.task == entry.task && manifest.source == entry.source)
        try store.verify(name)
        try installed.verify(name)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: setup + "/models/selfie.json")))
    func takesAKnownNetworkFromAnotherStore() throws {
        let manifest = try importer.importModel(at: Self.setup + "/models/selfie.xml")
        #expect(manifest == (try ModelStore(directory: Self.setup + "/models").manifest(of: "selfie")))
        try store.verify("selfie")
    }
}

@Suite struct ModelLocationTests {
    @Test func prefersTheEnvironment() {
        let path = ModelStore.defaultDirectory(
            environment: ["AEGIS_MODELS": "/m", "AEGIS_SETUP": "/s"],
            executable: "/x/bin/aegis"
        )
        #expect(path == "/m")
    }

    @Test func findsAnInstallationAndACheckout() throws {
        let folder = try ModelFolder()
        try folder.write("checkout/scripts/setup", "")
        try folder.write("checkout/Package.swift", "")
        let built = folder.path + "/checkout/.build/x86_64-unknown-linux-gnu/release/aegis"
        #expect(
            ModelStore.defaultDirectory(environment: [:], executable: built) == folder.path + "/checkout/.setup/models"
        )
        #expect(ModelStore.defaultDirectory(environment: ["AEGIS_SETUP": "/s"], executable: built) == "/s/models")
        let installed = folder.path + "/prefix/bin/aegis"
        let share = folder.path + "/prefix/share/aegis/models"
        // Named even where it is not there yet: errors must name a place.
        #expect(ModelStore.defaultDirectory(environment: [:], executable: installed) == share)
        try folder.write("prefix/share/aegis/models/selfie.json", "")
        #expect(ModelStore.defaultDirectory(environment: ["AEGIS_SETUP": "/s"], executable: installed) == share)
    }

    @Test func knowsTheRunningProgram() { #expect(ModelStore.executablePath.hasPrefix("/")) }
}

@Suite struct ModelCatalogueTests {
    @Test func agreesWithWhatSetUpFetches() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let table = try String(contentsOf: root.appendingPathComponent("scripts/archives/models.txt"), encoding: .utf8)
        for entry in ModelCatalogue.standard.entries where entry.source.package != nil {
            let line = try #require(table.split(separator: "\n").first { $0.contains(entry.source.file) })
            #expect(line.contains(entry.source.sha256))
            #expect(ModelCatalogue.standard.entry(sourceSHA256: entry.source.sha256) == entry)
        }
    }
}
