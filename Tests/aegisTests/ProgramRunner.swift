import Foundation
import Testing

/// A folder that goes with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("aegisTests-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func place(_ name: String) -> String { path + "/" + name }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: place(name)))
        return place(name)
    }

    /// Everything in it, hidden things too.
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

    func permissions(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: place(name))
        return try #require(attributes[.posixPermissions] as? Int)
    }
}

/// What a program said, and how it ended.
struct ProgramResult {
    let status: Int32
    let output: String
    let errors: String

    /// The lines of standard output as JSON objects.
    func events() throws -> [[String: Any]] {
        try output.split(separator: "\n").map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }
}

/// A program that runs, with its output in files: a full pipe would stop it.
final class RunningProgram {
    private let folder: TemporaryFolder
    private let process = Process()

    init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        in directory: String? = nil
    ) throws {
        folder = try TemporaryFolder()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        // Nothing of the tests may land in the user's folders.
        let own = ["HOME": folder.path, "XDG_CACHE_HOME": folder.place("cache"), "LC_ALL": "C.UTF-8"]
        process.environment = ProcessInfo.processInfo.environment.merging(own) { $1 }.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        process.standardInput = FileHandle.nullDevice
        for name in ["output", "errors"] { try folder.write(name, "") }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.place("output")))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.place("errors")))
        try process.run()
    }

    var isRunning: Bool { process.isRunning }
    var output: String { (try? String(contentsOfFile: folder.place("output"), encoding: .utf8)) ?? "" }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    func wait() -> ProgramResult {
        process.waitUntilExit()
        // A crash shows as a status that no command gives.
        let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        let errors = (try? String(contentsOfFile: folder.place("errors"), encoding: .utf8)) ?? ""
        return ProgramResult(status: status, output: output, errors: errors)
    }
}

/// Runs a program to its end.
func run(
    _ program: String,
    _ arguments: [String],
    environment: [String: String] = [:],
    in directory: String? = nil
) throws -> ProgramResult {
    try RunningProgram(program, arguments, environment: environment, in: directory).wait()
}

/// The program as it was built beside these tests, and what it works on.
enum Aegis {
    /// The checkout.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The built program: it lies where the test bundle lies, whatever the build folder is called. The bundle is the
    /// program that runs, or an argument of the helper that does.
    static let program: String = {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
        guard let bundle else { return root + "/.build/debug/aegis" }
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().path + "/aegis"
    }()

    static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// A sample clip of the set-up.
    static func sample(_ name: String) -> String { root + "/.setup/media/" + name }
    static var hasSamples: Bool { isBuilt && FileManager.default.fileExists(atPath: sample("bikes.mp4")) }

    /// Runs the program.
    static func run(
        _ arguments: String...,
        environment: [String: String] = [:],
        in directory: String? = nil
    ) throws
        -> ProgramResult
    {
        try aegisTests.run(program, arguments, environment: environment, in: directory)
    }
}
