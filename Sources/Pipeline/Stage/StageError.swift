/// An error that a user can act on: which stage, what is wrong, what to do.
public struct StageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure that callers tell apart (exit codes, HTTP statuses).
    public struct Code: Sendable, Hashable {
        private enum Value: Hashable { case usage, unavailable, invalidInput, failed }
        private let value: Value
        /// The user asked for something that does not exist or is out of range.
        public static let usage = Code(value: .usage)
        /// A model, file or device is missing.
        public static let unavailable = Code(value: .unavailable)
        /// The media cannot be processed by this stage.
        public static let invalidInput = Code(value: .invalidInput)
        /// The stage failed at run time.
        public static let failed = Code(value: .failed)
    }

    /// The kind of failure.
    public let code: Code
    /// The stage that it is about; empty when it is about none.
    public let stage: String
    /// What is wrong and what to do, without the stage's name.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, stage: String, _ message: String) {
        self.code = code
        self.stage = stage
        self.message = message
    }

    /// `stage: message`.
    public var description: String { stage.isEmpty ? message : "\(stage): \(message)" }
}
