public import FFmpegKit
public import MediaCore
internal import Pipeline

/// What a job knows about its pictures before it renders them.
public struct SourceDescription: Sendable {
    /// The format of the first decoded frame.
    public let format: VideoFormat
    /// Static HDR metadata, from the container or else from the bitstream.
    public let hdrMetadata: HDRMetadata?
    /// How the container says that the picture is to be shown around or in depth.
    public let immersiveMetadata: ImmersiveMetadata?
    /// Whether the first frame holds two fields.
    public let isInterlaced: Bool
}

extension SourceDescription {
    /// The immersive metadata of the result: the source's, as long as it is still true.
    func immersiveMetadata(after layout: PipelineLayout) -> ImmersiveMetadata? {
        layout.plans.allSatisfy(\.keepsGeometry) && layout.output.isUpright == format.isUpright
            ? immersiveMetadata : nil
    }

    /// What the user should know when it is not; `nil` otherwise.
    func immersiveNotice(for path: String, _ layout: PipelineLayout, in container: Muxer.Container) -> String? {
        guard let immersiveMetadata else { return nil }
        if !container.holdsImmersiveMetadata { return immersiveMetadata.containerNotice(for: path) }
        if self.immersiveMetadata(after: layout) != nil { return nil }
        let stage = layout.plans.first { !$0.keepsGeometry }?.name ?? "turning it upright"
        return
            "\(path) is \(immersiveMetadata.kind); the result is not marked as such, because \(stage) moves places of "
            + "the picture"
    }
}

extension ImmersiveMetadata {
    fileprivate var kind: String { isSpherical ? "360° video" : "stereoscopic video" }

    /// What the user should know when the container of the result has no place for it.
    func containerNotice(for name: String) -> String {
        "\(name) is \(kind); the result is not marked as such, because its container cannot say it: .mp4 and .mkv can"
    }
}
