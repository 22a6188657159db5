internal import Foundation

/// A folder that keeps what a job has done, so that the same job goes on from there after the process was killed.
///
/// Thread-safe. A file appears under its name only when all its bytes are on the disk, so that what is there is whole.
/// The folder is locked while a process uses it and goes when the job is done.
final class KeptWork: Sendable {
    /// Its path.
    let path: String
    private let lock: Int32

    /// Opens the folder of a job, or makes it.
    ///
    /// - Parameters:
    ///   - directory: the folder for all jobs that the user named; made if it does not exist.
    ///   - identity: the job.
    /// - Throws: ``RenderError`` when it cannot be written, or another process works on the same job.
    init(_ directory: String, _ identity: JobIdentity) throws {
        path = directory + "/" + (try identity.name())
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw RenderError(
                .cannotWrite,
                "cannot make the work folder \(path)",
                remedy: "check the folder and its permissions"
            )
        }
        lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw RenderError.cannotWrite(path, errno) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw RenderError(
                .cannotWrite,
                "another process works on the same job in \(path)",
                remedy: "wait for it, or name another --work-dir"
            )
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        if read("manifest.json") == nil { try write(try encoder.encode(identity), as: "manifest.json") }
    }

    deinit { close(lock) }

    /// A path inside.
    func file(_ name: String) -> String { path + "/" + name }

    /// What was kept under a name; `nil` when there is nothing.
    func read(_ name: String) -> Data? { FileManager.default.contents(atPath: file(name)) }

    /// Reads what ``keep(_:as:)`` wrote; `nil` when there is nothing, or nothing of this type.
    func read<Value: Decodable>(_ type: Value.Type, from name: String) -> Value? {
        read(name).flatMap { try? JSONDecoder().decode(type, from: $0) }
    }

    /// Keeps a value as JSON.
    func keep(_ value: some Encodable, as name: String) throws { try write(try JSONEncoder().encode(value), as: name) }

    /// Keeps bytes.
    func write(_ data: Data, as name: String) throws {
        let unfinished = file(name) + ".part"
        guard FileManager.default.createFile(atPath: unfinished, contents: data) else {
            throw RenderError.cannotWrite(unfinished, errno)
        }
        try finish(name)
    }

    /// Gives a file that was written as `NAME.part` its name, once its bytes are on the disk.
    func finish(_ name: String) throws {
        let unfinished = file(name) + ".part"
        try Self.synchronise(unfinished)
        guard rename(unfinished, file(name)) == 0 else { throw RenderError.cannotWrite(file(name), errno) }
        // The name is in the folder, and the folder has bytes of its own.
        try Self.synchronise(path)
    }

    /// Forgets one file.
    func forget(_ name: String) { unlink(file(name)) }

    /// Removes the folder: the job is done.
    func remove() { try? FileManager.default.removeItem(atPath: path) }

    private static func synchronise(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw RenderError.cannotWrite(path, errno) }
        defer { close(descriptor) }
        if fsync(descriptor) != 0, errno != EINVAL { throw RenderError.cannotWrite(path, errno) }
    }
}
