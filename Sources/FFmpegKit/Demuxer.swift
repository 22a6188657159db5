internal import CFFmpeg
public import MediaCore
internal import Synchronization

/// Reads packets from a media file.
///
/// Confined to one thread at a time; blocking. Only the `file` protocol and container formats that cannot name other
/// files are allowed, so that a playlist disguised as a video opens nothing else.
///
/// Source: `libavformat/avformat.h`.
public final class Demuxer {
    /// A flag that another thread raises to make blocking reads return with ``FFmpegError/Code/interrupted``.
    public final class Interrupt: Sendable {
        let flag = Atomic<Bool>(false)
        /// Makes a lowered flag.
        public init() {}
        /// Raises the flag for good.
        public func raise() { flag.store(true, ordering: .releasing) }
        /// Whether the flag was raised.
        public var isRaised: Bool { flag.load(ordering: .acquiring) }
    }

    /// Containers that hold their media themselves. Playlists (`hls`, `dash`, `concat`, `image2` patterns, `sdp`) are
    /// absent on purpose: they make the reader open whatever they name.
    static let allowedFormats = [
        "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts", "mpeg", "mpegvideo", "avi", "flv", "asf", "ogg", "nut",
        "mxf", "wav", "w64", "mp3", "aac", "flac", "ac3", "eac3", "dts", "aiff", "caf", "au", "gif", "ivf", "rm", "dv",
        "h264", "hevc", "m4v", "obu", "av1", "yuv4mpegpipe", "mjpeg", "wtv", "gxf", "apng", "amr",
        "png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe", "jpegls_pipe", "j2k_pipe", "pgm_pipe",
        "ppm_pipe", "exr_pipe", "qoi_pipe", "image2",
    ]

    private let context: UnsafeMutablePointer<AVFormatContext>
    private let interrupt: Interrupt
    private var isWanted: [Bool]
    private var currentOffset: [Int: MediaTime] = [:]
    /// How packets are moved because the file's clock jumps; nothing by default. Set it before reading.
    public var clockShifts = ClockShifts()
    /// Streams that nothing announced when the file was opened; their packets are skipped.
    public private(set) var lateStreams: Set<Int> = []
    /// The file that is read.
    public let path: String
    /// All streams in container order.
    public let streams: [StreamDescription]

    /// How far a file is read to know its streams.
    public enum Examination: Sendable {
        /// The first seconds, as libavformat does by default: enough where the wanted stream is known already.
        case usual
        /// Up to two minutes or 64 MB, where a stream that the container announces has not begun by then.
        case thorough
    }

    /// Opens a file and reads enough of it to describe its streams.
    ///
    /// - Parameters:
    ///   - path: a path in the file system; never interpreted as a URL.
    ///   - examination: how far to read for streams that begin late.
    ///   - interrupt: raised by another thread to stop blocking reads.
    /// - Throws: ``FFmpegError``; `.noSuchFile`, `.invalidData` and `.accessDenied` are the usual ones.
    public init(
        path: String,
        examination: Examination = .usual,
        interrupt: Interrupt = Interrupt()
    ) throws(FFmpegError) {
        self.path = path
        self.interrupt = interrupt
        var opened = try Self.open(path, .usual, interrupt)
        if examination == .thorough, Self.hasUnknownStream(opened) {
            var closing: UnsafeMutablePointer<AVFormatContext>? = opened
            avformat_close_input(&closing)
            opened = try Self.open(path, .thorough, interrupt)
        }
        self.context = opened
        var streams: [StreamDescription] = []
        do {
            for index in 0..<Int(opened.pointee.nb_streams) {
                guard let stream = opened.pointee.streams[index] else { continue }
                streams.append(try StreamDescription(stream))
            }
        } catch {
            var closing: UnsafeMutablePointer<AVFormatContext>? = opened
            avformat_close_input(&closing)
            throw error
        }
        self.streams = streams
        isWanted = streams.map { _ in true }
    }

