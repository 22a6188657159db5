internal import EBUR128Kit
internal import MediaCore
public import Pipeline

/// Brings the loudness of every track to a target by one gain, and keeps peaks below a ceiling.
///
/// Dynamics stay as they are: only peaks that the gain would lift above the ceiling are rounded off. Silence is never
/// amplified.
public struct LoudnessNormalization: AudioEffect {
    /// ``AudioEffectKind/loudness``.
    public let kind = AudioEffectKind.loudness
    /// Integrated loudness that is aimed at, in LUFS.
    public let target: Double

    /// The highest peak that the result may have, in dBTP (EBU R 128, ITU-R BS.1770-4).
    static let highestPeak = -1.0
    /// How near to the target nothing need be done, in LU.
    static let tolerance = 0.3
    /// What is quieter is taken for silence with noise, in LUFS.
    static let quietest = -60.0
    /// The most that is ever added, in dB.
    static let mostGain = 30.0

    /// Aims at a loudness in LUFS.
    public init(target: Double) { self.target = target }

    /// Makes a probe.
    public func makeProbe(_ track: AudioTrack) throws -> any AudioProbe { try LoudnessProbe(track, target: target) }

    /// Better when it is nearer to the target than before, and not above the highest peak.
    public func judge(before: SoundMeasurement, after: SoundMeasurement) -> StageVerdict.Outcome {
        guard let old = before.loudness, let new = after.loudness else { return .unverifiable }
        let isNear = abs(new - target) <= 0.5 || abs(new - target) < abs(old - target)
        let isSafe = (after.truePeak ?? -100) <= max(Self.highestPeak + 0.05, (before.truePeak ?? -100) + 0.05)
        return isNear && isSafe ? .kept : .unverifiable
    }
}

extension AudioTrack {
    /// A meter for this track.
    public func makeLoudnessMeter(measuresPeaks: Bool = true) throws -> SoundMeter {
        try SoundMeter(self, measuresPeaks: measuresPeaks)
    }
}

/// Measures a track as ``SoundMeasurement``. Confined to one thread.
public final class SoundMeter {
    private let meter: LoudnessMeter

    init(_ track: AudioTrack, measuresPeaks: Bool) throws {
        let channels = track.channels.map { channel -> LoudnessMeter.Channel in
            switch channel {
            case .front: .front
            case .surround: .surround
            case .lowFrequency: .unused
            }
        }
        meter = try LoudnessMeter(sampleRate: track.format.sampleRate, channels: channels, measuresPeaks: measuresPeaks)
    }

    /// Adds a block.
    public func add(_ block: AudioBlock) { meter.add(block.planes, count: block.count) }

    /// Adds samples, one array a channel.
    public func add(_ planes: [[Float]], count: Int) { meter.add(planes, count: count) }

    /// What was measured so far.
    public var measurement: SoundMeasurement {
        SoundMeasurement(loudness: meter.integrated, range: meter.range, truePeak: meter.truePeak)
    }
}
