/// Everything two neighbours must agree on about sound.
public struct AudioFormat: Hashable, Sendable {
    /// How one sample is stored; raw values are FFmpeg's names.
    public enum SampleFormat: String, Hashable, Sendable {
        /// Signed 16 bits, interleaved.
        case int16 = "s16"
        /// Signed 16 bits, one plane a channel.
        case int16Planar = "s16p"
        /// Signed 32 bits, interleaved.
        case int32 = "s32"
        /// Signed 32 bits, one plane a channel.
        case int32Planar = "s32p"
        /// 32-bit float, interleaved.
        case float = "flt"
        /// 32-bit float, one plane a channel.
        case floatPlanar = "fltp"
    }

    /// Samples a second in each channel.
    public var sampleRate: Int
    /// Channel layout by FFmpeg's name: `mono`, `stereo`, `5.1` …
    public var channelLayout: String
    /// How samples are stored.
    public var sampleFormat: SampleFormat

    /// Makes a format.
    public init(sampleRate: Int, channelLayout: String, sampleFormat: SampleFormat) {
        self.sampleRate = sampleRate
        self.channelLayout = channelLayout
        self.sampleFormat = sampleFormat
    }
}

/// Where a channel is heard.
public enum AudioChannel: Sendable, Equatable {
    /// In front, above, or of unknown place.
    case front
    /// At the sides or behind.
    case surround
    /// Low-frequency effects.
    case lowFrequency
}
