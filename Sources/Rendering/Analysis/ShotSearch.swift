internal import FFmpegKit
internal import MediaCore
public import Pipeline

/// Finds the cuts of a file without rendering it.
public struct ShotSearch: Sendable {
    /// What was found.
    public struct Result: Sendable {
        /// Where the shots begin.
        public let shots: ShotTable
        /// How many frames were looked at.
        public let frames: Int
    }

    private let path: String
    private let coreCount: Int
    private let cancellation: CancellationFlag

    /// Prepares a search.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - coreCount: how many cores it may use.
    ///   - cancellation: set from another thread to stop.
    public init(_ path: String, coreCount: Int, cancellation: CancellationFlag = CancellationFlag()) {
        self.path = path
        self.coreCount = coreCount
        self.cancellation = cancellation
    }

    /// Decodes the whole file, on threads of its own, and waits for the end. Blocking.
    ///
    /// - Throws: ``RenderError``.
    public func run() throws -> Result {
        let interrupt = Demuxer.Interrupt()
        do {
            return try cancellation.withHandler({ interrupt.raise() }) {
                _ = try RenderPlan.checkInput(path)
                let demuxer = try RenderPlan.open(path, interrupt)
                guard let stream = demuxer.bestVideoStream else {
                    throw RenderError(.badInput, "\(path) has no picture", remedy: "give it a video")
                }
                let source = try RenderPlan.describeSource(path, stream, .software, interrupt)
                let scan = try InputScan(demuxer, stream: stream, interrupt: interrupt)
                guard let table = scan.table else { preconditionFailure("a stream was given") }
                let file = AnalysisPass.File(
                    path: path,
                    stream: stream,
                    source: source,
                    table: table,
                    clockShifts: scan.clockShifts,
                    isSeekable: demuxer.isSeekable,
                    bounds: (nil, nil),
                    layout: try FormatNegotiator().negotiate(
                        source: source.format,
                        plans: [],
                        sink: SinkRequirement(pixelFormats: PixelFormat.allCases)
                    ),
                    stages: [],
                    acceleration: .software,
                    coreCount: coreCount
                )
                let pass = try AnalysisPass(file, findsCuts: true, cancellation: cancellation, interrupt: interrupt)
                guard let pass else { throw RenderError(.failed, "there is nothing to look for in \(path)") }
                var frames = 0
                let result = try pass.run { frames = $0 }
                return Result(shots: result.shots, frames: frames)
            }
        } catch {
            if cancellation.isCancelled { throw RenderError(.interrupted, "interrupted") }
            throw RenderError(error, input: path)
        }
    }
}
