internal import CFFmpeg
public import MediaCore

/// Turns packets of one audio stream into sound frames. Confined to one thread.
public final class AudioDecoder {
    private let context: UnsafeMutablePointer<AVCodecContext>
    private let timebase: Timebase
    private let name: String
    /// How many packets libavcodec refused as damaged.
    public private(set) var damagedPacketCount = 0
    private var damagedInARow = 0

    /// Opens the decoder of a stream.
    public convenience init(stream: StreamDescription) throws(FFmpegError) {
        try self.init(stream.parameters, timebase: stream.timebase)
    }

    /// Opens the decoder of packets that come from an encoder.
    ///
    /// - Parameters:
    ///   - parameters: codec and headers.
    ///   - timebase: seconds a tick of the packets' times.
    public init(_ parameters: CodecParameters, timebase: Timebase) throws(FFmpegError) {
        name = parameters.codecName
        self.timebase = timebase
        guard let codec = avcodec_find_decoder(parameters.pointer.pointee.codec_id) else {
            throw FFmpegError(aegis_error_decoder_not_found, "decode \(name)")
        }
        let context = try allocated(avcodec_alloc_context3(codec), "avcodec_alloc_context3")
        // `self.context` is set last: once every property has a value, a throwing `init` runs `deinit` too.
        var keep = false
        defer {
            if !keep {
                var closing: UnsafeMutablePointer<AVCodecContext>? = context
                avcodec_free_context(&closing)
            }
        }
        context.pointee.pkt_timebase = AVRational(timebase)
        try check(avcodec_parameters_to_context(context, parameters.pointer), "decode \(name)")
        try check(avcodec_open2(context, codec, nil), "open the \(name) decoder")
        keep = true
        self.context = context
    }

    deinit {
        var closing: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&closing)
    }

    /// Gives the decoder a packet. Take all frames with ``receive()`` before the next one.
    public func send(_ packet: borrowing Packet) throws(FFmpegError) {
        let result = avcodec_send_packet(context, packet.pointer)
        try countDamage(result)
    }

    /// Damage of any kind costs the packet, never the job: only a lack of memory is an error.
    private func countDamage(_ result: Int32) throws(FFmpegError) {
        if result == aegis_error_out_of_memory { throw FFmpegError(result, "decode \(name)") }
        if result < 0 { damagedPacketCount += 1 }
    }

    /// Says that no more packets will come.
    public func finish() throws(FFmpegError) {
        try countDamage(avcodec_send_packet(context, nil))
    }

    /// Takes the next frame; `nil` when more packets are needed or nothing is left.
    public func receive() throws(FFmpegError) -> AudioFrame? {
        while true {
            let handle = try FrameHandle()
            let result = avcodec_receive_frame(context, handle.pointer)
            if result == aegis_error_again || result == aegis_error_end_of_file { return nil }
            if result < 0 {
                try countDamage(result)
                damagedInARow += 1
                // A decoder that fails without taking more input would fail for ever.
                if damagedInARow > 100 { return nil }
                continue
            }
            damagedInARow = 0
            return AudioFrame(owning: handle, timebase: timebase)
        }
    }
}
