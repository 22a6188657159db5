internal import CFFmpeg
public import MediaCore

/// Turns frames into packets of one coded stream.
///
/// Confined to one thread. Accepts host frames of the configured size in any working format and converts where the
/// codec needs another one. Source: `libavcodec/avcodec.h`, the send/receive API.
public final class VideoEncoder {
    /// What to encode, how.
    public struct Configuration: Sendable {
        /// FFmpeg's name of the encoder, for example `libx264`.
        public var encoderName: String
        /// The frames that will come.
        public var format: VideoFormat
        /// Their timebase, which the packets get too.
        public var timebase: Timebase
        /// Nominal frame rate, for rate control and for the bitstream's timing fields.
        public var frameRate: Rational?
        /// The encoder's options by FFmpeg's names; later ones win.
        public var options: [CodecOption] = []
        /// Threads inside the encoder; 1 gives the most frames per core, 0 lets the encoder choose.
        public var threadCount = 1
        /// Whether parameter sets go into the container's header instead of the stream.
        public var usesGlobalHeader = true
        /// Static HDR metadata to write into stream and container.
        public var hdrMetadata: HDRMetadata?
        /// How the picture is to be shown around or in depth.
        public var immersiveMetadata: ImmersiveMetadata?
        /// Whether frames hold two fields taken at different moments.
        public var isInterlaced = false
        /// Whether the same frames must always give the same bytes, at the price of some speed.
        public var isReproducible = false

        /// Makes a configuration.
        public init(encoderName: String, format: VideoFormat, timebase: Timebase, frameRate: Rational?) {
            self.encoderName = encoderName
            self.format = format
            self.timebase = timebase
            self.frameRate = frameRate
        }
    }

    private let context: UnsafeMutablePointer<AVCodecContext>
    private let configuration: Configuration
    private let converter: VideoFilterGraph?
    private let device: HardwareDevice?

    /// Opens an encoder.
    ///
    /// - Throws: ``EncoderError`` in words a user understands: unknown encoder, unknown option, missing device.
    public init(_ configuration: Configuration) throws(EncoderError) {
        let name = configuration.encoderName
        guard let codec = avcodec_find_encoder_by_name(name), codec.pointee.type == AVMEDIA_TYPE_VIDEO else {
            throw EncoderError(.unknownEncoder, name, "there is no video encoder of this name in this FFmpeg build")
        }
        guard let context = avcodec_alloc_context3(codec) else { throw EncoderError(.failed, name, "out of memory") }
        var keep = false
        defer {
            if !keep {
                var closing: UnsafeMutablePointer<AVCodecContext>? = context
                avcodec_free_context(&closing)
            }
        }
        let format = configuration.format
        // VAAPI takes surfaces only; NVENC and Quick Sync upload host frames themselves.
        let takesSurfaces = name.hasSuffix("_vaapi")
        let coded =
            takesSurfaces
            ? (format.pixelFormat.bitDepth > 8 ? AV_PIX_FMT_P010LE : AV_PIX_FMT_NV12)
            : nearestLayout(to: format, of: codec)
        context.pointee.pix_fmt = coded
        context.pointee.describe(configuration)
        let isRGB = VideoFilterGraph.isRGB(coded.rawValue)
        if isRGB { context.pointee.colorspace = AVCOL_SPC_RGB }
        let isFullRange = isRGB || PixelFormat.isFullRangeTwin(coded)
        if isFullRange { context.pointee.color_range = AVCOL_RANGE_JPEG }
        device = try takesSurfaces ? openSurfaces(context, layout: coded, encoder: name) : nil

        var options = OptionDictionary(encoderOptions(for: configuration))
        let result = avcodec_open2(context, codec, &options.pointer)
        if result < 0 {
            let reason = FFmpegError(result, "").message
            let needsDevice = name.hasSuffix("_nvenc") || name.hasSuffix("_qsv") || name.hasSuffix("_amf")
            throw EncoderError(
                needsDevice ? .deviceMissing : .refused,
                name,
                needsDevice
                    ? "no usable device or driver (\(reason)); leave --encoder away for software encoding"
                    : "refuses \(format) with these options (\(reason))"
            )
        }
        if let first = options.unused.first { throw EncoderError(.unknownOption, name, "has no option '\(first)'") }

        if coded == format.pixelFormat.av {
            converter = nil
        } else {
            let layout = av_get_pix_fmt_name(coded).map { String(cString: $0) } ?? ""
            do {
                converter = try VideoFilterGraph(
                    convertingFrom: format,
                    toLayoutNamed: layout,
                    isFullRange: isFullRange,
                    timebase: configuration.timebase
                )
            } catch {
                throw EncoderError(.refused, name, "\(error)")
            }
        }
        keep = true
        self.context = context
        self.configuration = configuration
    }

