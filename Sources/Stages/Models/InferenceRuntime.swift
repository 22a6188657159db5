internal import Inference
internal import OpenVINOKit

/// The library that runs the stages' networks.
enum InferenceRuntime {
    /// Each backend loads its device plugins again and competes for the same cores, so the process has one.
    private static let core = Result { try OpenVINOCore() }

    /// The process's backend; starts it at the first call.
    ///
    /// - Throws: the backend's own error when it cannot start.
    static func shared() throws -> any InferenceBackend { try core.get() }
}
