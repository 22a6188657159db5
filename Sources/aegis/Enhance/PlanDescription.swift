internal import FFmpegKit
internal import MediaCore
internal import Pipeline
internal import Rendering

/// What `aegis enhance --dry-run` shows.
struct PlanDescription: Encodable {
    private let input: MediaDescription
    private let output: String
    /// Whether all streams are copied as they are.
    private let copiesStreams: Bool
    /// Whether the picture is copied, if there is one, while the sound is processed.
    private let copiesPicture: Bool
    private let stages: [Stage]
    private let steps: [Step]
    private let encoder: Encoder?
    private let segments: [SegmentDescription]
    private let expectedFrames: Int?
    private let warnings: [String]

    private struct Stage: Encodable {
        let stage: String
        let parameters: [String: ParameterValue]
    }

    private struct Step: Encodable {
        let name: String
        let isConversion: Bool
        let input: String
        let output: String
    }

    private struct Encoder: Encodable {
        let name: String
        let options: [Option]
    }

    private struct Option: Encodable {
        let name: String
        let value: String
    }

    private struct SegmentDescription: Encodable {
        let startSeconds: Double?
        let endSeconds: Double?
        let expectedFrames: Int
    }

    init(_ plan: RenderPlan) {
        input = plan.input
        output = plan.request.outputPath
        warnings = plan.warnings
        copiesStreams = plan.video == nil && plan.audio == nil
        copiesPicture = plan.video == nil && plan.audio != nil
        let pictureStages = (plan.video?.layout.plans ?? []).map {
            Stage(stage: $0.name, parameters: $0.parameters.values)
        }
        let soundStages = (plan.audio?.stages ?? []).map { Stage(stage: $0.name, parameters: $0.parameters.values) }
        // A stage that works on both is one stage.
        stages = pictureStages + soundStages.filter { stage in !pictureStages.contains { $0.stage == stage.stage } }
        steps = plan.video.map { Self.steps(of: $0.layout) } ?? []
        encoder = plan.video.map { video in
            Encoder(
                name: video.encoder.encoderName,
                options: video.encoder.options.map { Option(name: $0.name, value: $0.value) }
            )
        }
        segments = plan.video.map(Self.segments) ?? []
        expectedFrames = plan.video?.expectedFrames
    }

    private static func steps(of layout: PipelineLayout) -> [Step] {
        layout.steps.indices.map { index in
            let step = layout.steps[index]
            let isConversion = if case .convert = step { true } else { false }
            return Step(
                name: layout.name(of: index),
                isConversion: isConversion,
                input: step.input.description,
                output: step.output.description
            )
        }
    }

    private static func segments(of video: RenderPlan.Video) -> [SegmentDescription] {
        let first = video.table.ticks.first ?? 0
        let seconds = { (ticks: Int64) in
            PlainText.rounded(MediaTime(ticks: ticks - first, timebase: video.table.timebase).seconds, places: 6)
        }
        return video.segments.map {
            SegmentDescription(
                startSeconds: $0.start.map(seconds),
                endSeconds: $0.end.map(seconds),
                expectedFrames: $0.expectedFrames
            )
        }
    }

    // MARK: - For people

    /// The plan as a table.
    var text: String {
        var rows: [(name: String, text: String)] = [("input", "\(input.filename): \(Self.summary(of: input))")]
        for stage in stages {
            let parameters = stage.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.plainText)" }
            rows.append(("stage", ([stage.stage] + parameters).joined(separator: " ")))
        }
        for step in steps {
            rows.append((step.isConversion ? "convert" : "run", "\(step.name): \(step.input) → \(step.output)"))
        }
        if copiesStreams { rows.append(("streams", "copied as they are")) }
        if copiesPicture { rows.append(("streams", "copied as they are, except sound")) }
        if let encoder {
            rows.append(
                ("encoder", ([encoder.name] + encoder.options.map { "\($0.name)=\($0.value)" }).joined(separator: " "))
            )
        }
        if let expectedFrames {
            let parts = segments.map { segment in
                "\(Self.place(segment.startSeconds, "beginning"))–\(Self.place(segment.endSeconds, "end"))"
            }
            rows.append(("frames", "\(expectedFrames) expected"))
            rows.append(("segments", "\(segments.count): " + parts.joined(separator: ", ")))
        }
        rows.append(("output", output))
        rows += warnings.map { ("warning", $0) }
        let width = rows.map(\.name.count).max() ?? 0
        return rows.map { row in
            row.name + String(repeating: " ", count: width + 2 - row.name.count) + ErrorOutput.line(row.text) + "\n"
        }.joined()
    }

    private static func place(_ seconds: Double?, _ otherwise: String) -> String {
        seconds.map { PlainText.decimal($0, places: 3) + " s" } ?? otherwise
    }

    private static func summary(of media: MediaDescription) -> String {
        var parts = [media.container]
        if let video = media.streams.first(where: { $0.kind == "video" && $0.attachedPicture != true }) {
            let size = [video.width, video.height].compactMap { $0.map(String.init) }.joined(separator: "×")
            parts.append([video.codec, size, video.pixelFormat ?? ""].filter { !$0.isEmpty }.joined(separator: " "))
            if let rate = video.frameRate { parts.append("\(rate) fps") }
        }
        if let audio = media.streams.first(where: { $0.kind == "audio" }) {
            parts.append([audio.codec, audio.channelLayout ?? ""].filter { !$0.isEmpty }.joined(separator: " "))
        }
        if let duration = media.duration { parts.append(PlainText.decimal(duration, places: 3) + " s") }
        return parts.joined(separator: ", ")
    }
}

extension ParameterValue {
    /// The value as a user would write it.
    var plainText: String {
        switch self {
        case .text(let text): text
        case .number(let number): Int64(exactly: number).map(String.init) ?? "\(number)"
        case .flag(let flag): "\(flag)"
        }
    }
}
