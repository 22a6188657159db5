internal import Glibc

/// A model file on disk, looked at before OpenVINO opens it.
///
/// OpenVINO hands a file that its own reader refuses to every other reader that it has (TensorFlow, Paddle, PyTorch,
/// …), which print to standard error, and whose last word is "Unable to read the model". So the file's kind is decided
/// here by name and first bytes, and only three kinds pass.
struct ModelFile {
    /// The formats that Aegis accepts.
    enum Format: String, CaseIterable {
        /// OpenVINO's own: an `.xml` with the graph and, beside it, a `.bin` with the weights.
        case intermediateRepresentation = "xml"
        /// Open Neural Network Exchange.
        case onnx = "onnx"
        /// TensorFlow Lite.
        case tensorFlowLite = "tflite"
    }

    /// Where the file is.
    let path: String

    /// Which reader it is for.
    let format: Format

    /// Looks at a file.
    ///
    /// - Parameter path: Where the file is.
    /// - Throws: When it is missing, unreadable, empty, of a foreign kind or obviously not what its name says.
    init(path: String) throws(OpenVINOError) {
        guard !path.utf8.contains(0) else {
            throw Self.refusal(path, "a path cannot contain a null character")
        }
        let ending = path.split(separator: "/").last.flatMap { name in
            name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() }
        }
        guard let format = ending.flatMap(Format.init(rawValue:)) else {
            let known = Format.allCases.map { "." + $0.rawValue }.joined(separator: ", ")
            throw Self.refusal(path, "this kind of model file is not supported; use \(known)")
        }
        self.path = path
        self.format = format

        let head = try Self.readHead(of: path)
        guard !head.isEmpty else {
            throw Self.refusal(path, "the model file is empty")
        }
        guard format.accepts(head) else {
            throw Self.refusal(path, "the contents are not those of a .\(format.rawValue) model file")
        }
    }

    /// The file with the weights that belongs to an `.xml`, or `nil` where there is none.
    var weightsPath: String? {
        guard format == .intermediateRepresentation else { return nil }
        let candidate = path.dropLast(Format.intermediateRepresentation.rawValue.count) + "bin"
        return access(String(candidate), F_OK) == 0 ? String(candidate) : nil
    }

    /// Reads the first bytes of a file.
    ///
    /// - Parameter path: Where the file is.
    /// - Returns: At most 256 bytes.
    /// - Throws: When it is not a readable regular file.
    private static func readHead(of path: String) throws(OpenVINOError) -> [UInt8] {
        // Without O_NONBLOCK, opening a FIFO would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw OpenVINOError(
                code: .notFound,
                call: "open",
                subject: path,
                message: "cannot open the model file: \(reason)"
            )
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw refusal(path, "the model is not a regular file")
        }
        var head = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &head, head.count)
        guard count >= 0 else {
            let reason = String(cString: strerror(errno))
            throw OpenVINOError(
                code: .networkNotRead,
                call: "read",
                subject: path,
                message: "cannot read the model file: \(reason)"
            )
        }
        head.removeLast(head.count - count)
        return head
    }

    /// The error for a file that OpenVINO shall not see.
    ///
    /// - Parameters:
    ///   - path: Where the file is.
    ///   - message: What is wrong with it.
    /// - Returns: The error.
    private static func refusal(_ path: String, _ message: String) -> OpenVINOError {
        OpenVINOError(code: .networkNotRead, call: "ModelFile", subject: path, message: message)
    }
}

extension ModelFile.Format {
    /// Whether a file that begins like this can be of this format; catches mix-ups and damage, not malice.
    ///
    /// - Parameter head: The first bytes, not empty.
    /// - Returns: `false` when it certainly is something else.
    fileprivate func accepts(_ head: [UInt8]) -> Bool {
        switch self {
        case .intermediateRepresentation:
            // An XML document: white space or a byte order mark, then `<`.
            let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
            let text = head.starts(with: byteOrderMark) ? head.dropFirst(byteOrderMark.count) : head[...]
            return text.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "<")
        case .onnx:
            // A protobuf `ModelProto`: its fields have numbers below 16 or two-byte tags, and are varints or blocks.
            let wireType = head[0] & 0x07
            return wireType == 0 || wireType == 2
        case .tensorFlowLite:
            // A flatbuffer with the file identifier `TFL3` after the root offset.
            return head.count >= 8 && head[4..<8].elementsEqual("TFL3".utf8)
        }
    }
}
