internal import FFmpegKit
internal import Foundation
internal import Pipeline
internal import Stages

extension RenderError {
    /// Translates what a lower module threw.
    ///
    /// - Parameters:
    ///   - error: the error; a ``RenderError`` stays as it is.
    ///   - input: the file that was read.
    public init(_ error: any Error, input: String) {
        switch error {
        case let error as RenderError: self = error
        case is CancellationError: self.init(.interrupted, "interrupted")
        case let error as StageError: self.init(Self.code(of: error), error.description)
        case let error as ModelError: self.init(Self.code(of: error), error.message, remedy: error.remedy)
        case let error as FFmpegError: self.init(error, input: input)
        case let error as FilterGraphError: self.init(.usage, error.description)
        case let error as EncoderError:
            let code: Code = error.code == .deviceMissing ? .unavailable : error.code == .failed ? .failed : .usage
            self.init(code, error.description)
        default: self.init(.failed, "\(error)")
        }
    }

    private static func code(of error: StageError) -> Code {
        switch error.code {
        case .usage: .usage
        case .unavailable: .unavailable
        case .invalidInput: .badInput
        default: .failed
        }
    }

    private static func code(of error: ModelError) -> Code {
        switch error.code {
        case .usage: .usage
        case .badInput: .badInput
        case .noInput: .noInput
        case .unavailable: .unavailable
        case .cannotWrite: .cannotWrite
        case .interrupted: .interrupted
        default: .failed
        }
    }

    private init(_ error: FFmpegError, input: String) {
        switch error.code {
        case .interrupted:
            self.init(.interrupted, "interrupted")
        case .noSuchFile:
            self.init(.noInput, "\(input) does not exist", remedy: "check the name")
        case .accessDenied:
            self.init(.noInput, "\(input) may not be read", remedy: "check its permissions")
        case .noSpace:
            self.init(.cannotWrite, "the disk is full", remedy: "free some space or choose another place")
        case .invalidData, .endOfFile:
            self.init(
                .badInput,
                "\(input) cannot be read as media (\(error.message))",
                remedy: "it may be cut off, damaged or no media file (\(error.operation))"
            )
        case .invalidArgument where error.operation.hasPrefix("open "):
            self.init(
                .badInput,
                "\(input) is a playlist or a kind of file that Aegis does not open",
                remedy: "give it the media file itself"
            )
        case .decoderNotFound:
            self.init(.badInput, "\(input): \(error.description)", remedy: "this FFmpeg build has no such decoder")
        case .notSupported:
            self.init(
                .unavailable,
                "this machine cannot \(error.operation)",
                remedy: "use --decoder auto or software; 'aegis doctor' lists the devices"
            )
        case .outOfMemory:
            self.init(.failed, "memory ran out (\(error.operation))")
        default:
            self.init(.failed, error.description)
        }
    }

    /// The input cannot be opened, with the system's reason.
    init(_ number: Int32, opening path: String) {
        switch number {
        case ENOENT, ENOTDIR: self.init(.noInput, "\(path) does not exist", remedy: "check the name")
        case EACCES: self.init(.noInput, "\(path) may not be read", remedy: "check its permissions")
        default: self.init(.noInput, "\(path) cannot be opened (\(String(cString: strerror(number))))")
        }
    }
}
