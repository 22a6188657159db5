internal import FFmpegKit
internal import Foundation
internal import Kernels
internal import MediaCore
internal import Pipeline

/// Measures on samples what a conversion must keep: hues, unclipped highlights, and for HDR10 the way back.
///
/// The stage is never rolled back, because another dynamic range was asked for and tags, depth and encoder follow it; what
/// is out of bounds is said.
struct HDRProcessingGuard: StageGuard {
    let plan: HDRProcessingPlan

    /// Bounds of a good result.
    static let smallestRoundTrip = 38.0, largestHueShift = 3.0, largestClippedShare = 0.5

    func judge(_ samples: any SampleFrames) throws -> StageVerdict {
        let format = samples.agreement.input
        let range = try DynamicRange(format)
        guard let conversion = plan.conversion(of: range) else {
            let kind = range.isHDR ? "HDR10" : "ordinary video"
            return StageVerdict(.unverifiable, metrics: [], explanation: "the input is \(kind) already and passes")
        }
        var seen = ConversionMeasurement()
        for run in 0..<samples.runCount {
            try samples.withRun(run) { frames in
                try frames.withFrame(at: frames.count / 2) { try measure($0, conversion, range, into: &seen) }
            }
        }
        return verdict(seen, conversion)
    }

    private func measure(
        _ frame: borrowing VideoFrame,
        _ conversion: RangeConversion,
        _ range: DynamicRange,
        into seen: inout ConversionMeasurement
    ) throws {
        let agreement = try plan.negotiate(frame.format)
        guard frame.format == agreement.input else { return }
        let result = try Self.first(try plan.makeInstance(agreement), try frame.share())
        guard let result else { return }
        let step = plan.light?.step(at: frame.time) ?? conversion.usualStep
        let white = conversion.kind == .toSDR ? conversion.sourcePeak(atStep: step) : HighlightExpansion.referenceWhite
        seen.compare(frame, range, result, try DynamicRange(agreement.output), peak: white)
        guard case .expand = conversion.kind else { return }
        // Back with the tone mapping that a player would use, for the peak that this shot was given.
        let peak = conversion.expansion(atStep: step).peak
        let back = HDRProcessingPlan.inverse(peak: peak, tables: plan.tables)
        let returned = try Self.first(
            try back.makeInstance(back.negotiate(agreement.output)),
            consume result
        )
        if let returned { seen.compareLuma(frame, returned) }
    }

    private static func first(_ instance: any StageInstance, _ frame: consuming VideoFrame) throws -> VideoFrame? {
        let output = StageOutput()
        try instance.process(frame, into: output)
        return output.takeFrame()
    }

    private func verdict(_ seen: ConversionMeasurement, _ conversion: RangeConversion) -> StageVerdict {
        var metrics: [StageMetric] = []
        var faults: [String] = []
        if let shift = seen.hueShift {
            metrics.append(StageMetric("hue_shift", after: shift, unit: "°"))
            if shift > Self.largestHueShift { faults.append("hues shift by \(Self.text(shift))°") }
        }
        if let clipped = seen.clippedShare {
            metrics.append(StageMetric("clipped_pixels", after: clipped, unit: "%"))
            if conversion.kind == .toSDR, clipped > Self.largestClippedShare {
                faults.append("\(Self.text(clipped)) % of the pixels are clipped")
            }
        }
        if let psnr = seen.roundTrip {
            metrics.append(StageMetric("round_trip_y_psnr", after: psnr, unit: "dB"))
            if psnr < Self.smallestRoundTrip { faults.append("the way back to SDR has \(Self.text(psnr)) dB") }
        }
        if conversion.kind != .toSDR, let light = plan.light?.metadata {
            let levels = [
                ("max_cll", light.maximumContentLightLevel), ("max_fall", light.maximumFrameAverageLightLevel),
            ]
            for (name, value) in levels {
                if let value { metrics.append(StageMetric(name, after: Double(value), unit: "cd/m²")) }
            }
        }
        if plan.light?.hasDynamicMetadata == true {
            faults.append("dynamic metadata (HDR10+ or Dolby Vision) was dropped, because it describes the old light")
        }
        let isGood = seen.frameCount > 0 && !faults.contains { !$0.hasPrefix("dynamic") }
        return StageVerdict(
            isGood ? .kept : .unverifiable,
            metrics: metrics,
            explanation: faults.isEmpty ? nil : faults.joined(separator: "; ")
        )
    }

    private static func text(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}

extension HDRProcessingPlan {
    /// The tone mapping of HDR10 whose peak is known.
    static func inverse(peak: Double, tables: ToneTables) -> HDRProcessingPlan {
        let parameters = StageParameters(checked: ["target": .text("sdr"), "peak_nits": .number(1000)])
        let plan = HDRProcessingPlan(parameters, tables: tables)
        guard let conversion = plan.conversion(of: .perceptualQuantizer(.bt2020)) else { return plan }
        let step = conversion.step(forLevel: PerceptualQuantizer.signal(ofLuminance: peak))
        return plan.measured(MeasuredLight(shots: .whole, steps: [step], metadata: nil, hasDynamicMetadata: false))
    }
}