    private static func open(
        _ path: String,
        _ examination: Examination,
        _ interrupt: Interrupt
    ) throws(FFmpegError) -> UnsafeMutablePointer<AVFormatContext> {
        let context = try allocated(avformat_alloc_context(), "avformat_alloc_context")
        // Kept alive by `self.interrupt` for as long as the context lives.
        aegis_set_interrupt(
            context,
            { opaque in
                guard let opaque else { return 0 }
                return Unmanaged<Interrupt>.fromOpaque(opaque).takeUnretainedValue().isRaised ? 1 : 0
            },
            Unmanaged.passUnretained(interrupt).toOpaque()
        )
        context.pointee.format_whitelist = av_strdup(allowedFormats.joined(separator: ","))
        context.pointee.protocol_whitelist = av_strdup("file")
        // Opens cover the longest honest headers; more would let a hostile file keep the prober busy.
        context.pointee.max_streams = 256
        if examination == .thorough {
            context.pointee.probesize = 64 << 20
            context.pointee.max_analyze_duration = 120 * Int64(AV_TIME_BASE)
        }
        var opened: UnsafeMutablePointer<AVFormatContext>? = context
        // A picture's name is a name: without this, `img%d.png` would open all its neighbours.
        var options = OptionDictionary([("pattern_type", "none")])
        // `file:` keeps names such as `http:…` or `concat:…` from being read as URLs.
        let result = avformat_open_input(&opened, "file:" + path, nil, &options.pointer)
        guard result >= 0, let opened else { throw FFmpegError(result, "open \(path)") }
        let found = avformat_find_stream_info(opened, nil)
        if found < 0 {
            var closing: UnsafeMutablePointer<AVFormatContext>? = opened
            avformat_close_input(&closing)
            throw FFmpegError(found, "read the streams of \(path)")
        }
        return opened
    }

    /// Whether there is a stream of which no packet was seen that tells its shape.
    private static func hasUnknownStream(_ context: UnsafeMutablePointer<AVFormatContext>) -> Bool {
        (0..<Int(context.pointee.nb_streams)).contains { index in
            context.pointee.streams[index]?.pointee.codecpar.map { !$0.pointee.isKnown } ?? false
        }
    }

    deinit {
        var closing: UnsafeMutablePointer<AVFormatContext>? = context
        avformat_close_input(&closing)
    }

    /// FFmpeg's name of the container format, for example `mov,mp4,m4a,3gp,3g2,mj2`.
    public var formatName: String { String(cString: context.pointee.iformat.pointee.name) }

    /// The container's tags.
    public var metadata: [String: String] { strings(of: context.pointee.metadata) }

    /// Time of the earliest sample of the file, when known.
    public var startTime: MediaTime? {
        context.pointee.start_time == aegis_no_pts
            ? nil : MediaTime(ticks: context.pointee.start_time, timebase: .microseconds)
    }

    /// Length of the file, when known.
    public var duration: MediaTime? {
        context.pointee.duration == aegis_no_pts || context.pointee.duration < 0
            ? nil : MediaTime(ticks: context.pointee.duration, timebase: .microseconds)
    }

    /// Bits a second over everything, when known.
    public var bitRate: Int64? { context.pointee.bit_rate > 0 ? context.pointee.bit_rate : nil }

    /// Size of the file in bytes, when known.
    public var byteCount: Int64? {
        guard let io = context.pointee.pb else { return nil }
        let size = avio_size(io)
        return size >= 0 ? size : nil
    }

    /// Chapter marks.
    public var chapters: [ChapterDescription] {
        (0..<Int(context.pointee.nb_chapters)).compactMap { index in
            guard let chapter = context.pointee.chapters[index]?.pointee else { return nil }
            let timebase = Timebase(chapter.time_base)
            return ChapterDescription(
                identifier: chapter.id,
                start: MediaTime(ticks: chapter.start, timebase: timebase),
                end: MediaTime(ticks: chapter.end, timebase: timebase),
                metadata: strings(of: chapter.metadata)
            )
        }
    }

    /// The stream a player would show first: not a cover picture.
    public var bestVideoStream: StreamDescription? {
        let index = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
        guard index >= 0, !streams[Int(index)].isAttachedPicture else {
            return streams.first { $0.kind == .video && !$0.isAttachedPicture }
        }
        return streams[Int(index)]
    }

    /// Whether the container can be read from a later point.
    public var isSeekable: Bool {
        guard let io = context.pointee.pb else { return false }
        return io.pointee.seekable & AVIO_SEEKABLE_NORMAL != 0
    }

