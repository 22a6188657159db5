public import Pipeline
internal import RNNoiseKit

/// Takes noise out of speech and leaves everything else alone: music, and files in which nobody speaks.
public struct SpeechDenoising: AudioEffect {
    /// ``AudioEffectKind/speechDenoising``.
    public let kind = AudioEffectKind.speechDenoising

    /// Checks that RNNoise is there.
    ///
    /// - Parameters:
    ///   - stage: the stage that asks for it, for the message.
    ///   - parameter: that stage's parameter which does without it.
    /// - Throws: ``StageError`` with the code `unavailable`.
    public init(for stage: String, switchedOffBy parameter: String) throws(StageError) {
        if case .failure(let error) = SpeechDenoiser.availability {
            throw StageError(.unavailable, stage: stage, "\(error), and \(parameter)=false does without it")
        }
    }

    /// Makes a probe, which also denoises: what the network takes away is kept in a temporary file.
    public func makeProbe(_ track: AudioTrack) throws -> any AudioProbe { try SpeechProbe(track) }

    /// The probe has judged already, by signal-to-noise ratio.
    public func judge(before: SoundMeasurement, after: SoundMeasurement) -> StageVerdict.Outcome { .kept }
}
