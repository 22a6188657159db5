internal import CFFmpeg
public import MediaCore

/// What a container says about one coded stream: enough to open a decoder or to copy the stream elsewhere.
///
/// Immutable; holds its own copy, side data (display matrix, HDR metadata) included. Source: `libavcodec/codec_par.h`.
public final class CodecParameters: @unchecked Sendable {
    // Safe because: never written after `init`.
    let pointer: UnsafeMutablePointer<AVCodecParameters>
    let sideData: [(type: AVPacketSideDataType, bytes: [UInt8])]

    init(
        copying source: UnsafePointer<AVCodecParameters>,
        sideData: [(type: AVPacketSideDataType, bytes: [UInt8])] = []
    ) throws(FFmpegError) {
        pointer = try allocated(avcodec_parameters_alloc(), "avcodec_parameters_alloc")
        self.sideData = sideData
        displayTurn = Self.displayTurn(sideData.first { $0.type == AV_PKT_DATA_DISPLAYMATRIX }?.bytes)
        try check(avcodec_parameters_copy(pointer, source), "avcodec_parameters_copy")
    }

    deinit {
        var pointer: UnsafeMutablePointer<AVCodecParameters>? = pointer
        avcodec_parameters_free(&pointer)
    }

    /// FFmpeg's name of the codec, for example `h264`.
    public var codecName: String { String(cString: avcodec_get_name(pointer.pointee.codec_id)) }

    /// The profile's name, for example `High`, or `nil`.
    public var profileName: String? {
        avcodec_profile_name(pointer.pointee.codec_id, pointer.pointee.profile).map { String(cString: $0) }
    }

    /// Whether the shape of the pictures or the sound is known, without which no container takes the stream.
    public var isKnown: Bool { pointer.pointee.isKnown }

    /// Bits a second, or `nil` when the container does not say.
    public var bitRate: Int64? { pointer.pointee.bit_rate > 0 ? pointer.pointee.bit_rate : nil }

    /// Bits a sample of the original, where the codec or the container says so.
    public var bitsPerSample: Int? {
        let bits = max(pointer.pointee.bits_per_raw_sample, pointer.pointee.bits_per_coded_sample)
        return bits > 0 ? Int(bits) : nil
    }

    /// Samples at the beginning of the coded sound that only fill the codec up.
    public var leadingPadding: Int { Int(pointer.pointee.initial_padding) }

    /// The name of the coded pixel format, `nil` for streams that are not video.
    public var pixelFormatName: String? {
        guard pointer.pointee.codec_type == AVMEDIA_TYPE_VIDEO else { return nil }
        return av_get_pix_fmt_name(AVPixelFormat(pointer.pointee.format)).map { String(cString: $0) }
    }

    /// HDR metadata that the container stores beside the stream.
    public var hdrMetadata: HDRMetadata? {
        HDRMetadata(
            mastering: bytes(of: AV_PKT_DATA_MASTERING_DISPLAY_METADATA),
            light: bytes(of: AV_PKT_DATA_CONTENT_LIGHT_LEVEL)
        )
    }

    /// What the container says about Dolby Vision; `nil` when there is none.
    public var dolbyVision: DolbyVisionConfiguration? {
        bytes(of: AV_PKT_DATA_DOVI_CONF).flatMap(DolbyVisionConfiguration.init(record:))
    }

    /// How the picture must be mirrored and then turned to be seen upright, from the display matrix, by right angles.
    public let displayTurn: (orientation: Orientation, isMirrored: Bool)

    private static func displayTurn(_ bytes: [UInt8]?) -> (orientation: Orientation, isMirrored: Bool) {
        guard let bytes, bytes.count >= 36 else { return (.upright, false) }
        var matrix = bytes.withUnsafeBytes { raw in
            (0..<9).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        }
        // A negative determinant mirrors. Taking the mirror away from the side of the samples leaves a turn.
        let isMirrored = Int64(matrix[0]) * Int64(matrix[4]) < Int64(matrix[1]) * Int64(matrix[3])
        if isMirrored { for index in 0..<2 { matrix[index] = 0 &- matrix[index] } }
        // `av_display_rotation_get` gives the counter-clockwise angle by which the matrix turns the picture.
        let angle = -av_display_rotation_get(matrix)
        guard angle.isFinite else { return (.upright, false) }
        let quarter = (Int((angle / 90).rounded()) % 4 + 4) % 4
        return (Orientation(rawValue: quarter * 90) ?? .upright, isMirrored)
    }