    /// Whether this kind of container is made by cutting and joining, so that its clock may jump in the middle.
    public var clockMayJump: Bool { context.pointee.iformat.pointee.flags & AVFMT_TS_DISCONT != 0 }

    /// Makes ``read()`` skip packets of all other streams.
    public func select(streams wanted: Set<Int>) {
        isWanted = (0..<Int(context.pointee.nb_streams)).map(wanted.contains)
        for (index, isWanted) in isWanted.enumerated() {
            context.pointee.streams[index]?.pointee.discard = isWanted ? AVDISCARD_DEFAULT : AVDISCARD_ALL
        }
    }

    /// Reads the next packet in file order.
    ///
    /// - Returns: `nil` at the end of the file.
    /// - Throws: ``FFmpegError`` for damage that the container format cannot step over, or when interrupted.
    public func read() throws(FFmpegError) -> Packet? {
        var packet = try Packet(timebase: .microseconds)
        while true {
            let result = av_read_frame(context, packet.pointer)
            if result == aegis_error_end_of_file { return nil }
            try check(result, "read \(path)")
            let index = packet.streamIndex
            // Packets that were buffered while the streams were examined come in spite of `discard`, and some containers
            // add streams in the middle.
            if isWanted.indices.contains(index), isWanted[index] {
                packet.timebase = streams[index].timebase
                if !clockShifts.isEmpty { move(packet) }
                return packet
            }
            if !isWanted.indices.contains(index) { lateStreams.insert(index) }
            av_packet_unref(packet.pointer)
        }
    }

    /// Moves the times of a packet that lies behind a jump of the clock.
    private func move(_ packet: borrowing Packet) {
        // Several packets come out of one block of the container and only the first of them knows its place.
        if let position = packet.position { currentOffset[packet.streamIndex] = clockShifts.offset(at: position) }
        guard let offset = currentOffset[packet.streamIndex] else { return }
        packet.shift(byTicks: offset.rescaled(to: packet.timebase).ticks)
    }

    /// Moves to the last keyframe at or before a time.
    ///
    /// The time is the container's own: do not use it while ``clockShifts`` are set.
    ///
    /// - Parameters:
    ///   - ticks: the time in the stream's timebase.
    ///   - stream: index of the stream.
    public func seek(toTicks ticks: Int64, stream: Int) throws(FFmpegError) {
        try check(
            av_seek_frame(context, Int32(stream), ticks, AVSEEK_FLAG_BACKWARD),
            "seek in \(path)"
        )
    }
}

extension StreamDescription {
    init(_ stream: UnsafeMutablePointer<AVStream>) throws(FFmpegError) {
        let raw = stream.pointee
        guard let parameters = raw.codecpar else { throw FFmpegError(aegis_error_invalid_data, "describe a stream") }
        var sideData: [(type: AVPacketSideDataType, bytes: [UInt8])] = []
        for index in 0..<Int(raw.nb_side_data) {
            let entry = raw.side_data[index]
            sideData.append((entry.type, Array(UnsafeBufferPointer(start: entry.data, count: Int(entry.size)))))
        }
        self.init(
            index: Int(raw.index),
            kind: Kind(parameters.pointee.codec_type),
            parameters: try CodecParameters(copying: parameters, sideData: sideData),
            timebase: Timebase(raw.time_base),
            startTicks: raw.start_time == aegis_no_pts ? nil : raw.start_time,
            durationTicks: raw.duration == aegis_no_pts || raw.duration < 0 ? nil : raw.duration,
            frameCount: raw.nb_frames > 0 ? Int(raw.nb_frames) : nil,
            averageFrameRate: Rational(raw.avg_frame_rate),
            baseFrameRate: Rational(raw.r_frame_rate),
            isAttachedPicture: raw.disposition & AV_DISPOSITION_ATTACHED_PIC != 0,
            disposition: raw.disposition,
            metadata: strings(of: raw.metadata)
        )
    }
}

extension StreamDescription.Kind {
    init(_ type: AVMediaType) {
        switch type {
        case AVMEDIA_TYPE_VIDEO: self = .video
        case AVMEDIA_TYPE_AUDIO: self = .audio
        case AVMEDIA_TYPE_SUBTITLE: self = .subtitle
        case AVMEDIA_TYPE_ATTACHMENT: self = .attachment
        default: self = .data
        }
    }
}
