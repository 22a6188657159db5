internal import FFmpegKit
internal import MediaCore

/// Writes the result: the encoded segments one after the other, the streams that were not processed beside them.
struct SegmentJoiner {
    let inputPath: String
    let demuxer: Demuxer
    /// The stream whose place the encoded segments take; `nil` when every stream is copied.
    let videoStream: StreamDescription?
    let range: TimeRange
    let clockShifts: ClockShifts
    let outputPath: String
    let interrupt: Demuxer.Interrupt
    /// Tracks that were processed, by the index of the stream whose place they take.
    var sounds: [Int: EncodedSound] = [:]

    /// Joins.
    ///
    /// - Parameters:
    ///   - segments: spool files and what their encoders said, in order.
    ///   - lastDuration: how long the last picture of the source is shown, in ticks of the stream; 0 when unknown.
    ///   - path: the temporary file to write.
    /// - Returns: what the user should know.
    func join(
        _ segments: [(spool: String, result: VideoSink.Result)],
        lastDuration: Int64,
        to path: String
    ) throws -> [String] {
        let first = segments.first?.result
        if videoStream != nil && first == nil {
            throw RenderError(.badInput, "no picture could be decoded from \(inputPath)")
        }
        let light = first.flatMap { ContentLight(of: segments.map(\.result))?.replacement(in: $0.parameters) }
        let muxer = try makeMuxer(path)
        let passThrough = try PassThrough(path: inputPath, range: range, clockShifts: clockShifts, interrupt: interrupt)
        let grid = muxer.container.countsFrames ? first.map { frameGrid(segments, $0) } : nil
        var videoIndex = 0
        for stream in demuxer.streams {
            if let first, stream.index == videoStream?.index {
                videoIndex = try muxer.addStream(
                    try light?.apply(to: first.parameters) ?? first.parameters,
                    timebase: grid?.timebase ?? first.timebase,
                    averageFrameRate: grid?.rate ?? first.frameRate,
                    disposition: stream.disposition,
                    // Matroska's tag for the packing of two views; the muxer sets it again where it is still true.
                    metadata: stream.metadata.withoutStaleTags.filter { $0.key != "stereo_mode" }
                )
            } else if let sound = sounds[stream.index] {
                try passThrough.add(sound, as: stream, to: muxer)
            } else if !muxer.container.isStillImage || videoStream == nil {
                try passThrough.add(stream, to: muxer)
            }
        }
        guard muxer.streamCount > 0 else {
            throw RenderError(
                .usage,
                "\(outputPath) can hold none of the streams of \(inputPath)",
                remedy: "choose another file name extension, for example .mkv"
            )
        }
        muxer.setMetadata(demuxer.metadata.withoutStaleTags)
        try muxer.setChapters(chapters())
        try muxer.writeHeader()
        passThrough.start()
        if let first {
            let clock = VideoClock(
                segments,
                first,
                origin: range.origin,
                // A stage that changed the frame rate made the source's last duration meaningless.
                lastDuration: first.timebase == videoStream?.timebase ? lastDuration : 0,
                grid: grid
            )
            try writeVideo(segments, first, light, clock, index: videoIndex, muxer, passThrough)
        }
        try passThrough.finish(into: muxer)
        try muxer.finish()
        var notices = passThrough.notices
        if let grid, !grid.isRegular {
            notices.append(
                "\(outputPath) has a fixed frame rate, the pictures have not: they were put on a grid of \(grid.rate.decimal) frames a "
                    + "second; .mp4 and .mkv keep every time"
            )
        }
        if muxer.movedPacketCount > 0 {
            notices.append("\(muxer.movedPacketCount) packets whose time went back were moved behind the ones before")
        }
        if let failure = passThrough.readFailure {
            notices.append("reading \(inputPath) stopped early (\(failure.message)); what was there is in the result")
        }
        return notices
    }