    /// Whether both streams can follow each other behind one header: same codec, same parameter sets.
    public func hasSameHeader(as other: CodecParameters) -> Bool {
        let (a, b) = (pointer.pointee, other.pointer.pointee)
        let mine = UnsafeBufferPointer(start: a.extradata, count: Int(a.extradata_size))
        let theirs = UnsafeBufferPointer(start: b.extradata, count: Int(b.extradata_size))
        return a.codec_id == b.codec_id && a.width == b.width && a.height == b.height && mine.elementsEqual(theirs)
    }

    func bytes(of type: AVPacketSideDataType) -> [UInt8]? {
        sideData.first { $0.type == type }?.bytes
    }

    /// The format of the decoded pictures as this process would see them; `nil` when size or layout are unknown.
    public var videoFormat: VideoFormat? {
        let parameters = pointer.pointee
        guard parameters.codec_type == AVMEDIA_TYPE_VIDEO, parameters.width > 0, parameters.height > 0 else {
            return nil
        }
        let coded = AVPixelFormat(parameters.format)
        guard coded != AV_PIX_FMT_NONE else { return nil }
        var color = ColorDescription(
            primaries: parameters.color_primaries,
            transfer: parameters.color_trc,
            matrix: parameters.color_space,
            range: parameters.color_range,
            location: parameters.chroma_location
        )
        if PixelFormat.isFullRangeTwin(coded) { color.isFullRange = true }
        return VideoFormat(
            width: Int(parameters.width),
            height: Int(parameters.height),
            pixelFormat: PixelFormat(nearest: coded),
            color: color,
            sampleAspectRatio: Rational(parameters.sample_aspect_ratio) ?? Rational(1, 1),
            orientation: displayTurn.orientation,
            isMirrored: displayTurn.isMirrored
        )
    }

    /// Rate, layout and storage of the decoded sound; `nil` for streams that are not audio.
    public var audioDescription: (sampleRate: Int, channelCount: Int, channelLayout: String)? {
        guard pointer.pointee.codec_type == AVMEDIA_TYPE_AUDIO else { return nil }
        return (
            Int(pointer.pointee.sample_rate), Int(pointer.pointee.ch_layout.nb_channels),
            describe(&pointer.pointee.ch_layout)
        )
    }
}

extension AVCodecParameters {
    var isKnown: Bool {
        switch codec_type {
        case AVMEDIA_TYPE_VIDEO: codec_id != AV_CODEC_ID_NONE && width > 0 && height > 0
        case AVMEDIA_TYPE_AUDIO: codec_id != AV_CODEC_ID_NONE && sample_rate > 0 && ch_layout.nb_channels > 0
        default: true
        }
    }
}

/// FFmpeg's name of a channel layout: `stereo`, `5.1(side)` …
func describe(_ layout: UnsafePointer<AVChannelLayout>) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let base = buffer.baseAddress, av_channel_layout_describe(layout, base, 128) > 0 else { return "unknown" }
        return String(cString: base)
    }
}

/// Static HDR metadata: SMPTE ST 2086 mastering display and CTA-861.3 content light levels.
public struct HDRMetadata: Sendable, Hashable {
    /// A chromaticity in CIE 1931 x and y.
    public struct Chromaticity: Sendable, Hashable {
        /// The x coordinate, 0–1.
        public let x: Double
        /// The y coordinate, 0–1.
        public let y: Double
        /// Makes a chromaticity.
        public init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// The display on which the programme was graded.
    public struct MasteringDisplay: Sendable, Hashable {
        /// Red primary.
        public let red: Chromaticity
        /// Green primary.
        public let green: Chromaticity
        /// Blue primary.
        public let blue: Chromaticity
        /// White point.
        public let white: Chromaticity
        /// Darkest level in cd/m².
        public let minimumLuminance: Double
        /// Brightest level in cd/m².
        public let maximumLuminance: Double

