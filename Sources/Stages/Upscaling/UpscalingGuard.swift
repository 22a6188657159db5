internal import FFmpegKit
internal import Glibc
internal import Kernels
internal import MediaCore
internal import Pipeline

/// Judges on the user's own frames whether the network enlarges them better than Lanczos does.
///
/// Frames are made small (antialiased, to the half), enlarged again by both and compared with what they were. And the
/// enlarged frames are made small and compared with the frames, because an enlargement must not invent another picture.
/// Soft pictures need less of the network than sharp ones: the share that restores the frames best is used.
struct UpscalingGuard: StageGuard {
    let plan: UpscalingPlan

    /// The least agreement of the result made small with what went in, in dB.
    private static let leastConsistency = 45.0
    /// The shares of what the network says that are tried.
    private static let strengths: [Float] = [1, 0.85, 0.7, 0.5]
    /// Neighbouring frames tell the same.
    private static let framesOfARun = 2
    /// Samples at the edges, where degrading repeats them, are not compared.
    private static let border = 8

    func judge(_ samples: any SampleFrames) throws -> StageVerdict {
        let input = samples.agreement.input
        guard samples.runCount > 0, min(input.width, input.height) >= 32 else {
            return StageVerdict(.unverifiable, metrics: [], explanation: plan.fallbackReason)
        }
        guard let network = plan.network else {
            let consistency = try consistency(of: samples, nil, strength: 1)
            let metrics = [StageMetric("consistency_y_psnr", after: consistency, unit: "dB")]
            return StageVerdict(.kept, metrics: metrics, explanation: plan.fallbackReason)
        }
        let lanczos = try restoration(of: samples, nil, strengths: [1])[0]
        let restored = try restoration(of: samples, network, strengths: Self.strengths)
        let (strength, best) = zip(Self.strengths, restored).reduce((1, 0)) { $1.1 > $0.1 ? $1 : $0 }
        let consistency = try consistency(of: samples, network, strength: strength)
        let metrics = [
            StageMetric("restored_y_psnr", before: lanczos, after: best, unit: "dB"),
            StageMetric("consistency_y_psnr", after: consistency, unit: "dB"),
            StageMetric("detail_strength", after: (Double(strength) * 100).rounded() / 100),
        ]
        let reason: String
        if best <= lanczos {
            reason = "Lanczos is used: on this picture the network is not better"
        } else if consistency < Self.leastConsistency {
            reason =
                "Lanczos is used: what the network makes of this picture differs from it when it is made small again"
        } else {
            let isUsual = strength == plan.strength
            return StageVerdict(.kept, metrics: metrics, plan: isUsual ? nil : plan.adjusted(strength: strength))
        }
        return StageVerdict(.kept, metrics: metrics, plan: plan.withoutNetwork(reason), explanation: reason)
    }

    // MARK: - Trials

    /// How near the frames come to themselves after they were halved and enlarged, at each strength, in dB.
    private func restoration(
        of samples: any SampleFrames,
        _ network: UpscalingNetwork?,
        strengths: [Float]
    ) throws -> [Double] {
        let input = samples.agreement.input
        // An odd last column or row has no pair.
        let (width, height) = (input.width & ~1, input.height & ~1)
        let peak = (1 << input.pixelFormat.bitDepth) - 1
        let kind: SamplePlane.Kind = input.pixelFormat.bytesPerSample == 1 ? .uint8 : .uint16
        let small = OwnedPlane(width: width / 2, height: height / 2, kind: kind)
        let restored = OwnedPlane(width: width, height: height, kind: kind)
        let shrinking = Shrinking(from: (width, height), to: (width / 2, height / 2))
        let enlarger = try LumaEnlarger(
            width: width / 2,
            height: height / 2,
            resultWidth: width,
            resultHeight: height,
            network: network,
            strength: 1
        )
        var sums = strengths.map { _ in ErrorSum(peak: peak) }
        try forEachFrame(of: samples) { whole in
            let truth = whole.cropped(width: width, height: height)
            shrinking.run(truth, into: small.plane, peak: peak)
            for (index, strength) in strengths.enumerated() {
                enlarger.strength = strength
                try enlarger.run(small.plane, into: restored.plane, peak: peak)
                sums[index].add(truth, restored.plane, border: Self.border)
            }
        }
        return sums.map(\.psnr)
    }

    /// How near the frames come to themselves after they were enlarged and made small, in dB.
    private func consistency(
        of samples: any SampleFrames,
        _ network: UpscalingNetwork?,
        strength: Float
    ) throws -> Double {
        let (input, output) = (samples.agreement.input, samples.agreement.output)
        let peak = (1 << input.pixelFormat.bitDepth) - 1
        let kind: SamplePlane.Kind = input.pixelFormat.bytesPerSample == 1 ? .uint8 : .uint16
        let result = OwnedPlane(width: output.width, height: output.height, kind: kind)
        let returned = OwnedPlane(width: input.width, height: input.height, kind: kind)
        let shrinking = Shrinking(from: (output.width, output.height), to: (input.width, input.height))
        let enlarger = try LumaEnlarger(
            width: input.width,
            height: input.height,
            resultWidth: output.width,
            resultHeight: output.height,
            network: network,
            strength: strength
        )
        var sum = ErrorSum(peak: peak)
        try forEachFrame(of: samples) { whole in
            try enlarger.run(whole, into: result.plane, peak: peak)
            shrinking.run(result.plane, into: returned.plane, peak: peak)
            sum.add(whole, returned.plane, border: Self.border)
        }
        return sum.psnr
    }

    private func forEachFrame(of samples: any SampleFrames, _ body: (SamplePlane) throws -> Void) throws {
        for index in 0..<samples.runCount {
            try samples.withRun(index) { frames in
                for position in 0..<min(frames.count, Self.framesOfARun) {
                    try frames.withFrame(at: position) { frame in
                        guard frame.hasForwardRows else { return }
                        try frame.withPlane(0) { try body(SamplePlane($0, frame.format.pixelFormat)) }
                    }
                }
            }
        }
    }

    /// Makes planes of one size small, antialiased.
    private final class Shrinking {
        private var resampler: PlaneResampler

        init(from: (width: Int, height: Int), to: (width: Int, height: Int)) {
            resampler = PlaneResampler(
                PlaneResampler.Axis(from: from.width, to: to.width),
                PlaneResampler.Axis(from: from.height, to: to.height),
                filter: .bicubic
            )
        }

        func run(_ source: SamplePlane, into destination: SamplePlane, peak: Int) {
            resampler.run(source, into: destination, peak: peak)
        }
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
}
