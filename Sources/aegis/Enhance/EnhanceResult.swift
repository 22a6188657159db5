internal import Rendering

/// What `aegis enhance` says about a finished file.
struct EnhanceResult: Encodable {
    private let input: String
    private let output: String
    private let size: Int64?
    private let duration: Double?
    private let frames: Int?
    private let fps: Double?
    private let speed: Double?
    private let seconds: Double
    private let encoder: String?
    private let warnings: [String]
    private let report: RenderReport

    init(_ item: EnhanceOptions.Item, _ report: RenderReport) {
        input = item.input
        output = item.output
        size = report.output.size
        duration = report.output.duration
        frames = report.frames
        fps = report.fps.map { PlainText.rounded($0, places: 1) }
        speed = report.speed.map { PlainText.rounded($0, places: 2) }
        seconds = PlainText.rounded(report.seconds, places: 3)
        encoder = report.encoder
        warnings = report.warnings
        self.report = report
    }

    /// Writes an event to standard output, or some lines to standard error.
    func write(asJSON isJSON: Bool) throws {
        if isJSON { return try StandardStream.output.write(JSONText.event("result", self)) }
        for warning in warnings {
            try StandardStream.error.writeLine("aegis: warning: " + ErrorOutput.line(warning))
        }
        for stage in report.stages {
            guard let explanation = stage.explanation else { continue }
            try StandardStream.error.writeLine("aegis: " + ErrorOutput.line("\(stage.stage): \(explanation)"))
        }
        try StandardStream.error.writeLine(ErrorOutput.line(text))
    }

    private var text: String {
        var parts: [String] = []
        if let size { parts.append(PlainText.size(size)) }
        if let duration { parts.append("\(PlainText.decimal(duration, places: 2)) s") }
        if let frames, let encoder {
            parts.append("\(frames) \(frames == 1 ? "frame" : "frames") by \(encoder)")
        } else {
            let hasWork = !report.stages.isEmpty
            parts.append(hasWork ? "streams copied, except sound that changed" : "streams copied")
        }
        if let fps, let speed { parts.append("\(PlainText.rate(fps)) fps, \(PlainText.rate(speed)) × real time") }
        return "\(output): " + parts.joined(separator: ", ")
    }
}
