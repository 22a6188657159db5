internal import Glibc
internal import Rendering

/// Standard output or standard error.
struct StandardStream: Sendable {
    /// What a command gives: results, JSON.
    static let output = StandardStream(descriptor: STDOUT_FILENO, name: "standard output")
    /// What a person reads meanwhile: errors, progress, summaries.
    static let error = StandardStream(descriptor: STDERR_FILENO, name: "standard error")

    private let descriptor: Int32
    private let name: String

    /// Whether a person looks at it.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Columns of the terminal; `nil` where there is none.
    var columns: Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Writes all of a text.
    ///
    /// A reader that went away is no error: nobody misses the rest.
    ///
    /// - Throws: `RenderError` when the text cannot be written, for example because the disk is full.
    func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(
                    descriptor,
                    UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: rest)).baseAddress,
                    rest.count
                )
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EPIPE {
                    return
                } else if errno == EAGAIN {
                    // A terminal or pipe that somebody else made non-blocking.
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    let reason = String(cString: strerror(errno))
                    throw RenderError(.cannotWrite, "\(name) cannot be written (\(reason))")
                }
            }
        }
    }

    /// Writes one line.
    func writeLine(_ line: String) throws { try write(line + "\n") }
}
