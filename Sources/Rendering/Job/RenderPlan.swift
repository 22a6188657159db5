public import FFmpegKit
internal import Foundation
internal import MediaCore
public import Pipeline

/// Everything that is decided about a job before the first frame is rendered.
public struct RenderPlan: Sendable {
    /// The job.
    public let request: RenderRequest
    /// What the input is.
    public let input: MediaDescription
    /// How pictures are processed; `nil` when they are copied.
    public let video: Video?
    /// What is done to the sound; `nil` when it is copied.
    public let audio: AudioPlan?
    /// What the user should know already.
    public let warnings: [String]
    let origin: MediaTime
    /// How packets are moved because the input's clock jumps; every reader of the input must do the same.
    let clockShifts: ClockShifts

    /// The part of the source that is wanted, and the moment of it that is 0 in the result.
    var range: TimeRange {
        let begin = origin - (request.start ?? .zero)
        return TimeRange(origin: origin, start: request.start.map { begin + $0 }, end: request.end.map { begin + $0 })
    }

    /// How the pictures are processed.
    public struct Video: Sendable {
        /// The stream whose pictures are processed.
        public let stream: StreamDescription
        /// Its pictures.
        public let source: SourceDescription
        /// Its frames and keyframes.
        public let table: FrameTable
        /// How packets are moved because the input's clock jumps.
        let clockShifts: ClockShifts
        /// Stages and conversions in order.
        public let layout: PipelineLayout
        /// Encoder and options.
        public let encoder: EncoderSettings
        /// What is rendered side by side.
        public let segments: [Segment]
        /// The stages of the layout, in order.
        let stages: [PlannedStage]
        /// Where the cuts are; `nil` before the analysis, or when nobody needs to know.
        let shots: ShotTable?
        /// Whether the file can be read from the middle.
        let isSeekable: Bool
        /// What the user should know about formats and sizes.
        let warnings: [String]

        /// How many frames are expected to be decoded for the result.
        public var expectedFrames: Int { segments.reduce(0) { $0 + $1.expectedFrames } }
    }

    /// Looks at the input and decides.
    ///
    /// Reads the whole input once without decoding it. Blocking.
    ///
    /// - Throws: ``RenderError``.
    public init(_ request: RenderRequest, interrupt: Demuxer.Interrupt = Demuxer.Interrupt()) throws {
        self.request = request
        let container = try Self.container(of: request)
        try Self.refuseSameFile(request)
        // Before the whole input is read for nothing.
        try AtomicOutput.check(path: request.outputPath, replaces: request.replacesOutput)
        let demuxer = try Self.open(request.inputPath, interrupt)
        input = MediaDescription(demuxer)
        let begin = demuxer.startTime ?? .zero
        origin = begin + (request.start ?? .zero)
        if let start = request.start, let end = request.end, end <= start {
            throw RenderError(.usage, "--end (\(end.seconds) s) is not after --start (\(start.seconds) s)")
        }
        let sound = try Self.planSound(request, demuxer, container)
        audio = sound.plan
        // A stage that works on both does its part where there is no picture.
        let isSoundOnly =
            demuxer.bestVideoStream == nil && audio != nil
            && request.pictureStages.allSatisfy { $0.descriptor.contributes.contains(.audio) }
        if request.isCopy || isSoundOnly {
            video = nil
            clockShifts = try Self.scan(request, demuxer, nil, interrupt).clockShifts
            warnings =
                sound.warnings + [clockShifts.notice(for: request.inputPath), demuxer.lateNotice].compactMap { $0 }
            return
        }
        guard let stream = demuxer.bestVideoStream else {
            throw RenderError(
                .badInput,
                "\(request.inputPath) has no picture",
                remedy: "\(request.pictureStages.first?.descriptor.name ?? "this") works on pictures; give it a video"
            )
        }
        let scan = try Self.scan(request, demuxer, stream, interrupt)
        guard let table = scan.table else { preconditionFailure("a stream was given") }
        clockShifts = scan.clockShifts
        var warnings =
            sound.warnings + [clockShifts.notice(for: request.inputPath), demuxer.lateNotice].compactMap { $0 }
        if table.missingFrames > 0 {
            let promised = stream.frameCount ?? table.ticks.count
            warnings.append(
                "\(request.inputPath) is cut off: its index promises \(promised) frames, \(table.ticks.count) could be "
                    + "read; what is there is rendered"
            )
        }
        let source = try Self.describeSource(request.inputPath, stream, request.acceleration, interrupt)
        do {
            let stages = try request.pictureStages.enumerated().map { position, stage in
                PlannedStage(
                    position: position,
                    descriptor: stage.descriptor,
                    plan: try stage.makePlan(request.context)
                )
            }
            let ticks = { (time: MediaTime?) in
                time.map { (begin + $0).rescaled(to: stream.timebase, rounding: .up).ticks }
            }
            let video = try Video(
                stages: stages,
                shots: nil,
                request: request,
                stream: stream,
                source: source,
                table: table,
                clockShifts: clockShifts,
                isSeekable: demuxer.isSeekable,
                bounds: (ticks(request.start), ticks(request.end))
            )
            if table.isComplete, video.segments.allSatisfy({ $0.expectedFrames == 0 }) {
                throw RenderError(
                    .badInput,
                    "no frame of \(request.inputPath) lies between --start and --end",
                    remedy: "the file is \(Self.rounded(table.seconds)) s long"
                )
            }
            self.video = video
            warnings += video.warnings
            if let notice = source.immersiveNotice(for: request.inputPath, video.layout, in: container) {
                warnings.append(notice)
            }
        } catch {
            throw RenderError(error, input: request.inputPath)
        }
        if container.isStillImage, table.count(from: nil, to: nil) > 1 {
            warnings.append("\(request.outputPath) holds one picture: the last frame of the input")
        }
        self.warnings = warnings
    }

