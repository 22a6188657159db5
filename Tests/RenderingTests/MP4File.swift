import Foundation
import Testing

/// Puts boxes into MP4 files that ffmpeg cannot be told to write (ISO/IEC 14496-12).
struct MP4File {
    private(set) var data: Data

    /// Reads a file whose index lies behind its samples, so that no offset changes when it grows.
    init(_ path: String) throws { data = try Data(contentsOf: URL(fileURLWithPath: path)) }

    func write(to path: String) throws { try data.write(to: URL(fileURLWithPath: path)) }

    /// The beginning of the first box that is reached by these names, each looked for behind the one before.
    func place(of path: [String]) throws -> Int {
        try path.reduce(0) { start, name in try #require(data[start...].range(of: Data(name.utf8))).lowerBound } - 4
    }

    private func size(at place: Int) -> Int { data[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }

    /// Adds a box at the end of another one and makes all around it larger.
    mutating func append(_ name: String, _ content: Data, in path: [String]) throws {
        let count = content.count + 8
        let around = try path.indices.map { try place(of: Array(path[...$0])) }
        let last = try #require(around.last)
        let box = Self.bigEndian(UInt32(count)) + Data(name.utf8) + content
        data.insert(contentsOf: box, at: last + size(at: last))
        for place in around { overwrite(Self.bigEndian(UInt32(size(at: place) + count)), at: place) }
    }

    mutating func overwrite(_ bytes: Data, at place: Int) {
        data.replaceSubrange(place..<place + bytes.count, with: bytes)
    }

    static func bigEndian(_ value: some FixedWidthInteger) -> Data { withUnsafeBytes(of: value.bigEndian) { Data($0) } }
}