    /// The frame rate of a container that has only one.
    private func frameGrid(
        _ segments: [(spool: String, result: VideoSink.Result)],
        _ first: VideoSink.Result
    ) -> FrameGrid {
        let origin = range.origin.rescaled(to: first.timebase).ticks
        return FrameGrid(
            times: segments.flatMap(\.result.presentationTicks).map { $0 - origin }.sorted(),
            timebase: first.timebase,
            rates: [first.frameRate, videoStream?.baseFrameRate].compactMap { $0 }
        )
    }

    private func writeVideo(
        _ segments: [(spool: String, result: VideoSink.Result)],
        _ first: VideoSink.Result,
        _ light: ContentLightReplacement?,
        _ clock: VideoClock,
        index videoIndex: Int,
        _ muxer: Muxer,
        _ passThrough: PassThrough
    ) throws {
        guard segments.allSatisfy({ $0.result.parameters.hasSameHeader(as: first.parameters) }) else {
            throw RenderError(
                .failed,
                "the encoder made segments that do not fit together",
                remedy: "render with --threads 1, or choose another encoder"
            )
        }
        var position = 0
        for segment in segments {
            let reader = try PacketSpoolReader(path: segment.spool, timebase: first.timebase, light: light)
            while var packet = try reader.read() {
                if interrupt.isRaised { throw RenderError(.interrupted, "interrupted") }
                clock.setTimes(of: &packet, at: position)
                packet.streamIndex = videoIndex
                let decoding = MediaTime(ticks: packet.decodingTicks ?? 0, timebase: packet.timebase)
                try passThrough.advance(upTo: decoding, into: muxer)
                try muxer.write(packet)
                position += 1
            }
        }
        guard position == segments.reduce(0, { $0 + $1.result.presentationTicks.count }) else {
            throw RenderError(.failed, "a temporary file of \(outputPath) could not be read back whole")
        }
    }

    private func makeMuxer(_ path: String) throws -> Muxer {
        let container = Muxer.Container(fileName: outputPath)
        var options: [CodecOption] = []
        switch container?.name {
        case "mp4", "mov", "ipod":
            // The index goes to the front, so that browsers play while they load.
            options.append(CodecOption("movflags", "+faststart"))
            // Edit lists place the tracks in ticks of the movie; a millisecond, the default, would move them.
            options.append(CodecOption("movie_timescale", String(movieTimescale())))
        // Without it these draw random identifiers, and the same job never gives the same file twice.
        case "matroska", "webm", "ogg": options.append(CodecOption("fflags", "+bitexact"))
        case "image2": options.append(CodecOption("update", "1"))
        default: break
        }
        return try Muxer(path: path, formatName: container?.name, namedLike: outputPath, options: options)
    }

    /// A number of ticks a second in which every track's start can be said exactly, where one below ten million exists.
    private func movieTimescale() -> Int {
        let scales = demuxer.streams.filter { [.video, .audio].contains($0.kind) }.map { stream in
            sounds[stream.index]?.format.sampleRate ?? stream.parameters.audioDescription?.sampleRate
                ?? Int(stream.timebase.denominator)
        }
        return scales.reduce(1000) { common, scale in
            var (a, b) = (common, max(1, scale))
            while b != 0 { (a, b) = (b, a % b) }
            let multiple = common / a * max(1, scale)
            return multiple <= 10_000_000 ? multiple : max(common, scale)
        }
    }

    /// Chapter marks of the wanted part, moved to the result's time.
    private func chapters() -> [ChapterDescription] {
        demuxer.chapters.compactMap { chapter in
            var (start, end) = (chapter.start, chapter.end)
            if let from = range.start { start = max(start, from) }
            if let to = range.end { end = min(end, to) }
            guard start < end else { return nil }
            let base = chapter.start.timebase
            return ChapterDescription(
                identifier: chapter.identifier,
                start: (start - range.origin).rescaled(to: base),
                end: (end - range.origin).rescaled(to: base),
                metadata: chapter.metadata
            )
        }
    }
}
