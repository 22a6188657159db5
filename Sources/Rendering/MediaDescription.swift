public import FFmpegKit
internal import MediaCore

/// What a media file is, in the shape that `aegis probe`, reports and the HTTP API show.
public struct MediaDescription: Sendable, Codable, Equatable {
    /// The file's name as it was given.
    public var filename: String
    /// FFmpeg's name of the container.
    public var container: String
    /// Length in seconds, when known.
    public var duration: Double?
    /// Time of the first sample in seconds, when known.
    public var startTime: Double?
    /// Size in bytes, when known.
    public var size: Int64?
    /// Bits a second over everything, when known.
    public var bitrate: Int64?
    /// The container's tags.
    public var tags: [String: String]
    /// All streams.
    public var streams: [Stream]
    /// Chapter marks.
    public var chapters: [Chapter]

    /// One stream.
    public struct Stream: Sendable, Codable, Equatable {
        /// Position in the container.
        public var index: Int
        /// `video`, `audio`, `subtitle`, `attachment` or `data`.
        public var kind: String
        /// FFmpeg's name of the codec.
        public var codec: String
        /// The codec's profile.
        public var profile: String?
        /// Seconds a tick, as a fraction.
        public var timebase: String
        /// First time in ticks.
        public var startTicks: Int64?
        /// Length in ticks.
        public var durationTicks: Int64?
        /// Frames that the container's index promises.
        public var frames: Int?
        /// Bits a second.
        public var bitrate: Int64?
        /// Width in samples, as coded.
        public var width: Int?
        /// Height in samples, as coded.
        public var height: Int?
        /// FFmpeg's name of the coded layout.
        public var pixelFormat: String?
        /// Average frames a second, as a fraction.
        public var frameRate: String?
        /// Shape of a sample, as a fraction; absent when square.
        public var sampleAspectRatio: String?
        /// Clockwise turn in degrees that shows it upright; absent when upright.
        public var rotation: Int?
        /// Whether it is mirrored left to right, before it is turned, to be seen as it is meant; absent when not.
        public var mirrored: Bool?
        /// Colour tags; absent where the stream says nothing.
        public var color: Color?
        /// Static HDR metadata.
        public var hdr: HDR?
        /// Samples a second.
        public var sampleRate: Int?
        /// Channels.
        public var channels: Int?
        /// FFmpeg's name of the channel layout.
        public var channelLayout: String?
        /// Whether it is a cover picture.
        public var attachedPicture: Bool?
        /// Language, title …
        public var tags: [String: String]
    }

    /// H.273 code points.
    public struct Color: Sendable, Codable, Equatable {
        /// ColourPrimaries.
        public var primaries: Int
        /// TransferCharacteristics.
        public var transfer: Int
        /// MatrixCoefficients.
        public var matrix: Int
        /// Full range, or limited; absent when unknown.
        public var fullRange: Bool?
    }

    /// Static HDR metadata.
    public struct HDR: Sendable, Codable, Equatable {
        /// Brightest level of the mastering display in cd/m².
        public var masteringMaximum: Double?
        /// Darkest level of the mastering display in cd/m².
        public var masteringMinimum: Double?
        /// MaxCLL in cd/m².
        public var maxCLL: Int?
        /// MaxFALL in cd/m².
        public var maxFALL: Int?
    }

    /// A chapter mark.
    public struct Chapter: Sendable, Codable, Equatable {
        /// First moment in seconds.
        public var start: Double
        /// First moment after it in seconds.
        public var end: Double
        /// Its title.
        public var title: String?
    }
}

extension MediaDescription {
    /// Describes a file.
    ///
    /// Blocking: reads as much as it takes to know every stream.
    ///
    /// - Throws: ``RenderError`` when there is no such file or it is no media.
    public init(contentsOf path: String, interrupt: Demuxer.Interrupt = Demuxer.Interrupt()) throws {
        _ = try RenderPlan.checkInput(path)
        self.init(try RenderPlan.open(path, interrupt))
    }

    /// Describes an open file.
    public init(_ demuxer: Demuxer, size: Int64? = nil) {
        self.init(
            filename: demuxer.path,
            container: demuxer.formatName,
            duration: demuxer.duration?.seconds,
            startTime: demuxer.startTime?.seconds,
            size: size ?? demuxer.byteCount,
            bitrate: demuxer.bitRate,
            tags: demuxer.metadata,
            streams: demuxer.streams.map(Stream.init),
            chapters: demuxer.chapters.map {
                Chapter(start: $0.start.seconds, end: $0.end.seconds, title: $0.metadata["title"])
            }
        )
    }
}

extension MediaDescription.Stream {
    init(_ stream: StreamDescription) {
        let video = stream.parameters.videoFormat
        let sound = stream.parameters.audioDescription
        let hdr = stream.parameters.hdrMetadata
        let aspect = video?.sampleAspectRatio
        self.init(
            index: stream.index,
            kind: stream.kind.rawValue,
            codec: stream.parameters.codecName,
            profile: stream.parameters.profileName,
            timebase: stream.timebase.description,
            startTicks: stream.startTicks,
            durationTicks: stream.durationTicks,
            frames: stream.frameCount,
            bitrate: stream.parameters.bitRate,
            width: video?.width,
            height: video?.height,
            pixelFormat: stream.parameters.pixelFormatName,
            frameRate: video == nil ? nil : stream.averageFrameRate?.description,
            sampleAspectRatio: aspect == Rational(1, 1) ? nil : aspect?.description,
            rotation: video.flatMap { $0.orientation == .upright ? nil : $0.orientation.rawValue },
            mirrored: video?.isMirrored == true ? true : nil,
            color: video.flatMap { MediaDescription.Color($0.color) },
            hdr: hdr.map {
                MediaDescription.HDR(
                    masteringMaximum: $0.masteringDisplay?.maximumLuminance,
                    masteringMinimum: $0.masteringDisplay?.minimumLuminance,
                    maxCLL: $0.maximumContentLightLevel,
                    maxFALL: $0.maximumFrameAverageLightLevel
                )
            },
            sampleRate: sound?.sampleRate,
            channels: sound?.channelCount,
            channelLayout: sound?.channelLayout,
            attachedPicture: stream.isAttachedPicture ? true : nil,
            tags: stream.metadata
        )
    }
}

extension MediaDescription.Color {
    init?(_ color: ColorDescription) {
        let isSilent = color.primaries == 2 && color.transfer == 2 && color.matrix == 2 && color.isFullRange == nil
        if isSilent { return nil }
        self.init(
            primaries: Int(color.primaries),
            transfer: Int(color.transfer),
            matrix: Int(color.matrix),
            fullRange: color.isFullRange
        )
    }
}