    deinit {
        var closing: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&closing)
    }

    /// The timebase of the packets.
    public var timebase: Timebase { configuration.timebase }

    /// How many pictures the encoder may keep back to reorder them.
    public var reorderDelay: Int { Int(context.pointee.has_b_frames) }

    /// What a container needs to know about the stream.
    public func parameters() throws(FFmpegError) -> CodecParameters {
        var raw: UnsafeMutablePointer<AVCodecParameters>? = try allocated(
            avcodec_parameters_alloc(),
            "avcodec_parameters_alloc"
        )
        defer { avcodec_parameters_free(&raw) }
        guard let raw else { throw FFmpegError(aegis_error_out_of_memory, "avcodec_parameters_alloc") }
        try check(avcodec_parameters_from_context(raw, context), "avcodec_parameters_from_context")
        var sideData = configuration.hdrMetadata?.sideData ?? []
        sideData += configuration.immersiveMetadata?.sideData ?? []
        if let matrix = configuration.format.displayMatrix {
            sideData.append((AV_PKT_DATA_DISPLAYMATRIX, matrix))
        }
        return try CodecParameters(copying: raw, sideData: sideData)
    }

    /// Sends a frame; its time is rescaled to the configured timebase.
    ///
    /// Take all packets with ``receive()`` before sending the next frame.
    ///
    /// - Parameters:
    ///   - frame: the next picture in presentation order.
    ///   - forceKeyframe: makes it a picture at which decoding can start.
    public func send(_ frame: consuming VideoFrame, forceKeyframe: Bool = false) throws(FFmpegError) {
        let timebase = frame.timebase
        let handle = try upload(convert(frame.handle))
        let raw = handle.pointer
        if timebase != configuration.timebase, raw.pointee.pts != aegis_no_pts {
            raw.pointee.pts = av_rescale_q(raw.pointee.pts, AVRational(timebase), AVRational(configuration.timebase))
        }
        raw.pointee.pict_type = forceKeyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
        try check(avcodec_send_frame(context, raw), "encode with \(configuration.encoderName)")
    }

    /// Brings a frame to the layout that the codec takes.
    private func convert(_ handle: consuming FrameHandle) throws(FFmpegError) -> FrameHandle {
        guard let converter else { return handle }
        let ticks = handle.pointer.pointee.pts
        try converter.send(handle)
        guard let converted = try converter.receiveHandle() else {
            throw FFmpegError(aegis_error_invalid_data, "convert a frame for \(configuration.encoderName)")
        }
        converted.pointer.pointee.pts = ticks
        return converted
    }

    /// Copies a frame to the device where the encoder takes surfaces only.
    private func upload(_ handle: consuming FrameHandle) throws(FFmpegError) -> FrameHandle {
        guard context.pointee.hw_frames_ctx != nil else { return handle }
        let surface = try FrameHandle()
        try check(av_hwframe_get_buffer(context.pointee.hw_frames_ctx, surface.pointer, 0), "get a surface")
        try check(av_hwframe_transfer_data(surface.pointer, handle.pointer, 0), "upload a frame")
        surface.pointer.pointee.pts = handle.pointer.pointee.pts
        return surface
    }

    /// Says that no more frames will come.
    public func finish() throws(FFmpegError) {
        try check(avcodec_send_frame(context, nil), "finish encoding with \(configuration.encoderName)")
    }

    /// Takes the next packet.
    ///
    /// - Returns: `nil` when more frames are needed, or nothing is left after ``finish()``.
    public func receive() throws(FFmpegError) -> Packet? {
        let packet = try Packet(timebase: configuration.timebase)
        let result = avcodec_receive_packet(context, packet.pointer)
        if result == aegis_error_again || result == aegis_error_end_of_file { return nil }
        try check(result, "encode with \(configuration.encoderName)")
        return packet
    }

    /// Whether this build of FFmpeg has an encoder of this name.
    public static func isAvailable(_ name: String) -> Bool { avcodec_find_encoder_by_name(name) != nil }
}

