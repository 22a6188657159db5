internal import FFmpegKit
internal import MediaCore
internal import Pipeline
internal import Stages

/// Looks at samples of a file's picture, small, for moments at which something happens.
///
/// At most two minutes are decoded, in three places, however long the file is.
struct PictureOnsets {
    let stream: StreamDescription
    let range: TimeRange
    let duration: MediaTime?
    /// Opens the file, which is read from its beginning or from the middle.
    let open: () throws -> Demuxer

    private static let windowSeconds = 40.0
    private static let windows = 3

    /// Looks.
    func envelope(_ cancellation: CancellationFlag) throws -> OnsetEnvelope {
        let begin = (range.start ?? range.origin).seconds
        let end = range.end?.seconds ?? duration.map { range.origin.seconds + $0.seconds } ?? .infinity
        let length = end - begin
        var looks: [MeasuredFrame<VisualOnsetProbe.Look>] = []
        if length <= Self.windowSeconds * Double(Self.windows) || !length.isFinite {
            try look(from: begin, to: min(end, begin + Self.windowSeconds * Double(Self.windows)), cancellation, &looks)
        } else {
            for window in 0..<Self.windows {
                let share = (Double(window) + 0.5) / Double(Self.windows)
                let first = begin + length * share - Self.windowSeconds / 2
                try look(from: first, to: first + Self.windowSeconds, cancellation, &looks)
            }
        }
        return VisualOnsetProbe.envelope(looks)
    }

    private func look(
        from begin: Double,
        to end: Double,
        _ cancellation: CancellationFlag,
        _ looks: inout [MeasuredFrame<VisualOnsetProbe.Look>]
    ) throws {
        let demuxer = try open()
        let decoder = try VideoDecoder(stream: stream, threadCount: 1)
        demuxer.select(streams: [stream.index])
        let ticks = { (seconds: Double) in
            MediaTime(ticks: Int64(seconds * 1e6), timebase: .microseconds).rescaled(to: stream.timebase).ticks
        }
        let first = ticks(begin), last = ticks(end)
        // A file that cannot be sought is read from its beginning.
        if begin > range.origin.seconds + 1 { try? demuxer.seek(toTicks: first, stream: stream.index) }
        let probe = VisualOnsetProbe()
        var graph: (format: VideoFormat, graph: VideoFilterGraph)?
        var isDone = false
        func take() throws {
            receiving: while !isDone {
                switch try decoder.receive() {
                case .needsInput: break receiving
                case .finished: break receiving
                case .frame(let frame):
                    guard let time = frame.presentationTicks, time >= first else { continue }
                    if time >= last {
                        isDone = true
                        return
                    }
                    if graph?.format != frame.format { graph = (frame.format, try Self.scaler(frame.format, stream)) }
                    try graph?.graph.send(frame)
                    while let small = try graph?.graph.receive() {
                        guard let look = probe.measure(small), let time = small.time else { continue }
                        looks.append(MeasuredFrame(time: time - range.origin, measurement: look))
                    }
                }
            }
        }
        while !isDone, let packet = try? demuxer.read() {
            try cancellation.check()
            while try !decoder.send(packet) { try take() }
            try take()
        }
        if !isDone {
            try decoder.finish()
            try take()
        }
    }

    private static func scaler(_ format: VideoFormat, _ stream: StreamDescription) throws -> VideoFilterGraph {
        let size = VisualOnsetProbe.size
        return try VideoFilterGraph(
            "scale=\(size.width):\(size.height):flags=area,format=gray",
            input: format,
            timebase: stream.timebase,
            accepted: [.gray],
            outputOrientation: format.orientation
        )
    }
}
