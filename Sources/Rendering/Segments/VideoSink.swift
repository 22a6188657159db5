internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// Encodes the processed frames of one segment into a spool file.
///
/// Confined to one thread. The encoder opens with the first frame, because filters may change size and timebase.
final class VideoSink {
    /// What a segment leaves for the joiner.
    struct Result: Sendable {
        /// Codec and headers, the same for every segment of a job.
        let parameters: CodecParameters
        let timebase: Timebase
        /// Presentation times in decoding order.
        let presentationTicks: [Int64]
        let frameRate: Rational?
        /// The light of HDR10 that a stage made; `nil` for everything else.
        var contentLight: ContentLight?
    }

    private let settings: EncoderSettings
    private let source: SourceDescription
    /// The format that every segment's encoder opens with; `nil` to take the first frame's.
    private let agreedFormat: VideoFormat?
    /// Nominal pictures a second after all stages.
    private let frameRate: Rational?
    private let immersiveMetadata: ImmersiveMetadata?
    private let threadCount: Int
    private let usesGlobalHeader: Bool
    private let isReproducible: Bool
    private let spool: PacketSpoolWriter
    private let spoolPath: String
    private var encoder: VideoEncoder?
    private var format: VideoFormat?

    init(
        settings: EncoderSettings,
        source: SourceDescription,
        layout: PipelineLayout,
        isAlone: Bool,
        threadCount: Int,
        usesGlobalHeader: Bool,
        isReproducible: Bool = false,
        spoolPath: String
    ) throws {
        self.settings = settings
        self.source = source
        // All segments share one header, so nothing in it may depend on a segment's own first frame.
        agreedFormat = isAlone ? nil : layout.output
        frameRate = layout.output.frameRate
        immersiveMetadata = source.immersiveMetadata(after: layout)
        self.threadCount = threadCount
        self.usesGlobalHeader = usesGlobalHeader
        self.isReproducible = isReproducible
        self.spoolPath = spoolPath
        spool = try PacketSpoolWriter(path: spoolPath)
    }

    func write(_ frame: consuming VideoFrame) throws {
        if encoder == nil { encoder = try open(for: frame) }
        try encoder?.send(frame)
        try drain()
    }

    /// Ends the segment.
    ///
    /// - Returns: `nil` when no frame was written.
    func finish() throws -> Result? {
        guard let encoder, let format else {
            try spool.finish()
            return nil
        }
        try encoder.finish()
        try drain()
        try spool.finish()
        var result = Result(
            parameters: try encoder.parameters(),
            timebase: encoder.timebase,
            presentationTicks: spool.presentationTicks,
            frameRate: frameRate
        )
        if format.color.transfer == 16, source.format.color.transfer != 16, format.pixelFormat == .yuv420p10 {
            result.contentLight = try ContentLight(
                decoding: spoolPath,
                result.parameters,
                timebase: result.timebase,
                format: format
            )
        }
        return result
    }

    private func open(for frame: borrowing VideoFrame) throws -> VideoEncoder {
        let coded = agreedFormat ?? frame.format
        var configuration = VideoEncoder.Configuration(
            encoderName: settings.encoderName,
            format: coded,
            timebase: frame.timebase,
            frameRate: frameRate
        )
        configuration.options = settings.options
        configuration.threadCount = threadCount
        configuration.usesGlobalHeader = usesGlobalHeader
        configuration.isReproducible = isReproducible
        configuration.isInterlaced = source.isInterlaced && settings.encoderName == "libx264"
        // HDR metadata describes HDR code values only.
        configuration.immersiveMetadata = immersiveMetadata
        configuration.hdrMetadata = coded.color.isHDR ? source.hdrMetadata : nil
        format = coded
        return try VideoEncoder(configuration)
    }

    private func drain() throws {
        while let packet = try encoder?.receive() { try spool.write(packet) }
    }
}
