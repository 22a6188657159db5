internal import CFFmpeg
public import MediaCore

/// Turns packets of one video stream into frames in host memory.
///
/// Confined to one thread. Frames come out in presentation order, in a working format: what is coded differently (RGB,
/// alpha, 4:1:1 …) is converted here. Source: `libavcodec/avcodec.h`, the send/receive API.
public final class VideoDecoder {
    /// Where decoding happens.
    public enum Acceleration: Sendable, Equatable {
        /// On the processor.
        case software
        /// On the first device that can, otherwise on the processor.
        case automatic
        /// On this device or not at all.
        case device(HardwareDevice.Kind)
    }

    private let context: UnsafeMutablePointer<AVCodecContext>
    private let timebase: Timebase
    private let parameters: CodecParameters
    private let frameRate: Rational?
    private let device: HardwareDevice?
    private let surfaces: SurfaceChoice?
    private var converter: VideoFilterGraph?
    private var converterSource: (format: Int32, width: Int32, height: Int32) = (-1, 0, 0)
    private var isDrained = false
    /// How many packets libavcodec refused as damaged.
    public private(set) var damagedPacketCount = 0

    /// Opens the decoder of a stream.
    ///
    /// - Parameters:
    ///   - stream: what the container says about it.
    ///   - threadCount: threads inside libavcodec; 1 adds no delay and costs the least.
    ///   - lowDelay: slice threads only and no reordering delay, for live streams.
    ///   - acceleration: where to decode.
    /// - Throws: ``FFmpegError``: `.decoderNotFound` when this build cannot decode it, or a device that was asked for
    ///   cannot be opened.
    public convenience init(
        stream: StreamDescription,
        threadCount: Int = 1,
        lowDelay: Bool = false,
        acceleration: Acceleration = .software
    ) throws(FFmpegError) {
        try self.init(
            parameters: stream.parameters,
            timebase: stream.timebase,
            frameRate: stream.nominalFrameRate,
            threadCount: threadCount,
            lowDelay: lowDelay,
            acceleration: acceleration
        )
    }

    /// Opens the decoder of packets that are in no container.
    ///
    /// - Parameters:
    ///   - parameters: what the encoder says about them.
    ///   - timebase: of their times.
    ///   - frameRate: nominal pictures a second; `nil` when unknown.
    ///   - threadCount: threads inside libavcodec; 1 adds no delay and costs the least.
    ///   - lowDelay: slice threads only and no reordering delay, for live streams.
    ///   - acceleration: where to decode.
    /// - Throws: ``FFmpegError`` as the other initialiser.
    public convenience init(
        parameters: CodecParameters,
        timebase: Timebase,
        frameRate: Rational? = nil,
        threadCount: Int = 1,
        lowDelay: Bool = false,
        acceleration: Acceleration = .software
    ) throws(FFmpegError) {
        let codec = try Self.codec(of: parameters)
        let device = try Self.device(for: acceleration, codec: codec)
        let surfaces = device.map { SurfaceChoice($0.kind, mayFallBack: acceleration == .automatic) }
        try self.init(
            parameters: parameters,
            timebase: timebase,
            frameRate: frameRate,
            codec: codec,
            threadCount: threadCount,
            lowDelay: lowDelay,
            device: device,
            surfaces: surfaces
        )
    }

    private static func codec(of parameters: CodecParameters) throws(FFmpegError) -> UnsafePointer<AVCodec> {
        guard let codec = avcodec_find_decoder(parameters.pointer.pointee.codec_id) else {
            throw FFmpegError(aegis_error_decoder_not_found, "decode \(parameters.codecName)")
        }
        return codec
    }

    /// Opens the decoder as if these were the surfaces wanted, whether or not there is a device.
    convenience init(stream: StreamDescription, surfaces: SurfaceChoice) throws(FFmpegError) {
        let codec = try Self.codec(of: stream.parameters)
        try self.init(
            parameters: stream.parameters,
            timebase: stream.timebase,
            frameRate: stream.nominalFrameRate,
            codec: codec,
            threadCount: 1,
            lowDelay: false,
            device: nil,
            surfaces: surfaces
        )
    }

