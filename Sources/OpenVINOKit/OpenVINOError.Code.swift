extension OpenVINOError {
    /// A status of OpenVINO's C API, under the name that it has there.
    ///
    /// The source of the names is `ov_status_e` in `openvino/c/ov_common.h`. A status unknown here keeps its number.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The number in C.
        public let rawValue: Int32

        /// Wraps a number.
        ///
        /// - Parameter rawValue: The number in C.
        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// `OK`: no failure, so never the code of an error.
        static let ok = Code(rawValue: 0)
        /// `GENERAL_ERROR`: an exception in the library; the message says which.
        public static let generalError = Code(rawValue: -1)
        /// `NOT_IMPLEMENTED`: the device or the reader cannot do this.
        public static let notImplemented = Code(rawValue: -2)
        /// `NETWORK_NOT_LOADED`.
        public static let networkNotLoaded = Code(rawValue: -3)
        /// `PARAMETER_MISMATCH`.
        public static let parameterMismatch = Code(rawValue: -4)
        /// `NOT_FOUND`.
        public static let notFound = Code(rawValue: -5)
        /// `OUT_OF_BOUNDS`.
        public static let outOfBounds = Code(rawValue: -6)
        /// `UNEXPECTED`: an exception that is not a `std::exception`.
        public static let unexpected = Code(rawValue: -7)
        /// `REQUEST_BUSY`: a run of this request is in flight.
        public static let requestBusy = Code(rawValue: -8)
        /// `RESULT_NOT_READY`: a wait ended before the run did.
        public static let resultNotReady = Code(rawValue: -9)
        /// `NOT_ALLOCATED`.
        public static let notAllocated = Code(rawValue: -10)
        /// `INFER_NOT_STARTED`.
        public static let inferNotStarted = Code(rawValue: -11)
        /// `NETWORK_NOT_READ`: the model file is unusable.
        public static let networkNotRead = Code(rawValue: -12)
        /// `INFER_CANCELLED`: the run was cancelled.
        public static let inferCancelled = Code(rawValue: -13)
        /// `INVALID_C_PARAM`: an argument of the C call is null or out of range.
        public static let invalidCParam = Code(rawValue: -14)
        /// `UNKNOWN_C_ERROR`.
        public static let unknownCError = Code(rawValue: -15)
        /// `NOT_IMPLEMENT_C_METHOD`: the C API cannot express this.
        public static let notImplementCMethod = Code(rawValue: -16)
        /// `UNKNOW_EXCEPTION`: an exception that the C API does not know.
        public static let unknowException = Code(rawValue: -17)

        /// Whether the library stored a message for this failure: it does so for the exceptions it catches.
        var carriesMessage: Bool {
            switch self {
            case .generalError, .notImplemented, .unexpected, .requestBusy, .inferCancelled, .unknowException: true
            default: false
            }
        }
    }
}

extension OpenVINOError.Code: CustomStringConvertible {
    /// The name and number in C, such as `NOT_FOUND (-5)`.
    public var description: String {
        "\(name) (\(rawValue))"
    }

    /// The name in C.
    private var name: String {
        switch self {
        case .generalError: "GENERAL_ERROR"
        case .notImplemented: "NOT_IMPLEMENTED"
        case .networkNotLoaded: "NETWORK_NOT_LOADED"
        case .parameterMismatch: "PARAMETER_MISMATCH"
        case .notFound: "NOT_FOUND"
        case .outOfBounds: "OUT_OF_BOUNDS"
        case .unexpected: "UNEXPECTED"
        case .requestBusy: "REQUEST_BUSY"
        case .resultNotReady: "RESULT_NOT_READY"
        case .notAllocated: "NOT_ALLOCATED"
        case .inferNotStarted: "INFER_NOT_STARTED"
        case .networkNotRead: "NETWORK_NOT_READ"
        case .inferCancelled: "INFER_CANCELLED"
        case .invalidCParam: "INVALID_C_PARAM"
        case .unknownCError: "UNKNOWN_C_ERROR"
        case .notImplementCMethod: "NOT_IMPLEMENT_C_METHOD"
        case .unknowException: "UNKNOW_EXCEPTION"
        default: "ov_status_e"
        }
    }
}

/// Matches an error by its code in a `catch` or a `switch`: `catch .requestBusy`.
///
/// - Parameters:
///   - code: The code to look for.
///   - error: The error at hand.
/// - Returns: Whether the error has this code.
public func ~= (code: OpenVINOError.Code, error: any Error) -> Bool {
    (error as? OpenVINOError)?.code == code
}
