/// Something about a live pipeline that its owner may want to log or show.
public enum LiveEvent: Sendable {
    /// A stage threw for a frame; its failure policy was applied.
    case stageFailed(stage: String, error: any Error)
    /// A stage did not answer and was abandoned.
    case stageHung(stage: String)
    /// A stage could not be made; another attempt follows unless it is out of service for good.
    case stageUnavailable(stage: String, error: any Error)
    /// A stage is in service.
    case stageReady(stage: String)
    /// New stages have taken over.
    case swapped
    /// New stages could not be made; the old ones go on.
    case swapFailed(stage: String, error: any Error)
}