    private init(
        parameters: CodecParameters,
        timebase: Timebase,
        frameRate: Rational?,
        codec: UnsafePointer<AVCodec>,
        threadCount: Int,
        lowDelay: Bool,
        device: HardwareDevice?,
        surfaces: SurfaceChoice?
    ) throws(FFmpegError) {
        self.device = device
        self.surfaces = surfaces
        self.parameters = parameters
        self.timebase = timebase
        self.frameRate = frameRate
        let context = try allocated(avcodec_alloc_context3(codec), "avcodec_alloc_context3")
        // `self.context` is set last: once every property has a value, a throwing `init` runs `deinit` too.
        var keep = false
        defer {
            if !keep {
                var closing: UnsafeMutablePointer<AVCodecContext>? = context
                avcodec_free_context(&closing)
            }
        }
        try check(avcodec_parameters_to_context(context, parameters.pointer), "avcodec_parameters_to_context")
        context.pointee.pkt_timebase = AVRational(timebase)
        context.pointee.thread_count = Int32(threadCount)
        context.pointee.thread_type = lowDelay ? FF_THREAD_SLICE : FF_THREAD_FRAME | FF_THREAD_SLICE
        if lowDelay { context.pointee.flags |= Int32(bitPattern: UInt32(AV_CODEC_FLAG_LOW_DELAY)) }
        if let device { context.pointee.hw_device_ctx = av_buffer_ref(device.reference) }
        // Taking the surface turns the device on.
        surfaces?.answer(for: context)
        try check(avcodec_open2(context, codec, nil), "open the \(parameters.codecName) decoder")
        keep = true
        self.context = context
    }

