internal import Pipeline

/// The stage's errors in its own name.
enum VirtualBackgroundError {
    static func usage(_ message: String) -> StageError {
        StageError(.usage, stage: VirtualBackgroundPlan.stageName, message)
    }

    static func unavailable(_ message: String) -> StageError {
        StageError(.unavailable, stage: VirtualBackgroundPlan.stageName, message)
    }

    static func failed(_ message: String) -> StageError {
        StageError(.failed, stage: VirtualBackgroundPlan.stageName, message)
    }
}
