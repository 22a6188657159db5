internal import FFmpegKit
internal import MediaCore

/// How the samples of a track lie in the time of the result.
struct AudioTimeline: Sendable {
    /// Rate and layout of the samples.
    let format: AudioFormat
    /// The moment of the source that is 0 in the result, and what is wanted of it.
    let range: TimeRange
    /// How many seconds by the container's clock a second of samples takes; 1 unless the recorder's clock drifted.
    var clockRatio = 1.0
    /// The end of the file in samples; gaps that reach beyond it are mistakes.
    let limit: Int64

    /// The first sample that is wanted.
    var first: Int64 { range.start.map { samples($0 - range.origin) } ?? .min }
    /// The first sample that is not.
    var end: Int64 { range.end.map { samples($0 - range.origin) } ?? .max }

    /// A moment in samples.
    func samples(_ time: MediaTime) -> Int64 {
        time.rescaled(to: Timebase(1, Int32(format.sampleRate))).ticks
    }

    /// Two rates whose ratio is ``clockRatio`` to within a millionth of a millionth: libswresample wants whole numbers,
    /// and small ones.
    var clockRates: (from: Int, to: Int) {
        // The convergents of the continued fraction are the best there are.
        var (before, last) = ((numerator: 1, denominator: 0), (numerator: Int(clockRatio), denominator: 1))
        var rest = clockRatio - clockRatio.rounded(.down)
        while rest > 1e-12 {
            let inverse = 1 / rest
            let whole = Int(inverse)
            let next = (
                numerator: whole * last.numerator + before.numerator,
                denominator: whole * last.denominator + before.denominator
            )
            guard max(next.numerator, next.denominator) < 900_000 else { break }
            (before, last) = (last, next)
            rest = inverse - Double(whole)
        }
        return (last.denominator, last.numerator)
    }

    init?(_ stream: StreamDescription, range: TimeRange, duration: MediaTime?) {
        guard let sound = stream.parameters.audioDescription, sound.sampleRate > 0, sound.channelCount > 0 else {
            return nil
        }
        // Channels without places are heard where so many channels usually are.
        let layout =
            AudioFormat.isPlaced(sound.channelLayout)
            ? sound.channelLayout : AudioFormat.usualLayout(channelCount: sound.channelCount)
        guard let layout else { return nil }
        format = AudioFormat(sampleRate: sound.sampleRate, channelLayout: layout, sampleFormat: .floatPlanar)
        self.range = range
        let length = duration.map { $0.rescaled(to: Timebase(1, Int32(sound.sampleRate))).ticks }
        limit = length.map { $0 + Int64(sound.sampleRate) } ?? .max
    }
}
