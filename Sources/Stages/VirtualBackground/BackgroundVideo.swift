internal import FFmpegKit
internal import MediaCore

/// A background video that repeats for ever; shared by all threads, each of which decodes it with a reader of its own.
struct BackgroundVideo: Sendable {
    /// Where the video is.
    let path: String
    /// The part that repeats.
    let loop: Loop

    /// The part of a stream that repeats.
    struct Loop: Equatable, Sendable {
        /// First presentation time.
        var start: Int64
        /// Length in ticks, at least 1.
        var length: Int64
        /// Of both.
        var timebase: Timebase

        /// The time of the background that belongs to a time of the foreground.
        ///
        /// Depends on the foreground's time alone, so that segments that are rendered side by side agree.
        func position(at time: MediaTime) -> Int64 {
            let ticks = time.rescaled(to: timebase, rounding: .down).ticks % length
            return start + (ticks < 0 ? ticks + length : ticks)
        }
    }
}

/// Reads a background video for one stream of frames: decodes forward, and seeks when the loop begins again.
///
/// Confined to one thread; blocking.
final class BackgroundVideoReader {
    /// The picture that ``show(at:)`` chose, in the format of the frames it goes behind.
    private(set) var picture: VideoFrame

    private let video: BackgroundVideo
    private let format: VideoFormat
    private var file: BackgroundFile
    private var fit: PictureFit
    private var fitSource: VideoFormat
    /// Time of the last picture taken from the file.
    private var currentTicks: Int64
    /// The picture after it, whose time tells until when the current one is shown.
    private var next: VideoFrame?

    /// Opens a video and decodes its first picture.
    init(_ video: BackgroundVideo, format: VideoFormat) throws {
        self.video = video
        self.format = format
        file = try BackgroundFile(path: video.path)
        guard let first = try file.next() else {
            throw VirtualBackgroundError.usage("background=\(video.path) holds no picture that can be decoded")
        }
        fitSource = first.format
        fit = try PictureFit(from: first.format, to: format, timebase: first.timebase)
        currentTicks = first.presentationTicks ?? video.loop.start
        picture = try fit.convert(first)
        next = try file.next()
    }

    /// Chooses the picture for a time of the foreground.
    ///
    /// - Throws: ``StageError`` when the file went away or broke since the start.
    func show(at time: MediaTime) throws {
        let wanted = video.loop.position(at: time)
        if wanted < currentTicks || isFarAhead(wanted) {
            guard wanted != currentTicks else { return }
            try jump(to: wanted)
        }
        var chosen: VideoFrame?
        while let ticks = nextTicks, ticks <= wanted, let frame = next.take() {
            currentTicks = ticks
            chosen = consume frame
            next = try file.next()
        }
        if let chosen { try convert(chosen) }
    }

    private var nextTicks: Int64? {
        switch next {
        case .some(let frame): frame.presentationTicks ?? currentTicks + 1
        case .none: nil
        }
    }

    /// Whether seeking is cheaper than decoding up to a time: two seconds or more.
    private func isFarAhead(_ wanted: Int64) -> Bool {
        guard let nextTicks, wanted > nextTicks else { return false }
        return MediaTime(ticks: wanted - nextTicks, timebase: video.loop.timebase).duration > .seconds(2)
    }

    private func jump(to wanted: Int64) throws {
        if !file.seek(to: wanted) { file = try BackgroundFile(path: video.path) }
        // A seek to the first keyframe may fail to go back in containers without an index; a new start always does.
        next = try file.next()
        if let found = nextTicks, found > wanted, found > video.loop.start {
            file = try BackgroundFile(path: video.path)
            next = try file.next()
        }
        // Before the first picture, the first picture.
        currentTicks = Int64.min
        if let found = nextTicks, found > wanted, let frame = next.take() {
            currentTicks = found
            try convert(frame)
            next = try file.next()
        }
    }

    private func convert(_ frame: consuming VideoFrame) throws {
        if frame.format != fitSource {
            fitSource = frame.format
            fit = try PictureFit(from: frame.format, to: format, timebase: frame.timebase)
        }
        picture = try fit.convert(frame)
    }
}
