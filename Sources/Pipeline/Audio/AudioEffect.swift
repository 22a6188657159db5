public import MediaCore

/// One thing that is done to sound. Stages ask for effects; what several stages ask for is done once.
///
/// Sound is processed in passes over a whole track: a probe measures what the effect will be fed, with all effects before
/// it applied, and the plan that comes out renders. So an effect knows everything about a track before it changes the
/// first sample.
public protocol AudioEffect: Sendable {
    /// What it does; two effects of one kind are the same.
    var kind: AudioEffectKind { get }
    /// Makes a probe for one track.
    func makeProbe(_ track: AudioTrack) throws -> any AudioProbe
    /// Judges what became of a track.
    ///
    /// - Parameters:
    ///   - before: the track as it came.
    ///   - after: the track as it was encoded, decoded again.
    func judge(before: SoundMeasurement, after: SoundMeasurement) -> StageVerdict.Outcome
}

extension AudioEffect {
    /// Cannot be judged by loudness and peaks.
    public func judge(before: SoundMeasurement, after: SoundMeasurement) -> StageVerdict.Outcome { .unverifiable }
}

/// The kinds of effects in the order in which they run.
public enum AudioEffectKind: Int, Sendable, Comparable, CaseIterable {
    /// Takes noise out of speech.
    case speechDenoising
    /// Brings loudness to a target and limits peaks.
    case loudness

    /// The order in which they run.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What an effect must know about the track that it works on.
public struct AudioTrack: Sendable {
    /// Rate and layout; samples are planar floats.
    public let format: AudioFormat
    /// The channels in order.
    public let channels: [AudioChannel]
    /// A path for temporary files of this track, to which each effect adds a name of its own.
    public let scratchPrefix: String

    /// Describes a track.
    public init(format: AudioFormat, channels: [AudioChannel], scratchPrefix: String) {
        self.format = format
        self.channels = channels
        self.scratchPrefix = scratchPrefix
    }
}

/// Measures one track from beginning to end. Confined to one thread.
public protocol AudioProbe: AnyObject {
    /// Looks at the next sound; blocks follow each other without gaps.
    func measure(_ block: AudioBlock) throws
    /// Says what was found; called once, after the last block.
    func finish() throws -> AudioFinding
}

/// What a probe found out about a track.
public struct AudioFinding: Sendable {
    /// How the track is processed; `nil` when the effect has nothing to do.
    public let plan: (any AudioEffectPlan)?
    /// What was measured.
    public let metrics: [StageMetric]
    /// Whether the effect makes the track better, as far as that is known before rendering.
    public let outcome: StageVerdict.Outcome
    /// What the user should know, in one sentence; `nil` when the metrics say it all.
    public let explanation: String?

    /// Notes a finding.
    public init(
        plan: (any AudioEffectPlan)?,
        metrics: [StageMetric] = [],
        outcome: StageVerdict.Outcome = .unverifiable,
        explanation: String? = nil
    ) {
        self.plan = plan
        self.metrics = metrics
        self.outcome = outcome
        self.explanation = explanation
    }
}

/// How one effect processes one track.
public protocol AudioEffectPlan: Sendable {
    /// Samples by which an instance's output is late; whoever runs it removes them.
    var latency: Int { get }
    /// Makes the mutable part for one pass over the track.
    func makeInstance() throws -> any AudioEffectInstance
    /// The plan to render with instead, when the encoded result shows that this one misses what it promised.
    func corrected(after result: SoundMeasurement) -> (any AudioEffectPlan)?
}

extension AudioEffectPlan {
    /// Good as it is by default.
    public func corrected(after result: SoundMeasurement) -> (any AudioEffectPlan)? { nil }
}

/// The mutable part of an effect: one a track and pass, confined to one thread.
public protocol AudioEffectInstance: AnyObject {
    /// Changes a block in place; what comes out is late by the plan's latency.
    func process(_ block: AudioBlock) throws
}

/// Loudness and peaks of a track.
public struct SoundMeasurement: Sendable, Equatable {
    /// Integrated loudness in LUFS; `nil` for silence.
    public var loudness: Double?
    /// Loudness range in LU; `nil` for silence.
    public var range: Double?
    /// The highest peak in dBTP; `nil` for digital silence.
    public var truePeak: Double?

    /// Notes a measurement.
    public init(loudness: Double?, range: Double?, truePeak: Double?) {
        self.loudness = loudness
        self.range = range
        self.truePeak = truePeak
    }
}
