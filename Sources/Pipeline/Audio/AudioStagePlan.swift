public import MediaCore

/// What a stage does to sound, beside or instead of what its ``StagePlan`` does to pictures.
public protocol AudioStagePlan: Sendable {
    /// The name of the stage, as in its descriptor.
    var name: String { get }
    /// The parameters in use, defaults included, as the report shows them.
    var parameters: StageParameters { get }
    /// What is done to every track.
    var effects: [any AudioEffect] { get }
    /// Whether and how sound is moved against the picture.
    var synchronization: AudioSynchronization { get }
}

extension AudioStagePlan {
    /// Sound stays where it is by default.
    public var synchronization: AudioSynchronization { .off }
}

/// How sound is moved against the picture.
public enum AudioSynchronization: Sendable, Equatable {
    /// It stays where the container says.
    case off
    /// A clock that drifts is corrected; an offset is found in the content and removed where it is beyond doubt.
    case automatic
    /// It is moved by so much, later when positive; a clock that drifts is corrected.
    case shift(MediaTime)
}
