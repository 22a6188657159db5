public import FFmpegKit
internal import Foundation
internal import Kernels
public import MediaCore
public import Pipeline

/// `hdr_processing`: HDR10 from ordinary video, ordinary video from HDR.
///
/// Without measurements (live streams) instances adapt as they go; with them every shot has its own table.
public struct HDRProcessingPlan: StagePlan {
    /// `hdr_processing`.
    public let name = Self.stageName
    /// The parameters in use.
    public let parameters: StageParameters
    /// Every frame leaves at once.
    public let latencyFrames = 0
    /// Tables are chosen by time; nothing depends on earlier frames.
    public let preRollFrames = 0

    static let stageName = "hdr_processing"

    let tables: ToneTables
    /// What was measured; `nil` before, and in live streams.
    private(set) var light: MeasuredLight?
    private let target: RangeConversion.Target
    private let peak: Double

    /// Takes checked parameters.
    public init(_ parameters: StageParameters, _ context: StageContext) {
        self.init(parameters)
    }

    /// Makes a plan with tables that others may share; coarser ones are enough for tests.
    init(_ parameters: StageParameters, tables: ToneTables = ToneTables()) {
        self.parameters = parameters
        target = parameters.text("target").flatMap(RangeConversion.Target.init(rawValue:)) ?? .automatic
        peak = parameters.number("peak_nits")
        self.tables = tables
    }

    /// What is done with an input; `nil` when it passes.
    func conversion(of input: DynamicRange) -> RangeConversion? {
        RangeConversion(from: input, to: target, peak: peak)
    }

    /// This plan after the first pass.
    func measured(_ light: MeasuredLight) -> HDRProcessingPlan {
        var plan = self
        plan.light = light
        return plan
    }

    /// Wants planar 4:2:0 and emits BT.709 of 8 bits or HDR10 of 10.
    ///
    /// - Throws: ``StageError`` when the tags of the stream contradict each other.
    public func negotiate(_ offered: VideoFormat) throws -> FormatAgreement {
        let range = try DynamicRange(offered)
        guard let conversion = conversion(of: range) else { return FormatAgreement(input: offered, output: offered) }
        var input = offered
        input.memory = .host
        input.pixelFormat = PixelFormat.planar(bitDepth: offered.pixelFormat.bitDepth, chroma: .half420) ?? .yuv420p
        return FormatAgreement(input: input, output: conversion.outputFormat(input))
    }

    /// Makes an instance.
    public func makeInstance(_ agreement: FormatAgreement) throws -> any StageInstance {
        let range = try DynamicRange(agreement.input)
        guard let conversion = conversion(of: range) else { return PassingStage() }
        return HDRProcessingInstance(self, range, conversion, format: agreement.input)
    }

    /// Measures the light of every shot; `nil` once that is done.
    public var analysis: (any FileAnalysis)? { light == nil ? LightAnalysis(plan: self) : nil }

    /// Checks the tone mapping on the user's own frames.
    public var stageGuard: (any StageGuard)? { HDRProcessingGuard(plan: self) }

    /// None for ordinary video; what was computed from the result for HDR10; unchanged for PQ that passes.
    public func hdrMetadata(after metadata: HDRMetadata?) -> HDRMetadata? {
        if target == .sdr { return nil }
        if let light {
            guard let computed = light.metadata else { return nil }
            // PQ that passes keeps what it says about itself.
            return computed.masteringDisplay == nil ? metadata ?? computed : computed
        }
        if target == .hdr10, let metadata { return metadata }
        return HDRMetadata(
            masteringDisplay: .displayP3(peak: peak),
            maximumContentLightLevel: nil,
            maximumFrameAverageLightLevel: nil
        )
    }

    /// The catalogue entry.
    public static let descriptor = StageDescriptor(
        name: stageName,
        summary: "Makes HDR10 of ordinary video and ordinary video of HDR",
        parameters: [
            ParameterDescriptor(
                "target",
                .choice(["auto", "hdr10", "sdr"]),
                default: .text("auto"),
                "What comes out; auto is the other kind than what comes in"
            ),
            ParameterDescriptor(
                "peak_nits",
                .number(400...2000),
                default: .number(1000),
                unit: "cd/m²",
                "How bright highlights get in HDR10"
            ),
        ],
        contributes: [.video, .analysis],
        canonicalOrder: 500,
        segmentation: .parallel,
        failurePolicy: .open
    ) { parameters, context in HDRProcessingPlan(parameters, context) }
}
