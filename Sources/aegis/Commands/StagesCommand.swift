internal import Pipeline
internal import Rendering
internal import Stages

/// `aegis stages`: the catalogue.
enum StagesCommand {
    /// The command.
    static let description = CommandDescription(
        name: "stages",
        summary: "List the stages, or tell all about one",
        positionals: [
            PositionalDescription(
                value: ValueDescription("NAME", .suggestions(StageCatalogue.standard.descriptors.map(\.name))),
                count: .optional,
                summary: "The stage to tell about"
            )
        ],
        options: [.json],
        run: { arguments, _ in
            let catalogue = StageCatalogue.standard
            let isJSON = arguments.has(.json)
            if let name = arguments.positionals.first {
                let stage = try catalogue.descriptor(named: name)
                try StandardStream.output.write(
                    isJSON ? JSONText.pretty(StageDescription(stage)) : StageText.detail(of: stage)
                )
            } else {
                try StandardStream.output.write(
                    isJSON
                        ? JSONText.pretty(catalogue.descriptors.map(StageDescription.init))
                        : StageText.table(of: catalogue.descriptors)
                )
            }
            return 0
        }
    )
}

/// A catalogue entry as JSON.
struct StageDescription: Encodable {
    private let name: String
    private let summary: String
    private let parameters: [Parameter]
    private let contributes: [String]
    private let order: Int?
    private let segmentation: String
    private let failurePolicy: String

    struct Parameter: Encodable {
        let name: String
        let type: String
        let summary: String
        let `default`: ParameterValue?
        let required: Bool
        let unit: String?
        var minimum: Double?
        var maximum: Double?
        var values: [String]?
        var example: String?
    }

    init(_ stage: StageDescriptor) {
        name = stage.name
        summary = stage.summary
        parameters = stage.parameters.map(Parameter.init)
        contributes = [(StageDescriptor.Contribution.video, "video"), (.audio, "audio"), (.analysis, "analysis")]
            .filter { stage.contributes.contains($0.0) }.map(\.1)
        order = stage.canonicalOrder
        segmentation = stage.segmentation == .parallel ? "parallel" : "whole_file"
        failurePolicy = stage.failurePolicy.rawValue
    }
}

extension StageDescription.Parameter {
    init(_ parameter: ParameterDescriptor) {
        name = parameter.name
        summary = parameter.summary
        `default` = parameter.defaultValue
        required = parameter.isRequired
        unit = parameter.unit.isEmpty ? nil : parameter.unit
        switch parameter.kind {
        case .number(let range):
            type = "number"
            (minimum, maximum) = (Self.limit(range.lowerBound), Self.limit(range.upperBound))
        case .integer(let range):
            type = "integer"
            (minimum, maximum) = (Self.limit(Double(range.lowerBound)), Self.limit(Double(range.upperBound)))
        case .flag: type = "boolean"
        case .choice(let words):
            type = "choice"
            values = words
        case .text(let text):
            type = "text"
            example = text.isEmpty ? nil : text
        case .background(let words):
            type = "background"
            values = words
        case .asset(let kind): type = kind
        }
    }

    /// Bounds beyond any sensible value mean that there is none.
    private static func limit(_ value: Double) -> Double? { abs(value) < 1e15 ? value : nil }
}

/// Catalogue entries as text.
enum StageText {
    /// All stages, a line each.
    static func table(of stages: [StageDescriptor]) -> String {
        HelpText.table(stages.map { ($0.name, $0.summary) }).map { $0.dropFirst(2) + "\n" }.joined()
    }

    /// Everything about one stage.
    static func detail(of stage: StageDescriptor) -> String {
        var lines = ["\(stage.name): \(stage.summary)"]
        if !stage.parameters.isEmpty {
            lines += ["", "Parameters:"]
            lines += HelpText.table(stage.parameters.map { ($0.name, text(of: $0)) })
        }
        let runs =
            stage.segmentation == .parallel
            ? "parts of a file side by side" : "a file from beginning to end by one instance"
        lines += ["", "Renders \(runs).", "Live, a failure is \(stage.failurePolicy.rawValue): \(explanation(stage))."]
        lines += ["", "Example:", "  aegis enhance in.mp4 -o out.mp4 --with \(example(of: stage))"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func explanation(_ stage: StageDescriptor) -> String {
        stage.failurePolicy == .open ? "the frame passes as it is" : "the raw frame is never shown"
    }

    private static func text(of parameter: ParameterDescriptor) -> String {
        var text = "\(parameter.summary): \(parameter.allowedValues)"
        if let value = parameter.defaultValue {
            text += " (default \(value.plainText))"
        } else if parameter.isRequired {
            text += " (required)"
        }
        return text
    }

    /// A use of the stage that its descriptor shows to be valid.
    static func example(of stage: StageDescriptor) -> String {
        let shown = stage.parameters.filter(\.isRequired) + stage.parameters.filter { !$0.isRequired }
        guard let parameter = shown.first, let value = exampleValue(of: parameter) else { return stage.name }
        let argument = "\(stage.name):\(parameter.name)=\(value)"
        let needsQuotes = argument.contains { " '\"#;&|<>()$*?[]\\".contains($0) }
        return needsQuotes ? "'\(argument)'" : argument
    }

    private static func exampleValue(of parameter: ParameterDescriptor) -> String? {
        switch parameter.kind {
        case .text(let example): example.isEmpty ? nil : example
        case .choice(let words): words.last
        case .background: "'#00b140'".filter { $0 != "'" }
        case .number, .integer, .flag: parameter.defaultValue?.plainText
        case .asset: nil
        }
    }
}
