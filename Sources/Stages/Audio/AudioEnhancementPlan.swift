internal import MediaCore
public import Pipeline

/// `audio_enhancement`: speech without noise, loudness, and sound in time with the picture.
public struct AudioEnhancementPlan: AudioStagePlan {
    /// `audio_enhancement`.
    public let name = "audio_enhancement"
    /// The parameters in use.
    public let parameters: StageParameters
    /// Denoising where it is asked for, then loudness.
    public let effects: [any AudioEffect]
    /// What `sync` says.
    public let synchronization: AudioSynchronization

    init(_ parameters: StageParameters) throws(StageError) {
        self.parameters = parameters
        synchronization = try Self.synchronization(parameters.text("sync") ?? "auto")
        var effects: [any AudioEffect] = []
        if parameters.flag("denoise") {
            effects.append(try SpeechDenoising(for: "audio_enhancement", switchedOffBy: "denoise"))
        }
        effects.append(LoudnessNormalization(target: parameters.number("loudness")))
        self.effects = effects
    }

    private static func synchronization(_ text: String) throws(StageError) -> AudioSynchronization {
        switch text {
        case "auto": return .automatic
        case "off": return .off
        default:
            let digits = text.hasSuffix("ms") ? String(text.dropLast(2)) : text
            guard let milliseconds = Double(digits), milliseconds.isFinite, abs(milliseconds) <= 60_000 else {
                throw StageError(
                    .usage,
                    stage: "audio_enhancement",
                    "sync must be auto, off, or milliseconds by which sound is moved (up to ±60000), not '\(text)'"
                )
            }
            let ticks = Int64((milliseconds * 1000).rounded())
            return .shift(MediaTime(ticks: ticks, timebase: .microseconds))
        }
    }

    /// The catalogue entry.
    public static let descriptor = StageDescriptor(
        name: "audio_enhancement",
        summary: "Brings sound to a common loudness, takes noise out of speech, and corrects its offset to the picture",
        parameters: [
            ParameterDescriptor(
                "loudness",
                .number(-40...(-8)),
                default: .number(-16),
                unit: "LUFS",
                "Integrated loudness: -16 for the web, -14 for loud platforms, -23 for broadcast"
            ),
            ParameterDescriptor(
                "denoise",
                .flag,
                default: .flag(true),
                "Take noise out of speech; music is left alone"
            ),
            ParameterDescriptor(
                "sync",
                .text(example: "auto"),
                default: .text("auto"),
                unit: "ms",
                "auto, off, or milliseconds by which sound is moved, later when positive"
            ),
        ],
        canonicalOrder: 1000
    ) { parameters, _ in try AudioEnhancementPlan(parameters) }
}

/// The sound's part of `noise_reduction`: the same speech denoiser as ``AudioEnhancementPlan``'s.
public struct AudioNoiseReductionPlan: AudioStagePlan {
    /// The stage that asks for it.
    public let name: String
    /// The parameters in use.
    public let parameters: StageParameters
    /// Denoising.
    public let effects: [any AudioEffect]

    /// Plans denoising for a stage with a flag `audio`.
    ///
    /// - Returns: `nil` when the flag is off.
    public init?(stage: String, _ parameters: StageParameters) throws(StageError) {
        guard parameters.flag("audio") else { return nil }
        name = stage
        self.parameters = parameters
        effects = [try SpeechDenoising(for: stage, switchedOffBy: "audio")]
    }
}