extension AVCodecContext {
    /// Fills in what is the same for every encoder.
    fileprivate mutating func describe(_ configuration: VideoEncoder.Configuration) {
        let format = configuration.format
        width = Int32(format.width)
        height = Int32(format.height)
        sample_aspect_ratio = AVRational(format.sampleAspectRatio)
        time_base = AVRational(configuration.timebase)
        if let rate = configuration.frameRate { framerate = AVRational(rate) }
        thread_count = Int32(configuration.threadCount)
        color_primaries = AVColorPrimaries(rawValue: UInt32(format.color.primaries))
        color_trc = AVColorTransferCharacteristic(rawValue: UInt32(format.color.transfer))
        colorspace = AVColorSpace(rawValue: UInt32(format.color.matrix))
        color_range = format.color.avRange
        chroma_sample_location = AVChromaLocation(rawValue: UInt32(format.color.chromaLocation))
        if configuration.usesGlobalHeader { flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
        if configuration.isInterlaced { flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME }
        // libaom and others take "experimental" ones only on request; nothing here is.
        strict_std_compliance = FF_COMPLIANCE_NORMAL
    }
}

/// The layout among those an encoder takes that loses the least.
private func nearestLayout(to format: VideoFormat, of codec: UnsafePointer<AVCodec>) -> AVPixelFormat {
    let wanted = format.pixelFormat.av
    guard let offered = codec.pointee.pix_fmts else { return wanted }
    var candidates: [AVPixelFormat] = []
    var next = offered
    while next.pointee != AV_PIX_FMT_NONE {
        candidates.append(next.pointee)
        next = next.successor()
    }
    // JPEG means full range; the encoder takes limited range only as an unofficial extension.
    if codec.pointee.id == AV_CODEC_ID_MJPEG { candidates.removeAll { !PixelFormat.isFullRangeTwin($0) } }
    if candidates.contains(wanted) { return wanted }
    if let twin = candidates.first(where: { PixelFormat($0)?.av == wanted }) { return twin }
    if codec.pointee.id == AV_CODEC_ID_MJPEG { return AV_PIX_FMT_YUVJ444P }
    return avcodec_find_best_pix_fmt_of_list(offered, wanted, 0, nil)
}

/// Gives an encoder that takes surfaces a device and a pool of them.
private func openSurfaces(
    _ context: UnsafeMutablePointer<AVCodecContext>,
    layout: AVPixelFormat,
    encoder: String
) throws(EncoderError) -> HardwareDevice {
    let device: HardwareDevice
    do { device = try HardwareDevice(.vaapi) } catch {
        throw EncoderError(.deviceMissing, encoder, "\(error); leave --encoder away for software encoding")
    }
    guard let reference = av_hwframe_ctx_alloc(device.reference) else {
        throw EncoderError(.failed, encoder, "out of memory")
    }
    context.pointee.hw_frames_ctx = reference
    reference.pointee.data.withMemoryRebound(to: AVHWFramesContext.self, capacity: 1) { frames in
        frames.pointee.format = AV_PIX_FMT_VAAPI
        frames.pointee.sw_format = layout
        frames.pointee.width = context.pointee.width
        frames.pointee.height = context.pointee.height
        frames.pointee.initial_pool_size = 20
    }
    let result = av_hwframe_ctx_init(reference)
    guard result >= 0 else { throw EncoderError(.deviceMissing, encoder, FFmpegError(result, "").message) }
    context.pointee.pix_fmt = AV_PIX_FMT_VAAPI
    return device
}

/// The user's options, and what x264, x265 and SVT-AV1 take through parameters of their own: HDR metadata, because
/// libavcodec 5.1 does not hand side data of frames over to them, and the number of threads, because `thread_count` does
/// not bound their pools. The user's own come last and win.
private func encoderOptions(for configuration: VideoEncoder.Configuration) -> [(String, String)] {
    let keys = ["libx264": "x264-params", "libx265": "x265-params", "libsvtav1": "svtav1-params"]
    let options = configuration.options.map { ($0.name, $0.value) }
    guard let key = keys[configuration.encoderName] else { return options }
    var parameters: [String] = []
    let isX265 = configuration.encoderName == "libx265"
    if configuration.threadCount > 0 {
        if isX265 { parameters.append("pools=\(configuration.threadCount)") }
        if key == "svtav1-params" { parameters.append("lp=\(configuration.threadCount)") }
    }
    // Gives bright parts, where PQ's steps are finest, the bits that they need.
    if isX265, configuration.format.color.transfer == 16 { parameters.append("hdr10-opt=1") }
    if let display = configuration.hdrMetadata?.masteringDisplay, key != "svtav1-params" {
        parameters.append("\(isX265 ? "master-display" : "mastering-display")=\(display.encoderNotation)")
    }
    if let hdr = configuration.hdrMetadata, let peak = hdr.maximumContentLightLevel, key != "svtav1-params" {
        parameters.append("\(isX265 ? "max-cll" : "cll")=\(peak),\(hdr.maximumFrameAverageLightLevel ?? 0)")
    }
    if configuration.isReproducible, key == "x264-params", av_get_cpu_flags() & AV_CPU_FLAG_AVX512 != 0 {
        // The macroblock tree of x264 164 reads memory that nobody wrote when it uses AVX-512, unless the width suits it.
        parameters.append("asm=MMX2,SSE2Fast,SSSE3,SSE4.2,AVX,FMA3,BMI2,AVX2")
    }
    // One value for the key: a dictionary keeps only the last.
    parameters += options.filter { $0.0 == key }.map(\.1)
    return options.filter { $0.0 != key } + (parameters.isEmpty ? [] : [(key, parameters.joined(separator: ":"))])
}

extension HDRMetadata.MasteringDisplay {
    /// The form that x264 and x265 read: chromaticities in units of 0.00002, luminance in units of 0.0001 cd/m².
    fileprivate var encoderNotation: String {
        func point(_ name: String, _ value: HDRMetadata.Chromaticity) -> String {
            "\(name)(\(Int((value.x * 50000).rounded())),\(Int((value.y * 50000).rounded())))"
        }
        let luminance = "L(\(Int((maximumLuminance * 10000).rounded())),\(Int((minimumLuminance * 10000).rounded())))"
        return point("G", green) + point("B", blue) + point("R", red) + point("WP", white) + luminance
    }
}

extension HDRMetadata {
    /// The metadata as libavformat wants it beside a stream.
    var sideData: [(type: AVPacketSideDataType, bytes: [UInt8])] {
        var result: [(type: AVPacketSideDataType, bytes: [UInt8])] = []
        if let display = masteringDisplay {
            func rational(_ value: Double, _ unit: Int32) -> AVRational {
                AVRational(num: Int32((value * Double(unit)).rounded()), den: unit)
            }
            var raw = AVMasteringDisplayMetadata()
            raw.display_primaries.0 = (rational(display.red.x, 50000), rational(display.red.y, 50000))
            raw.display_primaries.1 = (rational(display.green.x, 50000), rational(display.green.y, 50000))
            raw.display_primaries.2 = (rational(display.blue.x, 50000), rational(display.blue.y, 50000))
            raw.white_point = (rational(display.white.x, 50000), rational(display.white.y, 50000))
            raw.min_luminance = rational(display.minimumLuminance, 10000)
            raw.max_luminance = rational(display.maximumLuminance, 10000)
            raw.has_primaries = 1
            raw.has_luminance = 1
            result.append((AV_PKT_DATA_MASTERING_DISPLAY_METADATA, withUnsafeBytes(of: &raw) { Array($0) }))
        }
        if let peak = maximumContentLightLevel {
            var raw = AVContentLightMetadata()
            raw.MaxCLL = UInt32(clamping: peak)
            raw.MaxFALL = UInt32(clamping: maximumFrameAverageLightLevel ?? 0)
            result.append((AV_PKT_DATA_CONTENT_LIGHT_LEVEL, withUnsafeBytes(of: &raw) { Array($0) }))
        }
        return result
    }
}

extension VideoFormat {
    /// The display matrix that a container stores for how the picture is to be seen, `nil` when upright.
    fileprivate var displayMatrix: [UInt8]? {
        if isUpright { return nil }
        var matrix = [Int32](repeating: 0, count: 9)
        // Clockwise here, although `av_display_rotation_get` counts counter-clockwise.
        av_display_rotation_set(&matrix, Double(orientation.rawValue))
        // The samples are mirrored first.
        if isMirrored { for index in 0..<2 { matrix[index] = -matrix[index] } }
        return matrix.withUnsafeBytes { Array($0) }
    }
}
