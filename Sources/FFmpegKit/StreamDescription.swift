public import MediaCore

/// What a container tells about one of its streams.
public struct StreamDescription: Sendable {
    /// The kinds of streams.
    public enum Kind: String, Sendable {
        /// Moving pictures, or one still.
        case video
        /// Sound.
        case audio
        /// Subtitles, as text or pictures.
        case subtitle
        /// Files carried along: fonts, cover art.
        case attachment
        /// Anything else: timecode, telemetry.
        case data
    }

    /// Position in the container.
    public let index: Int
    /// What it carries.
    public let kind: Kind
    /// Codec and everything a decoder or a copy needs.
    public let parameters: CodecParameters
    /// Seconds a tick.
    public let timebase: Timebase
    /// Time of the first sample in ticks, when known.
    public let startTicks: Int64?
    /// Length in ticks, when known.
    public let durationTicks: Int64?
    /// Number of frames that the container's index promises, when known.
    public let frameCount: Int?
    /// Average frames a second, for video.
    public let averageFrameRate: Rational?
    /// The lowest rate at which all timestamps can be shown exactly, as libavformat guesses it, for video.
    public let baseFrameRate: Rational?
    /// Pictures a second to plan with, for video: the base rate where it agrees with the average, because averages are
    /// rounded, otherwise the average, because a base rate that all times fit may be many times higher.
    public var nominalFrameRate: Rational? {
        guard let average = averageFrameRate else { return baseFrameRate }
        guard let base = baseFrameRate, abs(base.value / average.value - 1) < 0.02 else { return average }
        return base
    }
    /// Whether this is a cover picture rather than a moving picture.
    public let isAttachedPicture: Bool
    /// libavformat's disposition bits (default, forced, hearing impaired …).
    public let disposition: Int32
    /// Language, title, handler …
    public let metadata: [String: String]
}

/// A chapter mark.
public struct ChapterDescription: Sendable, Equatable {
    /// The container's number of the chapter.
    public let identifier: Int64
    /// First moment.
    public let start: MediaTime
    /// First moment after it.
    public let end: MediaTime
    /// Title and other tags.
    public let metadata: [String: String]

    /// Makes a chapter mark.
    public init(identifier: Int64, start: MediaTime, end: MediaTime, metadata: [String: String]) {
        self.identifier = identifier
        self.start = start
        self.end = end
        self.metadata = metadata
    }
}
