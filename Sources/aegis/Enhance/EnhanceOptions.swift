internal import FFmpegKit
internal import FoundationEssentials
internal import MediaCore
internal import Pipeline
internal import Rendering

/// What `aegis enhance` was asked for, checked as far as possible without opening a file.
struct EnhanceOptions {
    /// One file to render.
    struct Item: Equatable {
        /// The file to read.
        let input: String
        /// Where the result will be.
        let output: String
    }

    let items: [Item]
    let stages: [ResolvedStage]
    let start: MediaTime?
    let end: MediaTime?
    let quality: Quality?
    let codec: OutputCodec?
    let encoderName: String?
    let encoderOptions: [CodecOption]
    let acceleration: VideoDecoder.Acceleration
    let reportPath: String?
    let workDirectory: String?
    let comparePath: String?
    let replacesOutput: Bool
    let isDryRun: Bool
    let isJSON: Bool
    let coreCount: Int

    /// Reads the options.
    ///
    /// - Throws: `RenderError` or `StageError` with the code `usage`.
    init(_ arguments: ParsedArguments, catalogue: StageCatalogue) throws {
        stages = try catalogue.resolve(
            arguments.values(EnhanceCommand.with).flatMap { try catalogue.requests(parsing: $0) }
        )
        start = try arguments.value(EnhanceCommand.start).map { try TimeArgument.parse($0, option: "--start") }
        end = try arguments.value(EnhanceCommand.end).map { try TimeArgument.parse($0, option: "--end") }
        quality = arguments.value(EnhanceCommand.quality).flatMap(Quality.init)
        codec = arguments.value(EnhanceCommand.codec).flatMap(OutputCodec.init)
        encoderName = try arguments.value(EnhanceCommand.encoder).map(Self.encoder)
        encoderOptions = try arguments.value(EnhanceCommand.encoderOptions).map(EncoderOptionsArgument.parse) ?? []
        acceleration =
            arguments.value(EnhanceCommand.decoder).flatMap(DecoderName.init)?.acceleration ?? .software
        reportPath = arguments.value(EnhanceCommand.report)
        comparePath = arguments.value(EnhanceCommand.compare)
        workDirectory = arguments.value(EnhanceCommand.workDirectory)
        replacesOutput = arguments.has(EnhanceCommand.overwrite)
        isDryRun = arguments.has(EnhanceCommand.dryRun)
        isJSON = arguments.has(EnhanceCommand.json)
        coreCount = try arguments.value(EnhanceCommand.threads).map(Self.coreCount) ?? Processors.usableCount
        items = try Self.items(arguments)
        if let comparePath {
            guard items.count == 1 else {
                throw RenderError(.usage, "--compare takes one INPUT, not \(items.count)", remedy: "call once for each")
            }
            if [items[0].input, items[0].output, reportPath].contains(comparePath) {
                throw RenderError(.usage, "--compare would replace \(comparePath)", remedy: "give it another name")
            }
        }
        if let reportPath, items.contains(where: { $0.input == reportPath || $0.output == reportPath }) {
            throw RenderError(.usage, "--report would replace \(reportPath)", remedy: "give the report another name")
        }
    }

    private static func encoder(_ name: String) throws -> String {
        guard VideoEncoder.isAvailable(name) else {
            let known = EncoderNames.usual.filter(VideoEncoder.isAvailable)
            let hint = Spelling.suggestion(for: name, among: known).map { "did you mean '\($0)'?" }
            throw RenderError(
                .usage,
                "this FFmpeg build has no encoder '\(name)'",
                remedy: hint ?? "known encoders: \(known.joined(separator: ", "))"
            )
        }
        return name
    }

    private static func coreCount(_ text: String) throws -> Int {
        guard let count = Int(text), (1...1024).contains(count) else {
            throw RenderError(.usage, "--threads cannot be '\(text)'", remedy: "give a whole number from 1 to 1024")
        }
        return count
    }

    private static func items(_ arguments: ParsedArguments) throws -> [Item] {
        let inputs = arguments.positionals
        switch (arguments.value(EnhanceCommand.output), arguments.value(EnhanceCommand.outputDirectory)) {
        case (nil, nil):
            throw RenderError(.usage, "there is no place for the result", remedy: "add -o FILE or --output-dir DIR")
        case (.some, .some):
            throw RenderError(.usage, "-o and --output-dir exclude each other", remedy: "give one of them")
        case (let output?, nil):
            guard inputs.count == 1 else {
                throw RenderError(
                    .usage,
                    "-o takes one INPUT, not \(inputs.count)",
                    remedy: "use --output-dir DIR for several"
                )
            }
            return [Item(input: inputs[0], output: output)]
        case (nil, let directory?):
            return try items(inputs, in: directory)
        }
    }

    private static func items(_ inputs: [String], in directory: String) throws -> [Item] {
        var inputsByOutput: [String: String] = [:]
        return try inputs.map { input in
            let output = directory + (directory.hasSuffix("/") ? "" : "/") + outputName(for: input)
            if let other = inputsByOutput.updateValue(input, forKey: output) {
                throw RenderError(
                    .usage,
                    "\(other) and \(input) would both become \(output)",
                    remedy: other == input ? "name each input once" : "render them into different folders"
                )
            }
            return Item(input: input, output: output)
        }
    }

    /// The input's own name where that names a container that can be written, otherwise with `.mp4` at the end.
    private static func outputName(for input: String) -> String {
        let name = String(input.split(separator: "/").last ?? "output")
        return Muxer.Container(fileName: name) == nil ? name + ".mp4" : name
    }
}
