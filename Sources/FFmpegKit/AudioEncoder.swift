internal import CFFmpeg
public import MediaCore

/// Turns sound into packets of one coded stream, cutting it into the frame size that the codec wants.
///
/// Confined to one thread. Source: `libavcodec/avcodec.h`, `libavutil/audio_fifo.h`.
public final class AudioEncoder {
    private let context: UnsafeMutablePointer<AVCodecContext>
    private let queue: OpaquePointer
    private let name: String
    private var nextTicks: Int64?

    /// What the encoder must be fed: feed an ``AudioResampler`` to this format.
    public let inputFormat: AudioFormat
    /// Timebase of the packets: one tick a sample.
    public let timebase: Timebase

    /// Opens an encoder near to what the source is.
    ///
    /// - Parameters:
    ///   - codecName: FFmpeg's codec name, for example `aac` or `opus`; the best encoder for it is chosen.
    ///   - sampleRate: the source's rate; the nearest supported one is used.
    ///   - channelLayout: the source's layout; stereo is used when the codec cannot keep it.
    ///   - bitRate: bits a second, or `nil` for 64 kbit/s a channel.
    ///   - depth: bits a sample that lossless codecs shall keep: more than 16 chooses their larger storage.
    ///   - usesGlobalHeader: as the container wants it.
    public init(
        codecName: String,
        sampleRate: Int,
        channelLayout: String,
        bitRate: Int64? = nil,
        depth: Int = 16,
        usesGlobalHeader: Bool
    ) throws(FFmpegError) {
        let preferred = Self.preferredEncoders[codecName] ?? codecName
        guard
            let codec = avcodec_find_encoder_by_name(preferred)
                ?? avcodec_descriptor_get_by_name(codecName).flatMap({ avcodec_find_encoder($0.pointee.id) })
        else { throw FFmpegError(aegis_error_encoder_not_found, "encode \(codecName)") }
        let name = String(cString: codec.pointee.name)
        let context = try allocated(avcodec_alloc_context3(codec), "avcodec_alloc_context3")
        var keep = false
        defer {
            if !keep {
                var closing: UnsafeMutablePointer<AVCodecContext>? = context
                avcodec_free_context(&closing)
            }
        }
        let rate = Self.nearestRate(to: sampleRate, of: codec)
        let format = Self.storage(of: codec, depth: depth)
        guard
            let sampleFormat = av_get_sample_fmt_name(format).flatMap({
                AudioFormat.SampleFormat(rawValue: String(cString: $0))
            })
        else { throw FFmpegError(aegis_error_not_supported, "feed the \(name) encoder") }
        context.pointee.sample_rate = Int32(rate)
        context.pointee.sample_fmt = format
        context.pointee.time_base = AVRational(num: 1, den: Int32(rate))
        var layout = AVChannelLayout()
        defer { av_channel_layout_uninit(&layout) }
        try check(av_channel_layout_from_string(&layout, channelLayout), "channel layout \(channelLayout)")
        try check(av_channel_layout_copy(&context.pointee.ch_layout, &layout), "av_channel_layout_copy")
        context.pointee.bit_rate = bitRate ?? Int64(64_000 * layout.nb_channels)
        if depth > 16 { context.pointee.bits_per_raw_sample = 24 }
        if usesGlobalHeader { context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
        if avcodec_open2(context, codec, nil) < 0 {
            aegis_default_layout(&context.pointee.ch_layout, 2)
            context.pointee.bit_rate = bitRate ?? 128_000
            try check(avcodec_open2(context, codec, nil), "open the \(name) encoder")
        }
        let channels = context.pointee.ch_layout.nb_channels
        guard let queue = av_audio_fifo_alloc(format, channels, 4096) else {
            throw FFmpegError(aegis_error_out_of_memory, "av_audio_fifo_alloc")
        }
        self.name = name
        self.context = context
        self.queue = queue
        inputFormat = AudioFormat(
            sampleRate: rate,
            channelLayout: describe(&context.pointee.ch_layout),
            sampleFormat: sampleFormat
        )
        timebase = Timebase(1, Int32(rate))
        keep = true
    }

    deinit {
        av_audio_fifo_free(queue)
        var closing: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&closing)
    }

    /// The codec's first storage, or one of 32 bits where more than 16 are wanted.
    private static func storage(of codec: UnsafePointer<AVCodec>, depth: Int) -> AVSampleFormat {
        guard var next = codec.pointee.sample_fmts else { return AV_SAMPLE_FMT_FLTP }
        let first = next.pointee
        guard depth > 16 else { return first }
        while next.pointee != AV_SAMPLE_FMT_NONE {
            if [AV_SAMPLE_FMT_S32, AV_SAMPLE_FMT_S32P].contains(next.pointee) { return next.pointee }
            next = next.successor()
        }
        return first
    }

    /// Whether this build has an encoder for a codec, by FFmpeg's name of the codec.
    public static func isAvailable(_ codecName: String) -> Bool {
        let preferred = preferredEncoders[codecName] ?? codecName
        if avcodec_find_encoder_by_name(preferred) != nil { return true }
        return avcodec_descriptor_get_by_name(codecName).map { avcodec_find_encoder($0.pointee.id) != nil } ?? false
    }