    deinit {
        var closing: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&closing)
    }

    /// The device in use, `nil` when decoding on the processor.
    public var activeDevice: HardwareDevice.Kind? { surfaces?.isRefused == true ? nil : device?.kind }

    private static func device(
        for acceleration: Acceleration,
        codec: UnsafePointer<AVCodec>
    ) throws(FFmpegError) -> HardwareDevice? {
        switch acceleration {
        case .software: return nil
        case .device(let kind):
            // One code for "this codec cannot" and "this machine cannot": the caller asked for what is not to be had.
            guard supports(kind, codec), let device = try? HardwareDevice(kind) else {
                throw unavailable(kind, String(cString: codec.pointee.name))
            }
            return device
        case .automatic:
            for kind in HardwareDevice.Kind.allCases where supports(kind, codec) {
                if let device = try? HardwareDevice(kind) { return device }
            }
            return nil
        }
    }

    private static func unavailable(_ kind: HardwareDevice.Kind, _ codec: String) -> FFmpegError {
        FFmpegError(aegis_error_not_supported, "decode \(codec) on a \(kind.rawValue) device")
    }

    /// Throws when the device that was asked for cannot decode this stream, whatever libavcodec made of that.
    private func checkSurfaces() throws(FFmpegError) {
        if let surfaces, surfaces.isFatal { throw Self.unavailable(surfaces.device, parameters.codecName) }
    }

    private static func supports(_ kind: HardwareDevice.Kind, _ codec: UnsafePointer<AVCodec>) -> Bool {
        var index: Int32 = 0
        while let configuration = avcodec_get_hw_config(codec, index) {
            let methods = configuration.pointee.methods
            if configuration.pointee.device_type == kind.av
                && methods & Int32(AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) != 0
            {
                return true
            }
            index += 1
        }
        return false
    }

    /// Gives the decoder a packet; `nil` says that no more will come.
    ///
    /// Damaged packets are counted and skipped, as players do; ``receive()`` goes on with the next good one.
    ///
    /// - Returns: `false` when the decoder is full: take frames first, then send the same packet again.
    /// - Throws: ``FFmpegError`` when memory runs out or a device fails.
    public func send(_ packet: borrowing Packet) throws(FFmpegError) -> Bool {
        let result = avcodec_send_packet(context, packet.pointer)
        try checkSurfaces()
        if result == aegis_error_again { return false }
        if result == aegis_error_invalid_data {
            damagedPacketCount += 1
            return true
        }
        try check(result, "decode \(parameters.codecName)")
        return true
    }

    /// Says that no more packets will come; ``receive()`` then gives what is left.
    public func finish() throws(FFmpegError) {
        guard !isDrained else { return }
        isDrained = true
        let result = avcodec_send_packet(context, nil)
        if result == aegis_error_invalid_data {
            // The last packet was damaged; the decoder drains all the same.
            damagedPacketCount += 1
        } else {
            try check(result, "finish decoding \(parameters.codecName)")
        }
    }

    /// Forgets all references, before packets from elsewhere in the file.
    public func flush() {
        avcodec_flush_buffers(context)
        isDrained = false
    }

    /// What ``receive()`` found.
    public enum Reception: ~Copyable {
        /// The next picture.
        case frame(VideoFrame)
        /// Nothing until more packets are sent.
        case needsInput
        /// Nothing ever again.
        case finished
    }

    /// Takes the next frame.
    ///
    /// - Throws: ``FFmpegError`` when memory runs out or a device fails.
    public func receive() throws(FFmpegError) -> Reception {
        while true {
            let handle = try FrameHandle()
            let result = avcodec_receive_frame(context, handle.pointer)
            try checkSurfaces()
            if result == aegis_error_again { return .needsInput }
            if result == aegis_error_end_of_file { return .finished }
            if result == aegis_error_invalid_data {
                damagedPacketCount += 1
                continue
            }
            try check(result, "decode \(parameters.codecName)")
            return .frame(try finishFrame(handle))
        }
    }

    /// Copies a frame from the device where it was decoded; one that is in host memory already stays as it is.
    private func download(_ handle: consuming FrameHandle) throws(FFmpegError) -> FrameHandle {
        guard handle.pointer.pointee.hw_frames_ctx != nil else { return handle }
        let host = try FrameHandle()
        try check(av_hwframe_transfer_data(host.pointer, handle.pointer, 0), "download a decoded frame")
        try check(av_frame_copy_props(host.pointer, handle.pointer), "av_frame_copy_props")
        return host
    }

    private func finishFrame(_ decoded: consuming FrameHandle) throws(FFmpegError) -> VideoFrame {
        let handle = try download(decoded)
        let frame = handle.pointer
        // Containers without timestamps for every picture (AVI with B-frames) leave gaps that the decoder can fill.
        if frame.pointee.pts == aegis_no_pts { frame.pointee.pts = frame.pointee.best_effort_timestamp }
        let coded = AVPixelFormat(frame.pointee.format)
        if let exact = PixelFormat(coded) {
            if PixelFormat.isFullRangeTwin(coded) {
                frame.pointee.format = exact.av.rawValue
                frame.pointee.color_range = AVCOL_RANGE_JPEG
            }
            return VideoFrame(owning: handle, format: format(of: frame, pixelFormat: exact), timebase: timebase)
        }
        return try convert(handle)
    }

    private func format(of frame: UnsafeMutablePointer<AVFrame>, pixelFormat: PixelFormat) -> VideoFormat {
        VideoFormat(
            width: Int(frame.pointee.width),
            height: Int(frame.pointee.height),
            pixelFormat: pixelFormat,
            color: ColorDescription(
                primaries: frame.pointee.color_primaries,
                transfer: frame.pointee.color_trc,
                matrix: frame.pointee.colorspace,
                range: frame.pointee.color_range,
                location: frame.pointee.chroma_location
            ),
            sampleAspectRatio: Rational(frame.pointee.sample_aspect_ratio) ?? Rational(1, 1),
            orientation: parameters.displayTurn.orientation,
            isMirrored: parameters.displayTurn.isMirrored,
            frameRate: frameRate
        )
    }

    /// Converts a layout outside the working formats with swscale.
    private func convert(_ handle: consuming FrameHandle) throws(FFmpegError) -> VideoFrame {
        let frame = handle.pointer
        let source = (frame.pointee.format, frame.pointee.width, frame.pointee.height)
        if converter == nil || converterSource != source {
            converter = try VideoFilterGraph(
                convertingFrom: frame,
                to: PixelFormat(nearest: AVPixelFormat(source.0)),
                timebase: timebase,
                frameRate: frameRate,
                orientation: parameters.displayTurn.orientation,
                isMirrored: parameters.displayTurn.isMirrored
            )
            converterSource = source
        }
        guard let converter else { preconditionFailure("a converter was just made") }
        let isRGB = VideoFilterGraph.isRGB(frame.pointee.format)
        try converter.send(handle)
        guard var converted = try converter.receive() else {
            throw FFmpegError(aegis_error_invalid_data, "convert a decoded frame")
        }
        if isRGB, converted.format.pixelFormat.chroma != .none { converted.retag(.sRGBAsBT709) }
        return converted
    }
}
