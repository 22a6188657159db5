internal import CFFmpeg

/// An error that one of FFmpeg's libraries returned, with the call that returned it.
public struct FFmpegError: Error, Sendable, Equatable {
    /// FFmpeg's error number: a negated `errno` value or one of its own tags.
    public struct Code: Sendable, Hashable {
        /// The number as libav returns it, negative.
        public let rawValue: Int32

        init(_ rawValue: Int32) { self.rawValue = rawValue }

        /// The bytes are not what the format promises.
        public static let invalidData = Code(aegis_error_invalid_data)
        /// The file or stream ended before what was needed.
        public static let endOfFile = Code(aegis_error_end_of_file)
        /// Interrupted by the caller.
        public static let interrupted = Code(aegis_error_exit)
        /// No such file.
        public static let noSuchFile = Code(aegis_error_no_entry)
        /// The disk is full.
        public static let noSpace = Code(aegis_error_no_space)
        /// No permission.
        public static let accessDenied = Code(aegis_error_access)
        /// A parameter was refused.
        public static let invalidArgument = Code(aegis_error_invalid_argument)
        /// Memory ran out.
        public static let outOfMemory = Code(aegis_error_out_of_memory)
        /// This build of libavcodec has no such decoder.
        public static let decoderNotFound = Code(aegis_error_decoder_not_found)
        /// This build of libavcodec has no such encoder.
        public static let encoderNotFound = Code(aegis_error_encoder_not_found)
        /// The operation does not exist for this codec or container.
        public static let notSupported = Code(aegis_error_not_supported)

        /// Lets `catch` clauses and `switch` match a family by its code.
        public static func ~= (pattern: Code, error: any Error) -> Bool {
            (error as? FFmpegError)?.code == pattern
        }
    }

    /// What went wrong, by FFmpeg's number.
    public let code: Code
    /// What was being done, in words: `open input.mp4`, `avcodec_send_packet`.
    public let operation: String

    init(_ code: Int32, _ operation: String) {
        self.code = Code(code)
        self.operation = operation
    }

    /// FFmpeg's own text for the code.
    public var message: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, av_strerror(code.rawValue, base, 256) == 0 else {
                return "error \(code.rawValue)"
            }
            return String(cString: base)
        }
    }
}

extension FFmpegError: CustomStringConvertible {
    /// Operation and message, for example `open input.mp4: Invalid data found when processing input`.
    public var description: String { "\(operation): \(message)" }
}

/// Turns a negative return code into a thrown error and passes every other value on.
@discardableResult
func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(FFmpegError) -> Int32 {
    if result < 0 { throw FFmpegError(result, operation()) }
    return result
}

/// Unwraps what an allocation function returned.
func allocated<T>(
    _ pointer: UnsafeMutablePointer<T>?,
    _ operation: @autoclosure () -> String
) throws(FFmpegError)
    -> UnsafeMutablePointer<T>
{
    guard let pointer else { throw FFmpegError(aegis_error_out_of_memory, operation()) }
    return pointer
}
