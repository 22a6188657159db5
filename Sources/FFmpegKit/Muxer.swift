internal import CFFmpeg
public import MediaCore

/// Writes packets into a media file.
///
/// Confined to one thread; blocking. Add streams, then ``writeHeader()``, then packets in roughly increasing time, then
/// ``finish()``. Source: `libavformat/avformat.h`.
public final class Muxer {
    private let context: UnsafeMutablePointer<AVFormatContext>
    private let path: String
    private let options: [CodecOption]
    private var lastDecodingTicks: [Int: Int64] = [:]
    /// How many packets had to be moved because they went back in time.
    public private(set) var movedPacketCount = 0
    private var timebases: [Timebase] = []
    /// What the container's CodecDelay takes off every time of a stream when it is read, in samples at 48 kHz.
    private var codecDelays: [Int: Int64] = [:]

    /// Creates (or empties) a file.
    ///
    /// - Parameters:
    ///   - path: a path in the file system; never interpreted as a URL.
    ///   - formatName: FFmpeg's name of the container, or `nil` to choose by the name of `namedLike`.
    ///   - namedLike: a file name whose extension chooses the container.
    ///   - options: the muxer's options by FFmpeg's names.
    /// - Throws: ``FFmpegError`` when the container is unknown or the file cannot be created.
    public init(
        path: String,
        formatName: String? = nil,
        namedLike: String? = nil,
        options: [CodecOption] = []
    ) throws(FFmpegError) {
        self.path = path
        self.options = options
        guard let format = av_guess_format(formatName, namedLike ?? path, nil) else {
            throw FFmpegError(aegis_error_muxer_not_found, "choose a container for \(namedLike ?? path)")
        }
        var made: UnsafeMutablePointer<AVFormatContext>?
        try check(avformat_alloc_output_context2(&made, format, nil, "file:" + path), "make a container for \(path)")
        let context = try allocated(made, "avformat_alloc_output_context2")
        if format.pointee.flags & AVFMT_NOFILE == 0 {
            let result = avio_open(&context.pointee.pb, "file:" + path, AVIO_FLAG_WRITE)
            if result < 0 {
                avformat_free_context(context)
                throw FFmpegError(result, "create \(path)")
            }
        }
        // Set last: once every property has a value, a throwing `init` runs `deinit` too.
        self.context = context
    }

    deinit {
        if context.pointee.oformat.pointee.flags & AVFMT_NOFILE == 0 { avio_closep(&context.pointee.pb) }
        avformat_free_context(context)
    }

    /// The container that a file name's extension asks for.
    public struct Container: Sendable, Equatable {
        /// FFmpeg's name of the muxer.
        public let name: String
        /// Whether parameter sets belong into its header.
        public let usesGlobalHeader: Bool
        /// Whether it holds one still picture.
        public let isStillImage: Bool
        /// Whether frames may have any distance from each other.
        public let allowsVariableFrameRate: Bool
        /// Whether it counts frames instead of saying when each is shown.
        public var countsFrames: Bool { name == "avi" }
        /// Whether it can say that a picture must be turned or mirrored to be seen upright.
        public var holdsDisplayMatrix: Bool { ["mp4", "mov", "ipod", "3gp", "3g2", "f4v"].contains(name) }
        /// Whether it can say that a picture surrounds the viewer or holds two views (libavformat 5.1).
        public var holdsImmersiveMetadata: Bool { ["mp4", "matroska", "webm"].contains(name) }
        /// The codec of its pictures when nothing better is known, by FFmpeg's name.
        public let defaultVideoCodec: String?
        /// The codec of its sound when nothing better is known, by FFmpeg's name.
        public let defaultAudioCodec: String?
        /// The codec of its text subtitles when nothing better is known, by FFmpeg's name.
        public let defaultSubtitleCodec: String?