    private static func scan(
        _ request: RenderRequest,
        _ demuxer: Demuxer,
        _ stream: StreamDescription?,
        _ interrupt: Demuxer.Interrupt
    ) throws -> InputScan {
        do {
            return try InputScan(demuxer, stream: stream, interrupt: interrupt)
        } catch {
            throw RenderError(error, input: request.inputPath)
        }
    }

    /// What the result is put into.
    static func container(of request: RenderRequest) throws -> Muxer.Container {
        guard let container = Muxer.Container(fileName: request.outputPath), container.holdsItsMedia else {
            throw RenderError(
                .usage,
                "no container is known for the file name \(request.outputPath)",
                remedy: "end it in .mp4, .mkv, .mov, .webm, .ts, .avi, .m4a, .flac, .wav, .mp3, .opus, .png or .jpg"
            )
        }
        return container
    }

    /// The same job with other pictures, after the analysis.
    func with(_ video: Video) -> RenderPlan {
        // What was said about the sizes of the first arrangement need not hold for this one.
        let before = self.video?.warnings ?? []
        let lasting = warnings.filter { !before.contains($0) }
        return RenderPlan(
            request: request,
            input: input,
            video: video,
            audio: audio,
            warnings: lasting + video.warnings,
            origin: origin,
            clockShifts: clockShifts
        )
    }

    private init(
        request: RenderRequest,
        input: MediaDescription,
        video: Video?,
        audio: AudioPlan?,
        warnings: [String],
        origin: MediaTime,
        clockShifts: ClockShifts
    ) {
        self.request = request
        self.input = input
        self.video = video
        self.audio = audio
        self.warnings = warnings
        self.origin = origin
        self.clockShifts = clockShifts
    }

    private static func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }

    private static func refuseSameFile(_ request: RenderRequest) throws {
        let input = try checkInput(request.inputPath)
        var output = stat()
        if stat(request.outputPath, &output) == 0, input.st_dev == output.st_dev, input.st_ino == output.st_ino {
            throw RenderError(.usage, "the output is the input (\(request.inputPath))", remedy: "choose another name")
        }
    }

    /// Refuses what cannot be media before a library sees it.
    static func checkInput(_ path: String) throws -> stat {
        var status = stat()
        guard stat(path, &status) == 0 else { throw RenderError(errno, opening: path) }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw RenderError(.badInput, "\(path) is a folder", remedy: "name a media file")
        }
        // A pipe can be read once only, and a second `open` of it waits for a writer that never comes.
        guard [S_IFREG, S_IFBLK].contains(status.st_mode & S_IFMT) else {
            throw RenderError(.badInput, "\(path) is no regular file", remedy: "write the stream to a file first")
        }
        if status.st_mode & S_IFMT == S_IFREG, status.st_size == 0 {
            throw RenderError(.badInput, "\(path) is empty", remedy: "check how it was made or copied")
        }
        return status
    }

    static func open(_ path: String, _ interrupt: Demuxer.Interrupt) throws -> Demuxer {
        do {
            let demuxer = try Demuxer(path: path, examination: .thorough, interrupt: interrupt)
            guard !demuxer.streams.isEmpty else {
                throw RenderError(.badInput, "\(path) holds no stream", remedy: "it may be cut off or no media file")
            }
            return demuxer
        } catch {
            throw RenderError(error, input: path)
        }
    }

    /// Decodes the first picture: the bitstream knows colours and HDR levels that containers often lack.
    static func describeSource(
        _ path: String,
        _ stream: StreamDescription,
        _ acceleration: VideoDecoder.Acceleration,
        _ interrupt: Demuxer.Interrupt
    ) throws -> SourceDescription {
        try refuseDolbyVisionOnly(path, stream)
        let whole = Segment(index: 0, start: nil, end: nil, seekTicks: nil, preRollStart: nil, expectedFrames: 1)
        do {
            let reader = try SegmentSource(
                path: path,
                stream: stream,
                segment: whole,
                expectedFormat: nil,
                threadCount: 1,
                acceleration: acceleration,
                interrupt: interrupt
            )
            guard let frame = try reader.next() else {
                throw RenderError(
                    .badInput,
                    "no picture could be decoded from \(path)",
                    remedy: "the file may be damaged or cut off"
                )
            }
            return SourceDescription(
                format: frame.format,
                hdrMetadata: stream.parameters.hdrMetadata?.merged(with: frame.hdrMetadata) ?? frame.hdrMetadata,
                immersiveMetadata: stream.parameters.immersiveMetadata,
                isInterlaced: frame.isInterlaced
            )
        } catch {
            throw RenderError(error, input: path)
        }
    }
}
