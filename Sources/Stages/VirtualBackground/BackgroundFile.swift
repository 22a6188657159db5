internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// An image or video file that is read picture by picture.
///
/// Confined to one thread; blocking. Damaged parts are skipped as players do.
final class BackgroundFile {
    private let demuxer: Demuxer
    private let stream: StreamDescription
    private let decoder: VideoDecoder
    private var isFinishing = false

    /// Opens a file.
    ///
    /// - Throws: ``FFmpegError``, and ``StageError`` when there is no picture inside.
    init(path: String) throws {
        demuxer = try Demuxer(path: path)
        guard let stream = demuxer.bestVideoStream else {
            throw VirtualBackgroundError.usage("background=\(path) holds no picture; give an image or a video")
        }
        self.stream = stream
        demuxer.select(streams: [stream.index])
        decoder = try VideoDecoder(stream: stream)
    }

    /// The next picture in presentation order; `nil` at the end.
    func next() throws -> VideoFrame? {
        while true {
            switch try decoder.receive() {
            case .frame(let frame): return frame
            case .finished: return nil
            case .needsInput: try feed()
            }
        }
    }

    private func feed() throws {
        guard !isFinishing else { return }
        if let packet = try demuxer.read() {
            // The decoder has just asked for input, so it is not full.
            _ = try decoder.send(packet)
        } else {
            isFinishing = true
            try decoder.finish()
        }
    }

    /// Goes to the last keyframe at or before a time of the stream.
    ///
    /// - Returns: `false` when the file cannot be read from a later point.
    func seek(to ticks: Int64) -> Bool {
        guard (try? demuxer.seek(toTicks: ticks, stream: stream.index)) != nil else { return false }
        decoder.flush()
        isFinishing = false
        return true
    }

    /// First presentation time and length of the video, by reading all of its packets when the container does not say.
    func measure() throws -> BackgroundVideo.Loop? {
        let timebase = stream.timebase
        if let start = stream.startTicks, let length = stream.durationTicks, length > 0 {
            return BackgroundVideo.Loop(start: start, length: length, timebase: timebase)
        }
        var first = Int64.max
        var end = Int64.min
        while let packet = try demuxer.read() {
            guard let ticks = packet.presentationTicks else { continue }
            first = min(first, ticks)
            end = max(end, ticks + max(1, packet.durationTicks))
        }
        return first < end ? BackgroundVideo.Loop(start: first, length: end - first, timebase: timebase) : nil
    }
}
