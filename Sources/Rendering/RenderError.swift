/// A job that could not be done, in words a user understands.
public struct RenderError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure, each with its exit code.
    public struct Code: Sendable, Hashable {
        /// The exit code of the command line, after `sysexits.h`.
        public let exitStatus: Int32
        /// The stable name in JSON.
        public let name: String

        /// Unknown stage or parameter, out of range, output equals input.
        public static let usage = Code(exitStatus: 2, name: "usage")
        /// The input is not media, is damaged, or lacks what a stage needs.
        public static let badInput = Code(exitStatus: 65, name: "bad_input")
        /// The input does not exist.
        public static let noInput = Code(exitStatus: 66, name: "no_input")
        /// A model, encoder, device or file that is needed is missing.
        public static let unavailable = Code(exitStatus: 69, name: "unavailable")
        /// Something failed that should not.
        public static let failed = Code(exitStatus: 70, name: "internal")
        /// The output cannot be written.
        public static let cannotWrite = Code(exitStatus: 73, name: "cannot_write")
        /// Stopped by the user.
        public static let interrupted = Code(exitStatus: 130, name: "interrupted")
    }

    /// The kind of failure.
    public let code: Code
    /// What is wrong, naming the thing.
    public let message: String
    /// What to do about it; empty when nothing helps.
    public let remedy: String

    /// Makes an error.
    public init(_ code: Code, _ message: String, remedy: String = "") {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    /// Message and remedy in one line.
    public var description: String { remedy.isEmpty ? message : "\(message): \(remedy)" }
}
