/// An encoder that could not be opened as it was asked for.
public struct EncoderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure that callers tell apart.
    public struct Code: Sendable, Hashable {
        private enum Value: Hashable { case unknownEncoder, unknownOption, deviceMissing, refused, failed }
        private let value: Value
        /// This build of FFmpeg has no encoder of that name.
        public static let unknownEncoder = Code(value: .unknownEncoder)
        /// The encoder has no option of that name.
        public static let unknownOption = Code(value: .unknownOption)
        /// The encoder needs a device that this machine does not offer.
        public static let deviceMissing = Code(value: .deviceMissing)
        /// The encoder refuses the picture size, layout or an option's value.
        public static let refused = Code(value: .refused)
        /// Something failed that has nothing to do with what was asked.
        public static let failed = Code(value: .failed)
    }

    /// The kind of failure.
    public let code: Code
    /// The encoder's name.
    public let encoder: String
    /// What is wrong.
    public let message: String

    init(_ code: Code, _ encoder: String, _ message: String) {
        self.code = code
        self.encoder = encoder
        self.message = message
    }

    /// Encoder and message in one line.
    public var description: String { "encoder \(encoder): \(message)" }
}

/// One option of an encoder or muxer by FFmpeg's name, as in `preset=veryfast`.
public struct CodecOption: Sendable, Hashable {
    /// The option's name.
    public let name: String
    /// Its value.
    public let value: String

    /// Makes an option.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
