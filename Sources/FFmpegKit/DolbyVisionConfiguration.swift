/// Which kind of Dolby Vision a stream is: the decoder configuration record of its container.
///
/// Source: "Dolby Vision Streams Within the ISO Base Media File Format", and libavutil's `dovi_meta.h`.
public struct DolbyVisionConfiguration: Sendable, Equatable {
    /// The profile: 5, 7 and 8 are common for HEVC, 10 for AV1.
    public let profile: Int
    /// How other decoders may show the base layer: 1 as HDR10, 2 as ordinary video, 4 as HLG, 0 not at all.
    public let compatibility: Int

    /// Reads libavutil's `AVDOVIDecoderConfigurationRecord`, eight fields of one byte.
    init?(record: [UInt8]) {
        guard record.count >= 8 else { return nil }
        profile = Int(record[2])
        compatibility = Int(record[7])
    }

    /// Whether decoders that do not know Dolby Vision show right colours. Profile 7 has an HDR10 base, whatever it says.
    public var hasCompatibleBase: Bool { compatibility != 0 || ![5, 10].contains(profile) }
}
