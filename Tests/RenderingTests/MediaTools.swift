import Foundation
import Testing

/// The command-line tools that make test media and look at results: `ffmpeg` and `ffprobe`, which nobody here wrote.
enum MediaTools {
    /// The repository's root.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A sample clip of the set-up.
    static func sample(_ name: String) -> String { root.appendingPathComponent(".setup/media/\(name)").path }

    /// Whether set-up has fetched the sample clips.
    static var hasSamples: Bool { FileManager.default.fileExists(atPath: sample("bikes.mp4")) }

    /// Runs a tool and returns what it wrote to standard output.
    @discardableResult
    static func run(_ tool: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(tool) \(arguments.joined(separator: " "))")
        return String(decoding: data, as: UTF8.self)
    }

    /// Makes a clip with `ffmpeg`.
    static func make(_ path: String, _ arguments: [String]) throws {
        try run("ffmpeg", ["-v", "error", "-nostdin", "-y"] + arguments + [path])
    }

    /// Fields of the streams of a file as `ffprobe` prints them: one dictionary a stream.
    static func streams(_ path: String, _ selector: String? = nil) throws -> [[String: String]] {
        let selection = selector.map { ["-select_streams", $0] } ?? []
        let text = try run("ffprobe", ["-v", "error", "-show_streams", "-of", "flat=h=0"] + selection + [path])
        var result: [Int: [String: String]] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            let path = parts[0].split(separator: ".", maxSplits: 2)
            guard parts.count == 2, path.count == 3, let index = Int(path[1]) else { continue }
            result[index, default: [:]][String(path[2])] = parts[1].trimmingCharacters(in: ["\""])
        }
        return result.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Presentation times of the packets of a stream in ticks, sorted.
    static func times(_ path: String, _ selector: String = "v:0") throws -> [Int] {
        try run(
            "ffprobe",
            ["-v", "error", "-select_streams", selector, "-show_entries", "packet=pts", "-of", "csv=p=0", path]
        ).split(whereSeparator: { "\n,".contains($0) }).compactMap { Int($0) }.sorted()
    }

    /// A checksum over the undecoded packets of a stream.
    static func packetChecksum(_ path: String, _ selector: String) throws -> String {
        try run("ffmpeg", ["-v", "error", "-i", path, "-map", "0:\(selector)", "-c", "copy", "-f", "md5", "-"])
    }
}

/// A folder for one test; gone when the test ends.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "/aegis-test-XXXXXX").utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    /// Names of everything inside, hidden files too.
    var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? [] }
}
