internal import FFmpegKit
internal import Glibc
internal import Kernels
internal import MediaCore
internal import Pipeline

/// Judges on the user's own frames whether the network enlarges them better than Lanczos does.
///
/// Frames are made small (antialiased, to the half), enlarged again by both and compared with what they were. And the
/// enlarged frames are made small and compared with the frames, because an enlargement must not invent another picture.
struct UpscalingGuard: StageGuard {
    let plan: UpscalingPlan

    /// The least agreement of the result made small with what went in, in dB.
    private static let leastConsistency = 45.0
    /// Neighbouring frames tell the same.
    private static let framesOfARun = 2
    /// Samples at the edges, where degrading repeats them, are not compared.
    private static let border = 8

    func judge(_ samples: any SampleFrames) throws -> StageVerdict {
        let input = samples.agreement.input
        guard samples.runCount > 0, min(input.width, input.height) >= 32 else {
            return StageVerdict(.unverifiable, metrics: [], explanation: plan.fallbackReason)
        }
        let trial = try Trial(plan, input: input, output: samples.agreement.output)
        for index in 0..<samples.runCount {
            try samples.withRun(index) { frames in
                for position in 0..<min(frames.count, Self.framesOfARun) {
                    try frames.withFrame(at: position) { try trial.measure($0) }
                }
            }
        }
        return verdict(trial)
    }

    private func verdict(_ trial: Trial) -> StageVerdict {
        let consistency = trial.consistency.psnr
        var metrics = [StageMetric("consistency_y_psnr", after: consistency, unit: "dB")]
        guard plan.network != nil else {
            return StageVerdict(.kept, metrics: metrics, explanation: plan.fallbackReason)
        }
        let (before, after) = (trial.lanczos.psnr, trial.neural.psnr)
        metrics.insert(StageMetric("restored_y_psnr", before: before, after: after, unit: "dB"), at: 0)
        let reason: String
        if after <= before {
            reason = "Lanczos is used: on this picture the network is not better"
        } else if consistency < Self.leastConsistency {
            reason =
                "Lanczos is used: what the network makes of this picture differs from it when it is made small again"
        } else {
            return StageVerdict(.kept, metrics: metrics)
        }
        return StageVerdict(.kept, metrics: metrics, plan: plan.withoutNetwork(reason), explanation: reason)
    }

    /// Squared errors, added up.
    private struct ErrorSum {
        let peak: Int
        var sum: UInt64 = 0
        var count = 0

        /// Equal pictures count as 100 dB.
        var psnr: Double {
            guard count > 0, sum > 0 else { return 100 }
            let mean = Double(sum) / Double(count)
            return min(100, 10 * log10(Double(peak * peak) / mean))
        }

        mutating func add(_ a: SamplePlane, _ b: SamplePlane, border: Int) {
            let (columns, rows) = (border..<a.width - border, border..<a.height - border)
            sum += a.squaredDifference(to: b, x: columns, y: rows)
            count += columns.count * rows.count
        }
    }

    /// Everything that is needed to judge frames of one format.
    private final class Trial {
        private let pixelFormat: PixelFormat
        private let peak: Int
        private let small: OwnedPlane
        private let restored: OwnedPlane
        private let result: OwnedPlane
        private let returned: OwnedPlane
        private let neuralRestorer: LumaEnlarger?
        private let lanczosRestorer: LumaEnlarger
        private let enlarger: LumaEnlarger
        private var degrading: PlaneResampler
        private var returning: PlaneResampler
        var neural: ErrorSum
        var lanczos: ErrorSum
        var consistency: ErrorSum

        init(_ plan: UpscalingPlan, input: VideoFormat, output: VideoFormat) throws {
            pixelFormat = input.pixelFormat
            peak = (1 << pixelFormat.bitDepth) - 1
            let kind: SamplePlane.Kind = pixelFormat.bytesPerSample == 1 ? .uint8 : .uint16
            // An odd last column or row has no pair.
            let (width, height) = (input.width & ~1, input.height & ~1)
            small = OwnedPlane(width: width / 2, height: height / 2, kind: kind)
            restored = OwnedPlane(width: width, height: height, kind: kind)
            result = OwnedPlane(width: output.width, height: output.height, kind: kind)
            returned = OwnedPlane(width: input.width, height: input.height, kind: kind)
            func restorer(_ network: UpscalingNetwork?) throws -> LumaEnlarger {
                try LumaEnlarger(
                    width: width / 2,
                    height: height / 2,
                    resultWidth: width,
                    resultHeight: height,
                    network: network
                )
            }
            neuralRestorer = try plan.network.map(restorer)
            lanczosRestorer = try restorer(nil)
            enlarger = try LumaEnlarger(
                width: input.width,
                height: input.height,
                resultWidth: output.width,
                resultHeight: output.height,
                network: plan.network
            )
            degrading = PlaneResampler(
                PlaneResampler.Axis(from: width, to: width / 2),
                PlaneResampler.Axis(from: height, to: height / 2),
                filter: .bicubic
            )
            returning = PlaneResampler(
                PlaneResampler.Axis(from: output.width, to: input.width),
                PlaneResampler.Axis(from: output.height, to: input.height),
                filter: .bicubic
            )
            neural = ErrorSum(peak: peak)
            lanczos = ErrorSum(peak: peak)
            consistency = ErrorSum(peak: peak)
        }

        func measure(_ frame: borrowing VideoFrame) throws {
            guard frame.hasForwardRows else { return }
            try frame.withPlane(0) { view in
                let whole = SamplePlane(view, pixelFormat)
                let truth = whole.cropped(width: restored.plane.width, height: restored.plane.height)
                degrading.run(truth, into: small.plane, peak: peak)
                try lanczosRestorer.run(small.plane, into: restored.plane, peak: peak)
                lanczos.add(truth, restored.plane, border: UpscalingGuard.border)
                if let neuralRestorer {
                    try neuralRestorer.run(small.plane, into: restored.plane, peak: peak)
                    neural.add(truth, restored.plane, border: UpscalingGuard.border)
                }
                try enlarger.run(whole, into: result.plane, peak: peak)
                returning.run(result.plane, into: returned.plane, peak: peak)
                consistency.add(whole, returned.plane, border: UpscalingGuard.border)
            }
        }
    }
}
