/// A network that is missing, damaged or cannot be imported, in words a user understands.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure that callers tell apart.
    public struct Code: Sendable, Hashable {
        private enum Value: Hashable { case usage, badInput, noInput, unavailable, cannotWrite, interrupted }
        private let value: Value
        /// The name is unknown, taken or impossible.
        public static let usage = Code(value: .usage)
        /// The file is no network, is damaged or uses what OpenVINO does not have.
        public static let badInput = Code(value: .badInput)
        /// The file to import does not exist.
        public static let noInput = Code(value: .noInput)
        /// A network or the converter is not installed.
        public static let unavailable = Code(value: .unavailable)
        /// The store cannot be written.
        public static let cannotWrite = Code(value: .cannotWrite)
        /// Stopped by the user.
        public static let interrupted = Code(value: .interrupted)
    }

    /// The kind of failure.
    public let code: Code
    /// What is wrong, naming the thing.
    public let message: String
    /// What to do about it.
    public let remedy: String

    init(_ code: Code, _ message: String, remedy: String = "") {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    /// Message and remedy in one line.
    public var description: String { remedy.isEmpty ? message : "\(message): \(remedy)" }
}
