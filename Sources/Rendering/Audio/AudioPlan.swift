internal import FFmpegKit
internal import MediaCore
public import Pipeline

/// What is done to the sound of a file.
public struct AudioPlan: Sendable {
    /// The stages that ask for something, in order.
    public let stages: [any AudioStagePlan]
    /// The tracks that are worked on.
    let tracks: [StreamDescription]
    /// Effects in the order in which they run, each kind once.
    let effects: [any AudioEffect]
    /// Whether and how sound is moved against the picture.
    let synchronization: AudioSynchronization
    /// The stream whose pictures sound is compared with; `nil` when there is none.
    let picture: StreamDescription?

    /// Collects what the stages of a job want.
    ///
    /// - Returns: `nil` when no stage wants anything, or there is no sound.
    /// - Throws: ``StageError``.
    init?(_ request: RenderRequest, tracks: [StreamDescription], picture: StreamDescription?) throws {
        // Where there is no sound nobody shall miss what it would need.
        guard !tracks.isEmpty else { return nil }
        let stages = try request.stages.compactMap { try $0.makeAudioPlan(request.context) }
        guard !stages.isEmpty else { return nil }
        self.stages = stages
        self.tracks = tracks
        self.picture = picture
        var effects: [AudioEffectKind: any AudioEffect] = [:]
        // What two stages ask for runs once, as the last of them, the more special one, wants it.
        for effect in stages.flatMap(\.effects) { effects[effect.kind] = effect }
        self.effects = effects.sorted { $0.key < $1.key }.map(\.value)
        synchronization = stages.last { $0.synchronization != .off }?.synchronization ?? .off
    }
}
