internal import FoundationEssentials
internal import Glibc
internal import Rendering

/// A small text file that the user asked for, such as a report.
struct ResultFile {
    /// Where it will be.
    let path: String
    /// Whether a file of that name may be replaced.
    let replaces: Bool

    /// Checks what can be checked before long work begins.
    ///
    /// - Throws: `RenderError` with the code `cannotWrite`.
    func checkPlace() throws {
        var status = stat()
        if stat(path, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR {
                throw RenderError(.cannotWrite, "\(path) is a folder", remedy: "name a file")
            }
            guard replaces else {
                throw RenderError(.cannotWrite, "\(path) exists", remedy: "add --overwrite to replace it")
            }
        }
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw RenderError(.cannotWrite, "the folder \(folder) does not exist", remedy: "create it first")
        }
        if access(folder, W_OK | X_OK) != 0 { throw failure() }
    }

    /// Writes the file in one step: a reader sees the old one or the whole new one.
    ///
    /// - Throws: `RenderError` with the code `cannotWrite`.
    func write(_ text: String) throws {
        try checkPlace()
        let temporary = folder + "/.aegis-\(UUID().uuidString)"
        // 0666: the user's umask decides who may read it.
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure() }
        let isWritten = Self.write(Array(text.utf8), to: descriptor)
        guard close(descriptor) == 0, isWritten, rename(temporary, path) == 0 else {
            let error = failure()
            unlink(temporary)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private func failure() -> RenderError {
        RenderError(
            .cannotWrite,
            "\(path) cannot be written (\(String(cString: strerror(errno))))",
            remedy: "choose another place"
        )
    }
}
