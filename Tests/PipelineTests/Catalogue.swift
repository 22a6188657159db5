import MediaTestKit
import Pipeline

/// A catalogue with every kind of parameter, after the stages of the contract.
let catalogue = StageCatalogue([
    entry(
        "virtual_background",
        order: 80,
        .init("background", .background(words: ["blur"]), default: .text("blur"), "what is shown behind people"),
        .init("strength", .number(0...1), default: .number(0.6), "how strong the blur is"),
        .init("model", .choice(["selfie"]), default: .text("selfie"), "the network"),
        .init("fail", .choice(["open", "closed"]), default: .text("closed"), "what failing means")
    ),
    entry(
        "noise_reduction",
        order: 10,
        .init("level", .choice(["auto", "light", "medium", "strong"]), default: .text("auto"), "how much"),
        .init("audio", .flag, default: .flag(true), "whether speech is denoised too")
    ),
    entry(
        "upscaling",
        order: 50,
        .init("scale", .integer(2...4), default: .number(2), "how many times larger"),
        .init("model", .choice(["neural", "lanczos"]), default: .text("neural"), "how")
    ),
    entry(
        "audio_enhancement",
        order: 90,
        .init("loudness", .number(-40...0), default: .number(-16), unit: "LUFS", "the target"),
        .init("sync", .text(example: "auto"), default: .text("auto"), "the A/V offset")
    ),
    entry(
        "color_enhancement",
        order: 30,
        .init("lut", .asset(kind: ".cube file"), "a table"),
        .init("limit", .number(0...Double.greatestFiniteMagnitude), "open upwards")
    ),
    entry("transform", order: nil, .init("flip", .choice(["none", "horizontal"]), default: .text("none"), "mirror")),
    entry(
        "filter",
        order: nil,
        .init("graph", .text(example: "scale=640:-2"), isRequired: true, "a libavfilter video graph")
    ),
])

private func entry(_ name: String, order: Int?, _ parameters: ParameterDescriptor...) -> StageDescriptor {
    StageDescriptor(
        name: name,
        summary: "does \(name)",
        parameters: parameters,
        contributes: .video,
        canonicalOrder: order,
        segmentation: .parallel,
        failurePolicy: .open,
        makePlan: { _, _ in FakePlan(name) }
    )
}
