public import Foundation

/// The command-line tools that make test media and look at results: `ffmpeg` and `ffprobe`, which nobody here wrote.
public enum MediaTools {
    /// The repository's root.
    public static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A tool that ended with an error.
    public struct ToolError: Error, CustomStringConvertible {
        /// The command line and its exit status.
        public let description: String
    }

    /// A sample clip of the set-up.
    public static func sample(_ name: String) -> String { root.appendingPathComponent(".setup/media/\(name)").path }

    /// Whether set-up has fetched the sample clips.
    public static var hasSamples: Bool { FileManager.default.fileExists(atPath: sample("bikes.mp4")) }

    /// Runs a tool and returns what it wrote to standard output.
    @discardableResult
    public static func run(_ tool: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let line = ([tool] + arguments).joined(separator: " ")
            throw ToolError(description: "exit status \(process.terminationStatus): \(line)")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Makes a clip with `ffmpeg`.
    public static func make(_ path: String, _ arguments: [String]) throws {
        try run("ffmpeg", ["-v", "error", "-nostdin", "-y"] + arguments + [path])
    }

    /// Fields of the streams of a file as `ffprobe` prints them: one dictionary a stream.
    public static func streams(_ path: String, _ selector: String? = nil) throws -> [[String: String]] {
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
    public static func times(_ path: String, _ selector: String = "v:0") throws -> [Int] {
        try run(
            "ffprobe",
            ["-v", "error", "-select_streams", selector, "-show_entries", "packet=pts", "-of", "csv=p=0", path]
        ).split(whereSeparator: { "\n,".contains($0) }).compactMap { Int($0) }.sorted()
    }

    /// A checksum over the undecoded packets of a stream.
    public static func packetChecksum(_ path: String, _ selector: String) throws -> String {
        try run("ffmpeg", ["-v", "error", "-i", path, "-map", "0:\(selector)", "-c", "copy", "-f", "md5", "-"])
    }
}