        /// Finds the container for a file name.
        ///
        /// - Returns: `nil` when no container has this extension.
        public init?(fileName: String) {
            guard let format = av_guess_format(nil, fileName, nil) else { return nil }
            self.init(format, fileName: fileName)
        }

        fileprivate init(_ format: UnsafePointer<AVOutputFormat>, fileName: String? = nil) {
            func name(_ id: AVCodecID) -> String? {
                id == AV_CODEC_ID_NONE ? nil : String(cString: avcodec_get_name(id))
            }
            self.name = String(cString: format.pointee.name)
            usesGlobalHeader = format.pointee.flags & AVFMT_GLOBALHEADER != 0
            isStillImage = self.name == "image2"
            allowsVariableFrameRate = format.pointee.flags & AVFMT_VARIABLE_FPS != 0
            // One muxer writes every kind of still picture; the extension says which.
            // Asked without a name, libavformat 5.1 reads through a null pointer.
            let video = fileName.map { av_guess_codec(format, nil, $0, nil, AVMEDIA_TYPE_VIDEO) }
            defaultVideoCodec = name(video ?? format.pointee.video_codec)
            defaultAudioCodec = name(format.pointee.audio_codec)
            defaultSubtitleCodec =
                ["mp4", "mov", "ipod"].contains(self.name) ? "mov_text" : name(format.pointee.subtitle_codec)
        }

        /// Whether it is one file that can be read again: no playlists with files beside them, no headerless samples.
        public var holdsItsMedia: Bool { Self.containers.contains(name) }

        /// The muxers whose results Aegis makes, by FFmpeg's names.
        private static let containers: Set<String> = [
            "mp4", "mov", "ipod", "3gp", "3g2", "f4v", "matroska", "webm", "mpegts", "mpeg", "vob", "svcd", "avi",
            "flv", "asf",
            "ogg", "nut", "mxf", "gif", "image2", "ivf", "wav", "w64", "mp3", "adts", "flac", "opus", "oga", "spx",
            "aiff",
            "caf", "au", "ac3", "eac3", "h264", "hevc", "obu", "yuv4mpegpipe",
        ]

        /// Whether the container can hold a codec, by FFmpeg's codec name.
        public func canHold(codecNamed codec: String) -> Bool {
            // libavformat says yes and then refuses to write the header.
            if Self.refusedCodecs[name]?.contains(codec) == true { return false }
            guard let format = av_guess_format(name, nil, nil), let descriptor = avcodec_descriptor_get_by_name(codec)
            else { return false }
            let answer = avformat_query_codec(format, descriptor.pointee.id, FF_COMPLIANCE_NORMAL)
            // libavformat has no table for some containers and then knows their default codecs only.
            return answer == 1 || answer < 0 && Self.untabledCodecs[name]?.contains(codec) == true
        }

        /// What libavformat 5.1 writes into no header, or only as an experiment.
        private static let refusedCodecs: [String: Set<String>] = [
            "mov": ["flac", "opus"], "mp4": ["flac", "truehd"], "ipod": ["flac"],
        ]

        /// What containers hold for which `avformat_query_codec` has no table (ISO/IEC 13818-1 and its registrations).
        private static let untabledCodecs: [String: Set<String>] = [
            "mpegts": [
                "h264", "hevc", "mpeg2video", "mpeg1video", "mpeg4", "vc1", "aac", "aac_latm", "ac3", "eac3", "mp2",
                "mp3", "opus", "dts", "truehd", "dvb_subtitle", "dvb_teletext",
            ],
            "mpeg": ["mpeg1video", "mpeg2video", "h264", "hevc", "mp2", "mp3", "ac3", "dts", "dvd_subtitle"],
            "vob": ["mpeg1video", "mpeg2video", "mp2", "ac3", "dts", "dvd_subtitle"],
            "ogg": ["theora", "vorbis", "opus", "flac", "speex", "vp8"],
            "mp3": ["mp3"],
            "mxf": ["mpeg2video", "h264", "prores", "dnxhd", "jpeg2000", "pcm_s16le", "pcm_s24le"],
        ]
    }

