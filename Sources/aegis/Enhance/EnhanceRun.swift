internal import FFmpegKit
internal import Pipeline
internal import Rendering
internal import Stages

/// One call of `aegis enhance`: its files, one after the other.
struct EnhanceRun {
    private let options: EnhanceOptions
    private let session: Session
    private let errors: ErrorOutput

    init(_ options: EnhanceOptions, _ session: Session) {
        self.options = options
        self.session = session
        errors = ErrorOutput(isJSON: options.isJSON)
    }

    private struct Summary: Encodable {
        let done: Int
        let failed: Int
        let remaining: Int
    }

    /// Renders everything.
    ///
    /// - Returns: the exit code of the first failure, or 0.
    func run() throws -> Int32 {
        try session.interruption.whileWorking {
            if let path = options.reportPath, !options.isDryRun {
                try ResultFile(path: path, replaces: options.replacesOutput).checkPlace()
            }
            if let path = options.comparePath, !options.isDryRun {
                try ComparisonJob.check(outputPath: path, replacesOutput: options.replacesOutput)
            }
            var status: Int32 = 0
            var reports: [RenderReport] = []
            var failed = 0
            for item in options.items {
                do {
                    if let report = try render(item) { reports.append(report) }
                } catch {
                    failed += 1
                    let code = errors.report(error, input: item.input)
                    if status == 0 { status = code }
                    if session.interruption.flag.isCancelled { break }
                }
            }
            try writeReports(reports)
            if options.items.count > 1, !options.isDryRun { try summarise(done: reports.count, failed: failed) }
            return status
        }
    }

    private func render(_ item: EnhanceOptions.Item) throws -> RenderReport? {
        let progress = EnhanceProgress(input: item.input, isJSON: options.isJSON)
        defer { progress.finish() }
        if !options.isDryRun { progress.begin() }
        let plan = try interruptible { try RenderPlan(request(for: item), interrupt: $0) }
        if options.isDryRun {
            let description = PlanDescription(plan)
            try StandardStream.output.write(options.isJSON ? JSONText.event("plan", description) : description.text)
            return nil
        }
        let report = try RenderJob(plan, cancellation: session.interruption.flag).run { progress.update($0) }
        if let path = options.comparePath {
            let comparison = ComparisonJob(
                sourcePath: item.input,
                resultPath: item.output,
                outputPath: path,
                start: options.start,
                replacesOutput: options.replacesOutput,
                coreCount: options.coreCount,
                cancellation: session.interruption.flag
            )
            try comparison.run()
        }
        progress.finish()
        try EnhanceResult(item, report).write(asJSON: options.isJSON)
        return report
    }

    private func interruptible<R>(_ body: (Demuxer.Interrupt) throws -> R) throws -> R {
        let flag = session.interruption.flag
        let interrupt = Demuxer.Interrupt()
        do {
            return try flag.withHandler({ interrupt.raise() }) { try body(interrupt) }
        } catch {
            // What reading says when it is interrupted depends on where it was.
            if flag.isCancelled { throw RenderError(.interrupted, "interrupted") }
            throw error
        }
    }

    private func request(for item: EnhanceOptions.Item) -> RenderRequest {
        let directories = session.directories
        let context = StageContext(
            modelsDirectory: session.models.directory,
            cacheDirectory: Directories.makePrivate(directories.cache) ? directories.cache : nil,
            coreCount: options.coreCount,
            trustsCaller: true
        )
        var request = RenderRequest(
            inputPath: item.input,
            outputPath: item.output,
            stages: options.stages,
            context: context
        )
        request.start = options.start
        request.end = options.end
        request.quality = options.quality
        request.codec = options.codec
        request.encoderName = options.encoderName
        request.encoderOptions = options.encoderOptions
        request.acceleration = options.acceleration
        request.replacesOutput = options.replacesOutput
        request.coreCount = options.coreCount
        request.workDirectory = options.workDirectory
        request.programVersion = Program.version
        return request
    }

    private func writeReports(_ reports: [RenderReport]) throws {
        guard let path = options.reportPath, let first = reports.first else { return }
        let file = ResultFile(path: path, replaces: options.replacesOutput)
        try file.write(options.items.count == 1 ? JSONText.pretty(first) : JSONText.pretty(reports))
    }

    private func summarise(done: Int, failed: Int) throws {
        let summary = Summary(done: done, failed: failed, remaining: options.items.count - done - failed)
        if options.isJSON { return try StandardStream.output.write(JSONText.event("summary", summary)) }
        var text = "\(done) of \(options.items.count) files done"
        if failed > 0 { text += ", \(failed) failed" }
        if summary.remaining > 0 { text += ", \(summary.remaining) not begun" }
        try StandardStream.error.writeLine(text)
    }
}
