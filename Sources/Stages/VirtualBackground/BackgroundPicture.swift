internal import FFmpegKit
internal import MediaCore
internal import Synchronization

/// A background picture in the format of the frames it goes behind; shared by all threads.
final class BackgroundPicture: Sendable {
    /// The samples.
    let frame: VideoFrame

    init(_ frame: consuming VideoFrame) { self.frame = frame }

    /// A picture, cut to the format's shape and scaled to its size.
    convenience init(covering format: VideoFormat, with picture: borrowing VideoFrame) throws {
        let fit = try PictureFit(from: picture.format, to: format, timebase: picture.timebase)
        self.init(try fit.convert(picture.share()))
    }
}

/// A still picture for every format that is asked for; each is made once.
final class StillBackground: Sendable {
    private let original: BackgroundPicture
    private let made = Mutex<[VideoFormat: BackgroundPicture]>([:])

    /// Takes over a decoded picture.
    init(_ picture: consuming VideoFrame) { original = BackgroundPicture(picture) }

    /// The picture for frames of a format.
    func picture(for format: VideoFormat) throws -> BackgroundPicture {
        // Under the lock: instances of parallel segments start together and want the same picture.
        try made.withLock { made in
            if let picture = made[format] { return picture }
            // Streams keep their format; a few are enough for several outputs of one path.
            if made.count >= 8 { made.removeAll() }
            let picture = try BackgroundPicture(covering: format, with: original.frame)
            made[format] = picture
            return picture
        }
    }
}