        /// Describes a display.
        public init(
            red: Chromaticity,
            green: Chromaticity,
            blue: Chromaticity,
            white: Chromaticity,
            minimumLuminance: Double,
            maximumLuminance: Double
        ) {
            self.red = red
            self.green = green
            self.blue = blue
            self.white = white
            self.minimumLuminance = minimumLuminance
            self.maximumLuminance = maximumLuminance
        }
    }

    /// Mastering display, `nil` when absent.
    public let masteringDisplay: MasteringDisplay?
    /// MaxCLL in cd/m², `nil` when absent.
    public let maximumContentLightLevel: Int?
    /// MaxFALL in cd/m², `nil` when absent.
    public let maximumFrameAverageLightLevel: Int?

    /// Makes metadata from its parts.
    public init(
        masteringDisplay: MasteringDisplay?,
        maximumContentLightLevel: Int?,
        maximumFrameAverageLightLevel: Int?
    ) {
        self.masteringDisplay = masteringDisplay
        self.maximumContentLightLevel = maximumContentLightLevel
        self.maximumFrameAverageLightLevel = maximumFrameAverageLightLevel
    }

    /// What this says, and what only the other says: containers and bitstreams often carry one part each.
    public func merged(with other: HDRMetadata?) -> HDRMetadata {
        guard let other else { return self }
        let light = maximumContentLightLevel == nil ? other : self
        return HDRMetadata(
            masteringDisplay: masteringDisplay ?? other.masteringDisplay,
            maximumContentLightLevel: light.maximumContentLightLevel,
            maximumFrameAverageLightLevel: light.maximumFrameAverageLightLevel
        )
    }

    init?(mastering: [UInt8]?, light: [UInt8]?) {
        var display: MasteringDisplay?
        if let mastering, mastering.count >= MemoryLayout<AVMasteringDisplayMetadata>.size {
            let raw = mastering.withUnsafeBytes { $0.loadUnaligned(as: AVMasteringDisplayMetadata.self) }
            display = MasteringDisplay(raw)
        }
        var levels: AVContentLightMetadata?
        if let light, light.count >= MemoryLayout<AVContentLightMetadata>.size {
            levels = light.withUnsafeBytes { $0.loadUnaligned(as: AVContentLightMetadata.self) }
        }
        guard display != nil || levels != nil else { return nil }
        self.init(
            masteringDisplay: display,
            maximumContentLightLevel: levels.map { Int($0.MaxCLL) },
            maximumFrameAverageLightLevel: levels.map { Int($0.MaxFALL) }
        )
    }
}

extension HDRMetadata.MasteringDisplay {
    /// Reads libav's structure.
    ///
    /// - Returns: `nil` unless all values are there and within the ranges of SMPTE ST 2086: files hold anything, and half
    ///   a description cannot be written by any encoder.
    init?(_ raw: AVMasteringDisplayMetadata) {
        guard raw.has_primaries != 0, raw.has_luminance != 0 else { return nil }
        func chromaticity(_ pair: (AVRational, AVRational)) -> HDRMetadata.Chromaticity {
            .init(x: av_q2d(pair.0), y: av_q2d(pair.1))
        }
        self.init(
            red: chromaticity(raw.display_primaries.0),
            green: chromaticity(raw.display_primaries.1),
            blue: chromaticity(raw.display_primaries.2),
            white: chromaticity(raw.white_point),
            minimumLuminance: av_q2d(raw.min_luminance),
            maximumLuminance: av_q2d(raw.max_luminance)
        )
        // Comparisons with a NaN, which 0/0 gives, are false.
        let coordinates = [red, green, blue, white].flatMap { [$0.x, $0.y] }
        guard coordinates.allSatisfy({ $0 >= 0 && $0 <= 1 }), maximumLuminance > 0, maximumLuminance <= 10_000,
            minimumLuminance >= 0, minimumLuminance < maximumLuminance
        else { return nil }
    }
}
