internal import CFFmpeg
internal import MediaCore

/// Rewrites text subtitles in the codec that another container wants. Confined to one thread.
///
/// Pictures (DVD, Blu-ray, DVB) cannot become text and are refused. Source: `libavcodec/avcodec.h`.
public final class SubtitleConverter {
    private let decoder: UnsafeMutablePointer<AVCodecContext>
    private let encoder: UnsafeMutablePointer<AVCodecContext>
    private let timebase: Timebase

    /// Opens both codecs.
    ///
    /// - Parameters:
    ///   - stream: the source's subtitles.
    ///   - codecName: FFmpeg's name of the wished codec, for example `mov_text`, `subrip` or `webvtt`.
    public init(stream: StreamDescription, to codecName: String) throws(FFmpegError) {
        timebase = stream.timebase
        let sourceName = stream.parameters.codecName
        let id = stream.parameters.pointer.pointee.codec_id
        let properties = avcodec_descriptor_get(id)?.pointee.props ?? 0
        guard properties & AV_CODEC_PROP_TEXT_SUB != 0 else {
            throw FFmpegError(aegis_error_not_supported, "turn \(sourceName) subtitles into text")
        }
        guard let source = avcodec_find_decoder(id) else {
            throw FFmpegError(aegis_error_decoder_not_found, "decode \(sourceName) subtitles")
        }
        guard let descriptor = avcodec_descriptor_get_by_name(codecName),
            let target = avcodec_find_encoder(descriptor.pointee.id)
        else { throw FFmpegError(aegis_error_encoder_not_found, "encode \(codecName) subtitles") }
        let decoder = try allocated(avcodec_alloc_context3(source), "avcodec_alloc_context3")
        var encoder: UnsafeMutablePointer<AVCodecContext>?
        // Properties are set last: once every property has a value, a throwing `init` runs `deinit` too.
        var keep = false
        defer {
            if !keep {
                var closing: UnsafeMutablePointer<AVCodecContext>? = decoder
                avcodec_free_context(&closing)
                avcodec_free_context(&encoder)
            }
        }
        let opened = try allocated(avcodec_alloc_context3(target), "avcodec_alloc_context3")
        encoder = opened
        try check(avcodec_parameters_to_context(decoder, stream.parameters.pointer), "read subtitle parameters")
        decoder.pointee.pkt_timebase = AVRational(timebase)
        try check(avcodec_open2(decoder, source, nil), "open the \(sourceName) decoder")
        opened.pointee.time_base = AVRational(num: 1, den: 1000)
        if let header = decoder.pointee.subtitle_header {
            // The encoder reads the ASS header that the decoder made; it frees its own copy.
            let size = Int(decoder.pointee.subtitle_header_size)
            let copy = try allocated(
                av_mallocz(size + 1)?.bindMemory(to: UInt8.self, capacity: size + 1),
                "av_mallocz"
            )
            copy.update(from: header, count: size)
            opened.pointee.subtitle_header = copy
            opened.pointee.subtitle_header_size = Int32(size)
        }
        try check(avcodec_open2(opened, target, nil), "open the \(codecName) encoder")
        keep = true
        self.decoder = decoder
        self.encoder = opened
    }

    deinit {
        var closing: UnsafeMutablePointer<AVCodecContext>? = decoder
        avcodec_free_context(&closing)
        closing = encoder
        avcodec_free_context(&closing)
    }

    /// What a container needs to know about the stream.
    public func parameters() throws(FFmpegError) -> CodecParameters {
        var raw: UnsafeMutablePointer<AVCodecParameters>? = try allocated(
            avcodec_parameters_alloc(),
            "avcodec_parameters_alloc"
        )
        defer { avcodec_parameters_free(&raw) }
        guard let raw else { throw FFmpegError(aegis_error_out_of_memory, "avcodec_parameters_alloc") }
        try check(avcodec_parameters_from_context(raw, encoder), "avcodec_parameters_from_context")
        return try CodecParameters(copying: raw)
    }

    /// Rewrites one packet.
    ///
    /// - Returns: `nil` when the packet holds no text.
    public func convert(_ packet: borrowing Packet) throws(FFmpegError) -> Packet? {
        var subtitle = AVSubtitle()
        var isComplete: Int32 = 0
        let decoded = avcodec_decode_subtitle2(decoder, &subtitle, &isComplete, packet.pointer)
        guard decoded >= 0, isComplete != 0 else { return nil }
        defer { avsubtitle_free(&subtitle) }
        guard subtitle.num_rects > 0 else { return nil }
        // Encoders read display times relative to the packet's.
        subtitle.pts = 0
        let capacity = 65_536
        let result = try Packet(timebase: timebase)
        let written = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return aegis_error_out_of_memory }
            let size = avcodec_encode_subtitle(encoder, base, Int32(capacity), &subtitle)
            guard size > 0 else { return size }
            let allocation = av_new_packet(result.pointer, size)
            guard allocation >= 0 else { return allocation }
            result.pointer.pointee.data.update(from: base, count: Int(size))
            return size
        }
        try check(written, "encode subtitles")
        guard written > 0 else { return nil }
        result.presentationTicks = packet.presentationTicks
        result.decodingTicks = packet.presentationTicks
        result.durationTicks = packet.durationTicks
        result.pointer.pointee.flags = packet.pointer.pointee.flags
        return result
    }
}