    /// The container in use.
    public var container: Container { Container(context.pointee.oformat) }

    /// How many streams were added.
    public var streamCount: Int { timebases.count }

    /// Adds a stream.
    ///
    /// - Parameters:
    ///   - parameters: codec and headers, from a demuxer or an encoder.
    ///   - timebase: the wished timebase; the container may choose a finer one.
    ///   - averageFrameRate: frame rate to write where the container has a field for it.
    ///   - disposition: libavformat's disposition bits.
    ///   - metadata: language, title …
    /// - Returns: the index for ``write(_:)``.
    public func addStream(
        _ parameters: CodecParameters,
        timebase: Timebase,
        averageFrameRate: Rational? = nil,
        disposition: Int32 = 0,
        metadata: [String: String] = [:]
    ) throws(FFmpegError) -> Int {
        let stream = try allocated(avformat_new_stream(context, nil), "avformat_new_stream")
        try check(avcodec_parameters_copy(stream.pointee.codecpar, parameters.pointer), "avcodec_parameters_copy")
        stream.pointee.codecpar.pointee.codec_tag = tag(for: parameters)
        stream.pointee.time_base = AVRational(timebase)
        if let rate = averageFrameRate { stream.pointee.avg_frame_rate = AVRational(rate) }
        stream.pointee.sample_aspect_ratio = parameters.pointer.pointee.sample_aspect_ratio
        stream.pointee.disposition = disposition
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            av_dict_set(&stream.pointee.metadata, key, value, 0)
        }
        for entry in parameters.sideData {
            guard let target = av_stream_new_side_data(stream, entry.type, entry.bytes.count) else {
                throw FFmpegError(aegis_error_out_of_memory, "av_stream_new_side_data")
            }
            entry.bytes.withUnsafeBufferPointer { source in
                if let base = source.baseAddress { target.update(from: base, count: source.count) }
            }
        }
        if let immersive = parameters.immersiveMetadata {
            // The boxes are a published extension of the format, not a part of it; MP4 writes them on request only.
            context.pointee.strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL
            if let mode = immersive.matroskaStereoMode, ["matroska", "webm"].contains(container.name) {
                av_dict_set(&stream.pointee.metadata, "stereo_mode", mode, 0)
            }
        }
        // libavformat 5.1 writes CodecDelay for Opus but leaves the times as they are, and readers then show the sound
        // early by as much.
        if ["matroska", "webm"].contains(container.name), parameters.codecName == "opus", parameters.leadingPadding > 0
        {
            codecDelays[Int(stream.pointee.index)] = Int64(parameters.leadingPadding)
        }
        timebases.append(timebase)
        return Int(stream.pointee.index)
    }

    /// The four-character code that this container uses for a codec: the source's where that is right here too.
    private func tag(for parameters: CodecParameters) -> UInt32 {
        let (id, tag) = (parameters.pointer.pointee.codec_id, parameters.pointer.pointee.codec_tag)
        // Apple's players want parameter sets in the header and `hvc1` to say so.
        if id == AV_CODEC_ID_HEVC, ["mp4", "mov", "ipod"].contains(container.name) {
            return UInt32(UInt8(ascii: "h")) | UInt32(UInt8(ascii: "v")) << 8 | UInt32(UInt8(ascii: "c")) << 16
                | UInt32(UInt8(ascii: "1")) << 24
        }
        guard let table = context.pointee.oformat.pointee.codec_tag else { return 0 }
        return av_codec_get_id(table, tag) == id ? tag : 0
    }

    /// Sets the container's tags.
    public func setMetadata(_ metadata: [String: String]) {
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            av_dict_set(&context.pointee.metadata, key, value, 0)
        }
    }

    /// Sets the chapter marks.
    public func setChapters(_ chapters: [ChapterDescription]) throws(FFmpegError) {
        guard !chapters.isEmpty else { return }
        // libavformat frees both the list and its members with the context.
        let size = MemoryLayout<UnsafeMutablePointer<AVChapter>?>.stride * chapters.count
        guard let memory = av_mallocz(size) else { throw FFmpegError(aegis_error_out_of_memory, "av_mallocz") }
        let list = memory.bindMemory(to: UnsafeMutablePointer<AVChapter>?.self, capacity: chapters.count)
        context.pointee.chapters = list
        for (index, chapter) in chapters.enumerated() {
            guard let raw = av_mallocz(MemoryLayout<AVChapter>.size) else {
                throw FFmpegError(aegis_error_out_of_memory, "av_mallocz")
            }
            let entry = raw.bindMemory(to: AVChapter.self, capacity: 1)
            entry.pointee.id = chapter.identifier
            entry.pointee.time_base = AVRational(chapter.start.timebase)
            entry.pointee.start = chapter.start.ticks
            entry.pointee.end = chapter.end.rescaled(to: chapter.start.timebase).ticks
            for (key, value) in chapter.metadata.sorted(by: { $0.key < $1.key }) {
                av_dict_set(&entry.pointee.metadata, key, value, 0)
            }
            list[index] = entry
            context.pointee.nb_chapters = UInt32(index + 1)
        }
    }

    /// Writes the header; no stream can be added afterwards.
    public func writeHeader() throws(FFmpegError) {
        var dictionary = OptionDictionary(options.map { ($0.name, $0.value) })
        try check(avformat_write_header(context, &dictionary.pointer), "write the header of \(path)")
        for index in 0..<timebases.count {
            if let stream = context.pointee.streams[index] { timebases[index] = Timebase(stream.pointee.time_base) }
        }
    }

    /// The timebase that the container chose for a stream; right after ``writeHeader()``.
    public func timebase(ofStream index: Int) -> Timebase { timebases[index] }

    /// Writes a packet; its times are rescaled to the container's timebase.
    ///
    /// Packets of all streams may come in any interleaving; libavformat sorts them by decoding time.
    public func write(_ packet: consuming Packet) throws(FFmpegError) {
        var packet = packet
        if let delay = codecDelays[packet.streamIndex] {
            packet.shift(
                byTicks: MediaTime(ticks: delay, timebase: Timebase(1, 48_000)).rescaled(to: packet.timebase).ticks
            )
        }
        packet.rescale(to: timebases[packet.streamIndex])
        packet.pointer.pointee.pos = -1
        keepOrder(packet)
        try check(av_interleaved_write_frame(context, packet.pointer), "write to \(path)")
    }

    /// Moves a packet that would go back in decoding time, as damaged or joined files have them: one of them would make
    /// the container refuse everything.
    private func keepOrder(_ packet: borrowing Packet) {
        guard let decoding = packet.decodingTicks else { return }
        let index = packet.streamIndex
        let allowsEqual = context.pointee.oformat.pointee.flags & AVFMT_TS_NONSTRICT != 0
        if let last = lastDecodingTicks[index], decoding < last || decoding == last && !allowsEqual {
            let moved = allowsEqual ? last : last + 1
            packet.decodingTicks = moved
            if let presentation = packet.presentationTicks, presentation < moved { packet.presentationTicks = moved }
            movedPacketCount += 1
        }
        lastDecodingTicks[index] = packet.decodingTicks
    }

    /// Writes what is left and the index, and closes the file.
    public func finish() throws(FFmpegError) {
        try check(av_write_trailer(context), "finish \(path)")
        if let io = context.pointee.pb {
            avio_flush(io)
            try check(io.pointee.error < 0 ? io.pointee.error : 0, "finish \(path)")
        }
        if context.pointee.oformat.pointee.flags & AVFMT_NOFILE == 0 {
            try check(avio_closep(&context.pointee.pb), "close \(path)")
        }
    }
}
