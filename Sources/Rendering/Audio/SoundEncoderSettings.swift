internal import FFmpegKit
internal import MediaCore

/// Which encoder takes sound that was processed.
struct SoundEncoderSettings: Sendable, Equatable {
    /// FFmpeg's name of the codec.
    let codecName: String
    /// Bits a second; `nil` for lossless codecs.
    let bitRate: Int64?
    /// Bits a sample of lossless codecs.
    let depth: Int
    /// The layout to encode.
    let channelLayout: String

    /// Chooses.
    ///
    /// The source's codec is kept where it can be encoded and the container holds it; else AAC or Opus, or what the
    /// container usually has.
    ///
    /// - Returns: `nil` when the container holds no sound.
    init?(source: StreamDescription, container: Muxer.Container, quality: Quality, format: AudioFormat) {
        let codec = source.parameters.codecName
        let kept = Self.equivalent(of: codec)
        let usual = ["aac", "opus", container.defaultAudioCodec].compactMap(\.self)
        var candidates = [kept].compactMap(\.self) + usual
        if Self.plainContainers.contains(container.name) {
            // They could hold more, but everybody expects samples in them.
            candidates =
                [kept].compactMap(\.self).filter { $0.hasPrefix("pcm_") } + [container.defaultAudioCodec ?? "pcm_s16le"]
        } else if container.name == "ogg" {
            candidates = [kept, "opus"].compactMap(\.self)
        }
        let chosen = candidates.first { container.canHold(codecNamed: $0) && AudioEncoder.isAvailable($0) }
        guard let chosen else { return nil }
        codecName = chosen
        channelLayout =
            chosen == "aac" ? Self.layoutsOfAAC[format.channelLayout] ?? format.channelLayout : format.channelLayout
        depth = Self.depth(of: source)
        bitRate = Self.bitRate(
            chosen,
            quality: quality,
            format: format,
            source: chosen == codec ? source.parameters.bitRate : nil
        )
    }

    /// The codec itself where it can be encoded again without surprise, or one that loses nothing of it.
    private static func equivalent(of codec: String) -> String? {
        switch codec {
        case "aac", "opus", "mp3", "mp2", "ac3", "eac3", "vorbis", "flac", "alac", "wmav2": codec
        case "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be":
            codec
        case "pcm_f64le": "pcm_f32le"
        case "pcm_u8", "pcm_s8", "pcm_alaw", "pcm_mulaw": "pcm_s16le"
        default: nil
        }
    }

    /// What AAC has no number for, and what says the same: its surround channels are at the sides or behind, and a layout
    /// with silent channels holds a smaller one. FFmpeg's own way out is a description that few players read.
    private static let layoutsOfAAC = [
        "5.0(side)": "5.0", "5.1(side)": "5.1", "quad(side)": "quad", "3.1": "5.1", "7.0": "7.1",
    ]

    private static let plainContainers: Set<String> = ["wav", "w64", "aiff", "au", "caf"]

    private static func depth(of source: StreamDescription) -> Int {
        let codec = source.parameters.codecName
        if ["pcm_s24", "pcm_s32", "pcm_f32", "pcm_f64"].contains(where: codec.hasPrefix) { return 24 }
        return source.parameters.bitsPerSample ?? 16 > 16 ? 24 : 16
    }

    /// Bits a second for all channels; the low-frequency channel needs next to nothing.
    private static func bitRate(_ codec: String, quality: Quality, format: AudioFormat, source: Int64?) -> Int64? {
        let step = Quality.allCases.firstIndex(of: quality) ?? 2
        let steps: [Int64]
        switch codec {
        case "aac": steps = [64, 80, 112, 144]
        case "opus": steps = [40, 56, 80, 112]
        case "vorbis": steps = [56, 72, 96, 144]
        case "mp3", "mp2": steps = [64, 80, 112, 160]
        case "ac3", "eac3": steps = [80, 96, 112, 128]
        default: return codec.hasPrefix("pcm_") || ["flac", "alac"].contains(codec) ? nil : 128_000
        }
        let channels = format.channels ?? [.front, .front]
        let heard = Int64(max(1, channels.count { $0 != .lowFrequency }))
        let share = min(1, max(0.2, Double(format.sampleRate) / 44_100))
        let wanted = Int64(Double(steps[step] * 1000 * heard) * share)
        // What was coded with more bits loses less when it gets as many again.
        return max(wanted, min(source ?? 0, wanted * 2))
    }
}
