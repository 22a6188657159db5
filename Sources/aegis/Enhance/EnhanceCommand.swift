internal import FFmpegKit
internal import Pipeline
internal import Rendering
internal import Stages

/// `aegis enhance`: renders files.
enum EnhanceCommand {
    static let output = OptionDescription(
        name: "output",
        short: "o",
        value: ValueDescription("FILE", .file),
        summary: "The result; its extension chooses the container"
    )
    static let outputDirectory = OptionDescription(
        name: "output-dir",
        value: ValueDescription("DIR", .directory),
        summary: "Folder for the results, which keep the names of the inputs; for several inputs"
    )
    static let with = OptionDescription(
        name: "with",
        value: ValueDescription("STAGE", .suggestions(StageCatalogue.standard.descriptors.map(\.name))),
        isRepeatable: true,
        summary: "A stage: NAME, NAME:parameter=value:parameter=value, or JSON"
    )
    static let start = OptionDescription(
        name: "start",
        value: ValueDescription("TIME"),
        summary: "Begin here: \(TimeArgument.forms)"
    )
    static let end = OptionDescription(name: "end", value: ValueDescription("TIME"), summary: "End here")
    static let quality = OptionDescription(
        name: "quality",
        value: ValueDescription("QUALITY", .choice(Quality.allCases.map(\.rawValue))),
        summary: "Rate and effort: low is fastest, high is visually clean (default), ultra is nearly lossless"
    )
    static let codec = OptionDescription(
        name: "codec",
        value: ValueDescription("CODEC", .choice(OutputCodec.allCases.map(\.rawValue))),
        summary: "The codec; without it the container and the depth decide"
    )
    static let encoder = OptionDescription(
        name: "encoder",
        value: ValueDescription("NAME", .suggestions(EncoderNames.usual)),
        summary: "FFmpeg's name of the encoder, hardware ones included; wins over --codec"
    )
    static let encoderOptions = OptionDescription(
        name: "encoder-options",
        value: ValueDescription("K=V:K=V"),
        summary: #"The encoder's own options, which win over --quality; \: is a colon in a value"#
    )
    static let decoder = OptionDescription(
        name: "decoder",
        value: ValueDescription("WHERE", .choice(DecoderName.allCases.map(\.rawValue))),
        summary: "Where to decode; software (default) gives the same result everywhere"
    )
    static let report = OptionDescription(
        name: "report",
        value: ValueDescription("FILE.json", .file),
        summary: "Write what was done and measured; a list for several inputs"
    )
    static let compare = OptionDescription(
        name: "compare",
        value: ValueDescription("FILE", .file),
        summary: "Also write the input and the result side by side, a film or a still; for one input"
    )
    static let workDirectory = OptionDescription(
        name: "work-dir",
        value: ValueDescription("DIR", .directory),
        summary: "Keep what is done in DIR: the same command goes on there after it was killed or the power failed"
    )
    static let overwrite = OptionDescription(name: "overwrite", short: "y", summary: "Replace existing files")
    static let dryRun = OptionDescription(name: "dry-run", summary: "Show the plan and do nothing")
    static let json = OptionDescription.json.described(
        as: "Write progress and results to standard output, one JSON object a line"
    )
    static let threads = OptionDescription(
        name: "threads",
        value: ValueDescription("N"),
        summary: "Cores to use (default: all)"
    )

    /// The command.
    static let description = CommandDescription(
        name: "enhance",
        summary: "Render files through stages",
        details: [
            "Enhancements run in a fixed order that suits them, whatever the order of --with; transform and filter stay "
                + "right after the stage that they follow. Sound, subtitles and chapters are carried over. Without any "
                + "stage or wish the streams are copied as they are into the new container.",
            "The result appears under its name when it is complete; a failed or interrupted run leaves nothing. It gets "
                + "the permissions that your umask gives.",
            "With --work-dir an interrupted run is no loss: analysis, verdicts and finished segments stay in a folder there "
                + "until the result is complete, and the same command gives the same file, bit for bit.",
        ],
        positionals: [
            PositionalDescription(
                value: ValueDescription("INPUT", .file),
                count: .oneOrMore,
                summary: "Files to render"
            )
        ],
        options: [
            output, outputDirectory, with, start, end, quality, codec, encoder, encoderOptions, decoder, report,
            compare, workDirectory, overwrite, dryRun, json, threads,
        ],
        examples: [
            .init(
                summary: "cut ten seconds and halve the size",
                line: "aegis enhance in.mp4 -o out.mp4 --start 1:05 --end 1:15 --with transform:size=640x360"
            ),
            .init(
                summary: "any FFmpeg filter chain, encoded as AV1",
                line: "aegis enhance in.mp4 -o out.webm --with filter:graph=hqdn3d=4:3:6:4.5 --codec av1"
            ),
            .init(
                summary: "several files, JSON for a program",
                line: "aegis enhance *.mov --output-dir out --with transform:fps=30 --json"
            ),
        ],
        appendix: {
            [
                HelpSection(
                    title: "Stages (aegis stages NAME tells more)",
                    rows: StageCatalogue.standard.descriptors.map { ($0.name, $0.summary) }
                )
            ]
        },
        run: { arguments, session in
            try EnhanceRun(EnhanceOptions(arguments, catalogue: .standard), session).run()
        }
    )
}

/// The words of `--decoder`.
enum DecoderName: String, CaseIterable {
    /// The first device that can, otherwise the processor.
    case auto
    /// The processor.
    case software
    /// NVIDIA.
    case cuda
    /// Intel and AMD.
    case vaapi
    /// Intel Quick Sync.
    case qsv

    /// What the decoder is told.
    var acceleration: VideoDecoder.Acceleration {
        switch self {
        case .auto: .automatic
        case .software: .software
        case .cuda: .device(.cuda)
        case .vaapi: .device(.vaapi)
        case .qsv: .device(.qsv)
        }
    }
}

/// The encoders that people usually mean.
enum EncoderNames {
    /// The software encoders that `--quality` knows best, with their codecs.
    static let software = [("libx264", "H.264"), ("libx265", "HEVC"), ("libsvtav1", "AV1")]
    /// The hardware encoders of each family of devices.
    static let hardware: [(device: HardwareDevice.Kind, names: [String])] = [
        (.cuda, ["h264_nvenc", "hevc_nvenc", "av1_nvenc"]),
        (.vaapi, ["h264_vaapi", "hevc_vaapi", "av1_vaapi"]),
        (.qsv, ["h264_qsv", "hevc_qsv", "av1_qsv"]),
    ]
    /// All of them.
    static let usual = software.map(\.0) + hardware.flatMap(\.names)
}