    private static let preferredEncoders = ["opus": "libopus", "vorbis": "libvorbis", "mp3": "libmp3lame"]

    private static func nearestRate(to rate: Int, of codec: UnsafePointer<AVCodec>) -> Int {
        guard var next = codec.pointee.supported_samplerates else { return rate }
        var best = Int(next.pointee)
        while next.pointee != 0 {
            if abs(Int(next.pointee) - rate) < abs(best - rate) { best = Int(next.pointee) }
            next = next.successor()
        }
        return best
    }

    /// What a container needs to know about the stream.
    public func parameters() throws(FFmpegError) -> CodecParameters {
        var raw: UnsafeMutablePointer<AVCodecParameters>? = try allocated(
            avcodec_parameters_alloc(),
            "avcodec_parameters_alloc"
        )
        defer { avcodec_parameters_free(&raw) }
        guard let raw else { throw FFmpegError(aegis_error_out_of_memory, "avcodec_parameters_alloc") }
        try check(avcodec_parameters_from_context(raw, context), "avcodec_parameters_from_context")
        return try CodecParameters(copying: raw)
    }

    /// Sends sound of ``inputFormat``; take all packets with ``receive()`` afterwards.
    public func send(_ frame: consuming AudioFrame) throws(FFmpegError) {
        if let ticks = frame.presentationTicks, let next = nextTicks {
            try fillGap(ticks - next - Int64(av_audio_fifo_size(queue)))
        } else {
            nextTicks = frame.presentationTicks ?? 0
        }
        let data = UnsafeMutableRawPointer(frame.handle.pointer.pointee.extended_data)
            .assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
        try check(av_audio_fifo_write(queue, data, frame.handle.pointer.pointee.nb_samples), "av_audio_fifo_write")
        try encode(isLast: false)
    }

    /// Puts silence where the source has a gap, so that what follows is heard when it should be.
    private func fillGap(_ samples: Int64) throws(FFmpegError) {
        var left = samples
        while left > 0 {
            let handle = try FrameHandle()
            let frame = handle.pointer
            frame.pointee.format = context.pointee.sample_fmt.rawValue
            frame.pointee.nb_samples = Int32(min(left, Int64(context.pointee.sample_rate)))
            try check(
                av_channel_layout_copy(&frame.pointee.ch_layout, &context.pointee.ch_layout),
                "av_channel_layout_copy"
            )
            try check(av_frame_get_buffer(frame, 0), "allocate silence")
            let data = frame.pointee.extended_data
            av_samples_set_silence(
                data,
                0,
                frame.pointee.nb_samples,
                context.pointee.ch_layout.nb_channels,
                context.pointee.sample_fmt
            )
            let planes = UnsafeMutableRawPointer(data)?.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
            try check(av_audio_fifo_write(queue, planes, frame.pointee.nb_samples), "av_audio_fifo_write")
            left -= Int64(frame.pointee.nb_samples)
            try encode(isLast: false)
        }
    }

    /// Says that no more sound will come.
    public func finish() throws(FFmpegError) {
        try encode(isLast: true)
        var result = avcodec_send_frame(context, nil)
        while result == aegis_error_again, let packet = try receiveFromCodec() {
            pending.append(packet)
            result = avcodec_send_frame(context, nil)
        }
        try check(result, "finish encoding with \(name)")
    }

    /// Packets made so far, oldest first; `nil` when there is none.
    public func receive() throws(FFmpegError) -> Packet? {
        if let packet = pending.popFirst() { return packet }
        return try receiveFromCodec()
    }

    private var pending = PacketQueue()

    private func receiveFromCodec() throws(FFmpegError) -> Packet? {
        let packet = try Packet(timebase: timebase)
        let result = avcodec_receive_packet(context, packet.pointer)
        if result == aegis_error_again || result == aegis_error_end_of_file { return nil }
        try check(result, "encode with \(name)")
        return packet
    }

    private func encode(isLast: Bool) throws(FFmpegError) {
        let wanted = context.pointee.frame_size > 0 ? context.pointee.frame_size : 1024
        while true {
            let available = av_audio_fifo_size(queue)
            guard available >= wanted || isLast && available > 0 else { return }
            let handle = try FrameHandle()
            let frame = handle.pointer
            frame.pointee.format = context.pointee.sample_fmt.rawValue
            frame.pointee.sample_rate = context.pointee.sample_rate
            frame.pointee.nb_samples = min(wanted, available)
            try check(
                av_channel_layout_copy(&frame.pointee.ch_layout, &context.pointee.ch_layout),
                "av_channel_layout_copy"
            )
            try check(av_frame_get_buffer(frame, 0), "allocate sound")
            let data = UnsafeMutableRawPointer(frame.pointee.extended_data)
                .assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
            let read = try check(av_audio_fifo_read(queue, data, frame.pointee.nb_samples), "av_audio_fifo_read")
            frame.pointee.pts = nextTicks ?? 0
            nextTicks = (nextTicks ?? 0) + Int64(read)
            while true {
                let result = avcodec_send_frame(context, frame)
                if result != aegis_error_again {
                    try check(result, "encode with \(name)")
                    break
                }
                guard let packet = try receiveFromCodec() else { break }
                pending.append(packet)
            }
        }
    }
}
