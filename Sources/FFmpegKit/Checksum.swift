internal import CFFmpeg
internal import Glibc

/// SHA-256 checksums, computed by libavutil.
///
/// Source: `libavutil/sha.h`.
public struct Checksum: ~Copyable {
    private let context: OpaquePointer

    /// Begins a checksum.
    public init() {
        guard let context = av_sha_alloc(), av_sha_init(context, 256) == 0 else { fatalError("out of memory") }
        self.context = context
    }

    deinit { av_free(UnsafeMutableRawPointer(context)) }

    /// Adds bytes.
    public mutating func update(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { av_sha_update(context, $0.baseAddress, $0.count) }
    }

    /// The checksum of everything that was added, as 64 lower-case hexadecimal digits.
    public consuming func hexadecimal() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        av_sha_final(context, &digest)
        return digest.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// The SHA-256 of some bytes.
    public static func sha256(of bytes: [UInt8]) -> String {
        var checksum = Checksum()
        checksum.update(bytes.span)
        return checksum.hexadecimal()
    }

    /// The SHA-256 of a file.
    ///
    /// Blocking: reads the whole file.
    ///
    /// - Throws: ``FFmpegError`` with the system's reason when the file cannot be read.
    public static func sha256(ofFile path: String) throws(FFmpegError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        try check(descriptor < 0 ? -errno : 0, "open \(path)")
        defer { close(descriptor) }
        var checksum = Checksum()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            try check(count < 0 ? -errno : 0, "read \(path)")
            if count == 0 { return checksum.hexadecimal() }
            checksum.update(buffer.span.extracting(0..<count))
        }
    }
}
