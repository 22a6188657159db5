internal import FFmpegKit
internal import Kernels
internal import MediaCore
internal import Pipeline

/// Applies the table of each frame's shot. Confined to one thread; allocates nothing per frame.
final class HDRProcessingInstance: StageInstance {
    private let plan: HDRProcessingPlan
    private let range: DynamicRange
    private let conversion: RangeConversion
    private var workspace: Workspace
    private var table: ColorLUT?
    private var tableStep = -1
    private var adaption: HeadroomAdaption
    private var frameNumber = 0
    /// Streams without measurements are looked at every so many frames.
    private static let framesPerLook = 3

    init(_ plan: HDRProcessingPlan, _ range: DynamicRange, _ conversion: RangeConversion, format: VideoFormat) {
        self.plan = plan
        self.range = range
        self.conversion = conversion
        workspace = Workspace(format, range, conversion)
        adaption = HeadroomAdaption(conversion)
    }

    func process(_ frame: consuming VideoFrame, into output: StageOutput) throws {
        if frame.format != workspace.input { workspace = Workspace(frame.format, range, conversion) }
        let step = headroomStep(for: frame)
        if step != tableStep || table == nil {
            table = plan.tables.table(conversion, from: workspace.encoding, to: workspace.outputEncoding, step: step)
            tableStep = step
        }
        guard let table else { preconditionFailure("a table was made") }
        output.emit(try workspace.apply(table, to: frame))
    }

    func reset() {
        adaption = HeadroomAdaption(conversion)
        frameNumber = 0
    }

    private func headroomStep(for frame: borrowing VideoFrame) -> Int {
        if let light = plan.light { return light.step(at: frame.time) ?? conversion.usualStep }
        if frameNumber % Self.framesPerLook == 0, let measurement = workspace.probe.measure(frame) {
            adaption.see(measurement)
        }
        frameNumber += 1
        return adaption.step
    }
}

extension MeasuredLight {
    /// The headroom step at a moment; `nil` when nothing was measured.
    func step(at time: MediaTime?) -> Int? {
        let shot = shots.shot(at: time)
        return shot < steps.count ? steps[shot] : nil
    }
}

extension RangeConversion {
    /// The step to begin with when nothing is known: HDR graded for 1000 cd/m², a little room above diffuse white.
    var usualStep: Int {
        switch kind {
        case .toSDR: step(forLevel: PerceptualQuantizer.signal(ofLuminance: 1000))
        case .expand: 10
        case .displayHLG: 0
        }
    }
}

/// What the pass needs for frames of one format.
private struct Workspace: ~Copyable {
    let input: VideoFormat
    /// What the table is fed.
    let encoding: ColorEncoding
    let outputEncoding: ColorEncoding
    let probe: LightProbe
    private let pool: VideoFramePool
    private let copies: VideoFramePool
    private var mapper: ColorMapper
    /// For 8 bits whose steps would become visible; then the table is fed 12 bits.
    private var debander: Debander?

    init(_ format: VideoFormat, _ range: DynamicRange, _ conversion: RangeConversion) {
        input = format
        let output = conversion.outputFormat(format)
        var layout = FrameLayout(format)
        if case .expand = conversion.kind, layout.depth == 8 {
            let debander = Debander(layout)
            layout = debander.output
            self.debander = consume debander
        } else {
            debander = nil
        }
        encoding = format.colorEncoding(matrixIsBT2020: range.isHDR, depth: layout.depth)
        outputEncoding = output.colorEncoding(matrixIsBT2020: output.color.isHDR)
        probe = LightProbe(format, input: range, conversion: conversion, pixelCount: 40_000)
        pool = VideoFramePool(format: output)
        copies = VideoFramePool(format: format)
        mapper = ColorMapper(
            input: layout,
            output: FrameLayout(output),
            siting: ChromaSiting(chromaLocation: format.color.chromaLocation)
        )
    }

    mutating func apply(_ table: ColorLUT, to frame: consuming VideoFrame) throws -> VideoFrame {
        if !frame.hasForwardRows {
            var copy = try copies.makeFrame(timebase: frame.timebase)
            try copy.copyProperties(of: frame)
            try copy.copySamples(of: frame)
            frame = copy.freeze()
        }
        var result = try pool.makeFrame(timebase: frame.timebase)
        // What the metadata says holds for the input's light only.
        try result.copyProperties(of: frame, keepingHDRMetadata: false)
        frame.withFramePlanes { input in
            result.withFramePlanes { output in
                if debander == nil {
                    mapper.run(input: input, output: output, lut: table)
                } else {
                    debander?.run(input) { mapper.run(input: $0, output: output, lut: table) }
                }
            }
        }
        return result.freeze()
    }
}
