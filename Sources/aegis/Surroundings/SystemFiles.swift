internal import Glibc

/// What the system tells by files.
enum SystemFiles {
    /// A whole text file, or `nil` when it cannot be read.
    static func text(of path: String) -> String? {
        // Files in /proc and /sys say that they are empty, so that their size cannot be asked for first.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// The place of a program in `PATH`, or `nil`.
    static func place(ofProgram program: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
