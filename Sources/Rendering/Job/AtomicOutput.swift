internal import Foundation

/// A result that appears under its name only when it is complete.
///
/// Everything is written into a hidden folder beside the result, on the same file system, and moved in one step. The
/// folder goes with `discard()`, with the process's exit handler, or when this object goes; if the process is killed, with
/// the next job in the same place.
final class AtomicOutput: Sendable {
    /// Where the result will be.
    let path: String
    /// The hidden folder for everything temporary.
    private let work: WorkFolder
    private let replaces: Bool

    /// Checks that the result can be written and makes the work folder.
    ///
    /// - Parameters:
    ///   - path: where the result will be.
    ///   - replaces: whether a file of that name may be replaced.
    init(path: String, replaces: Bool) throws {
        self.path = path
        self.replaces = replaces
        try Self.check(path: path, replaces: replaces)
        let folder = Self.folder(of: path)
        WorkFolder.sweep(folder)
        guard let work = WorkFolder(inside: folder) else { throw RenderError.cannotWrite(path, errno) }
        self.work = work
    }

    /// Checks what can be checked before long work begins.
    ///
    /// - Throws: ``RenderError`` with the code `cannotWrite`.
    static func check(path: String, replaces: Bool) throws {
        let folder = folder(of: path)
        var status = stat()
        if stat(path, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR {
                throw RenderError(.cannotWrite, "\(path) is a folder", remedy: "name a file, or use --output-dir")
            }
            guard replaces else {
                throw RenderError(.cannotWrite, "\(path) exists", remedy: "add --overwrite to replace it")
            }
        }
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw RenderError(.cannotWrite, "the folder \(folder) does not exist", remedy: "create it first")
        }
        if access(folder, W_OK | X_OK) != 0 { throw RenderError.cannotWrite(path, errno) }
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// A path inside the work folder.
    func temporary(_ name: String) -> String { work.path + "/" + name }

    /// Moves a finished file to its place.
    func commit(_ temporaryPath: String) throws {
        let descriptor = open(temporaryPath, O_RDONLY | O_CLOEXEC)
        if descriptor >= 0 {
            let synced = fsync(descriptor)
            close(descriptor)
            if synced != 0 { throw RenderError.cannotWrite(path, errno) }
        }
        // `link` refuses an existing name in one step, which a check before `rename` cannot.
        if !replaces {
            if link(temporaryPath, path) != 0 {
                if errno == EEXIST {
                    throw RenderError(.cannotWrite, "\(path) exists", remedy: "add --overwrite to replace it")
                }
                guard errno == EPERM || errno == EOPNOTSUPP, rename(temporaryPath, path) == 0 else {
                    throw RenderError.cannotWrite(path, errno)
                }
            }
        } else if rename(temporaryPath, path) != 0 {
            throw RenderError.cannotWrite(path, errno)
        }
        discard()
    }

    /// Removes everything temporary.
    func discard() { work.remove() }
}
