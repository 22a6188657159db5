internal import FFmpegKit
internal import Foundation
public import MediaCore
public import Pipeline

/// Puts a source and what was made of it side by side: the source on the left, the result on the right, with the sound
/// of the result. Works for films and for stills.
public struct ComparisonJob: Sendable {
    private let sourcePath: String
    private let resultPath: String
    private let outputPath: String
    private let start: MediaTime?
    private let replacesOutput: Bool
    private let coreCount: Int
    private let cancellation: CancellationFlag

    /// The tallest picture of each side; taller ones would take more room than screens and decoders have.
    static let maximumHeight = 1080

    /// Makes a job.
    ///
    /// - Parameters:
    ///   - sourcePath: the file that was enhanced.
    ///   - resultPath: what came out.
    ///   - outputPath: where the comparison will be; its extension chooses the container.
    ///   - start: the moment of the source with which the result begins, counted from the source's beginning.
    ///   - replacesOutput: whether an existing file may be replaced.
    ///   - coreCount: how many cores the job may use.
    ///   - cancellation: set from another thread to stop; nothing is left behind then.
    public init(
        sourcePath: String,
        resultPath: String,
        outputPath: String,
        start: MediaTime? = nil,
        replacesOutput: Bool = false,
        coreCount: Int,
        cancellation: CancellationFlag = CancellationFlag()
    ) {
        self.sourcePath = sourcePath
        self.resultPath = resultPath
        self.outputPath = outputPath
        self.start = start
        self.replacesOutput = replacesOutput
        self.coreCount = coreCount
        self.cancellation = cancellation
    }

    /// Checks what can be checked before the source is enhanced.
    ///
    /// - Throws: ``RenderError`` when the comparison could not be written.
    public static func check(outputPath: String, replacesOutput: Bool) throws {
        _ = try container(outputPath)
        try AtomicOutput.check(path: outputPath, replaces: replacesOutput)
    }

    private static func container(_ path: String) throws -> Muxer.Container {
        guard let container = Muxer.Container(fileName: path), container.holdsItsMedia else {
            throw RenderError(
                .usage,
                "no container is known for the file name \(path)",
                remedy: "end it in .mp4, .mkv, .png or .jpg"
            )
        }
        return container
    }

    /// Renders the comparison and waits for its end. Blocking.
    ///
    /// - Throws: ``RenderError``.
    public func run() throws {
        let interrupt = Demuxer.Interrupt()
        do {
            try cancellation.withHandler({ interrupt.raise() }) { try execute(interrupt) }
        } catch {
            if cancellation.isCancelled { throw RenderError(.interrupted, "interrupted") }
            throw RenderError(error, input: resultPath)
        }
    }

    /// One of the two files, read from its beginning.
    private struct Side {
        let demuxer: Demuxer
        let stream: StreamDescription
        let source: SegmentSource
        let description: SourceDescription
        let clockShifts: ClockShifts

        init(_ path: String, threadCount: Int, _ interrupt: Demuxer.Interrupt) throws {
            demuxer = try RenderPlan.open(path, interrupt)
            guard let stream = demuxer.bestVideoStream else {
                throw RenderError(.badInput, "\(path) has no picture", remedy: "only pictures can be compared")
            }
            self.stream = stream
            description = try RenderPlan.describeSource(path, stream, .software, interrupt)
            clockShifts = try InputScan(
                try RenderPlan.open(path, interrupt),
                stream: nil,
                interrupt: interrupt
            ).clockShifts
            source = try SegmentSource(
                path: path,
                stream: stream,
                segment: Segment(
                    index: 0,
                    start: nil,
                    end: nil,
                    seekTicks: nil,
                    preRollStart: nil,
                    expectedFrames: 0
                ),
                clockShifts: clockShifts,
                expectedFormat: description.format,
                threadCount: threadCount,
                acceleration: .software,
                interrupt: interrupt
            )
        }
    }

    private func execute(_ interrupt: Demuxer.Interrupt) throws {
        let container = try Self.container(outputPath)
        let output = try AtomicOutput(path: outputPath, replaces: replacesOutput)
        let threadCount = max(1, coreCount / 2)
        let before = try Side(sourcePath, threadCount: threadCount, interrupt)
        let after = try Side(resultPath, threadCount: threadCount, interrupt)
        let composer = try ComparisonComposer(left: before.description.format, right: after.description.format)
        let layout = try FormatNegotiator().negotiate(
            source: composer.format,
            plans: [],
            sink: SinkRequirement(pixelFormats: [composer.format.pixelFormat])
        )
        let spool = output.temporary("comparison.packets")
        let sink = try VideoSink(
            settings: EncoderSettings(
                codec: nil,
                encoderName: nil,
                quality: .high,
                userOptions: [],
                container: container,
                format: composer.format
            ),
            source: SourceDescription(
                format: composer.format,
                hdrMetadata: after.description.hdrMetadata,
                // Two pictures side by side surround nobody.
                immersiveMetadata: nil,
                isInterlaced: false
            ),
            layout: layout,
            isAlone: false,
            threadCount: threadCount,
            usesGlobalHeader: container.usesGlobalHeader,
            spoolPath: spool
        )
        let sourceOrigin = (before.demuxer.startTime ?? .zero) + (start ?? .zero)
        let resultOrigin = after.demuxer.startTime ?? .zero
        var matcher = FrameMatcher(before.source)
        while let frame = try after.source.next() {
            try cancellation.check()
            let moment = (frame.time ?? resultOrigin) - resultOrigin + sourceOrigin
            try matcher.advance(to: moment)
            guard let shown = try matcher.current() else { continue }
            try sink.write(try composer.compose(shown, frame))
        }
        guard let result = try sink.finish() else {
            throw RenderError(.badInput, "\(sourcePath) and \(resultPath) have no frame in common")
        }
        let joiner = SegmentJoiner(
            inputPath: resultPath,
            demuxer: try RenderPlan.open(resultPath, interrupt),
            videoStream: after.stream,
            range: TimeRange(origin: resultOrigin, start: nil, end: nil),
            clockShifts: after.clockShifts,
            outputPath: outputPath,
            interrupt: interrupt
        )
        let finished = output.temporary(URL(fileURLWithPath: outputPath).lastPathComponent)
        _ = try joiner.join([(spool, result)], lastDuration: 0, to: finished)
        try cancellation.check()
        try output.commit(finished)
    }
}

/// The source's frames, of which the one that is shown at a moment is wanted.
private struct FrameMatcher: ~Copyable {
    private let source: SegmentSource
    private var shown: VideoFrame?
    private var next: VideoFrame?
    private var isAtEnd = false
    /// Containers round times; what is nearer than this is the same moment.
    private static let tolerance = MediaTime(ticks: 1, timebase: Timebase(1, 1000))

    init(_ source: SegmentSource) { self.source = source }

    /// Goes on to the frame that is shown at a moment: the last one that does not begin after it.
    mutating func advance(to moment: MediaTime) throws {
        while true {
            if next == nil, !isAtEnd {
                next = try source.next()
                isAtEnd = next == nil
            }
            guard let candidate = next.take() else { return }
            // The first frame stands for whatever comes before it.
            if shown == nil || (candidate.time ?? moment) <= moment + Self.tolerance {
                shown = consume candidate
            } else {
                next = consume candidate
                return
            }
        }
    }

    /// The frame that is shown; `nil` when the source has none.
    func current() throws -> VideoFrame? {
        switch shown {
        case .some(let frame): try frame.share()
        case .none: nil
        }
    }
}
