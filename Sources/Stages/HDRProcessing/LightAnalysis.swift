internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// Measures a file's light and chooses the table of each shot.
///
/// A shot has one table, so that nothing pumps inside it; the tables of two shots have nothing to do with each other.
struct LightAnalysis: FileAnalysis {
    let plan: HDRProcessingPlan

    let preRollFrames = 0

    /// The frames as they are rendered: highlights would not survive scaling, and the probe reads few rows.
    func negotiate(_ offered: VideoFormat) throws -> VideoFormat { try plan.negotiate(offered).input }

    func makeProbe(_ format: VideoFormat) throws -> any FrameProbe<LightMeasurement> {
        let input = try DynamicRange(format)
        return LightProbe(format, input: input, conversion: plan.conversion(of: input))
    }

    func makePlan(_ file: MeasuredFile<LightMeasurement>) throws -> any StagePlan {
        let input = try DynamicRange(file.format)
        let conversion = plan.conversion(of: input)
        var result = MeasuredLight(
            shots: file.shots,
            steps: [],
            metadata: nil,
            hasDynamicMetadata: file.frames.contains { $0.measurement.hasDynamicMetadata }
        )
        var (peak, average) = (Float(0), Float(0))
        for shot in 0..<file.shots.count {
            let frames = file.frames(inShot: shot)
            let step = conversion.map { Self.step(frames, $0) } ?? 0
            result.steps.append(step)
            for frame in frames {
                let (peaks, averages) = (frame.measurement.peaks, frame.measurement.averages)
                guard !peaks.isEmpty, peaks.count == averages.count else { continue }
                peak = max(peak, peaks[min(step, peaks.count - 1)])
                average = max(average, averages[min(step, averages.count - 1)])
            }
        }
        if conversion?.kind != .toSDR, input.isHDR || conversion != nil, peak > 0 {
            let display = conversion.map { HDRMetadata.MasteringDisplay.displayP3(peak: $0.peak) }
            result.metadata = HDRMetadata(
                masteringDisplay: display,
                maximumContentLightLevel: max(1, Int(peak.rounded(.up))),
                maximumFrameAverageLightLevel: max(1, Int(average.rounded(.up)))
            )
        }
        return plan.measured(result)
    }

    /// The headroom step of a shot.
    private static func step(
        _ frames: ArraySlice<MeasuredFrame<LightMeasurement>>,
        _ conversion: RangeConversion
    ) -> Int {
        let levels = frames.map(\.measurement.level).sorted()
        guard let last = levels.last else { return conversion.usualStep }
        // HDR: nearly all frames keep their highlights, but a flash of a few does not dim the rest. Ordinary video: what
        // is white in most of the frames is white.
        let place = conversion.kind == .toSDR ? 0.95 : 0.5
        let index = Int((Double(levels.count - 1) * place).rounded(.up))
        return conversion.step(forLevel: Double(index < levels.count ? levels[index] : last))
    }
}

/// What came out of measuring a file.
struct MeasuredLight: Sendable {
    var shots: ShotTable
    /// The headroom step of each shot.
    var steps: [Int]
    /// Static metadata of the result, or of a PQ input that stays as it is; `nil` where the result is not HDR.
    var metadata: HDRMetadata?
    var hasDynamicMetadata: Bool
}

extension HDRMetadata.MasteringDisplay {
    /// The display that HDR10 programmes are usually graded on.
    static func displayP3(peak: Double) -> HDRMetadata.MasteringDisplay {
        let primaries = RGBPrimaries.displayP3
        return HDRMetadata.MasteringDisplay(
            red: primaries.red,
            green: primaries.green,
            blue: primaries.blue,
            white: primaries.white,
            minimumLuminance: 0.0001,
            maximumLuminance: peak
        )
    }
}
