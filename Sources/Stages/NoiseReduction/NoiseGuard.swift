internal import FFmpegKit
internal import Glibc
internal import Kernels
internal import MediaCore
internal import Pipeline

/// Judges whether removing noise brings the user's own frames nearer to what they were before the noise.
///
/// Frames are disturbed by more noise of their own level; what the stage makes of them is compared with the frames, and
/// what is known of the noise in them is taken off (see ``NoiseJudge``). A strength is good when it restores and leaves
/// the edges alone.
struct NoiseGuard: StageGuard {
    let plan: NoiseReductionPlan

    /// Shares of the plan's strength, tried one after the other until one is good.
    private static let strengths: [Float] = [1, 0.8, 0.6]
    /// What restoring must bring at least, in dB.
    private static let leastGain = 1.0
    /// What must be left of the gradient at clear edges.
    private static let leastEdges = 0.9

    func judge(_ samples: any SampleFrames) throws -> StageVerdict {
        let runs = try (0..<samples.runCount).compactMap { index in
            try samples.withRun(index) { try measure($0, index) }
        }
        guard let noise = PlaneNoise.median(of: runs.map(\.noise)) else {
            return StageVerdict(.unverifiable, metrics: [], explanation: "no frame shows how noisy it is")
        }
        let before = Double(noise.luma)
        let treated = runs.filter { plan.treatment(of: $0.noise) != nil }
        guard !treated.isEmpty else {
            return StageVerdict(
                .rolledBack,
                metrics: [StageMetric("noise_sigma", before: before, after: before)],
                explanation: "the picture is clean: its noise is \(before.roundedToTenths) of 255 code values"
            )
        }
        var best: (strength: Float, trial: Trial)?
        for share in Self.strengths {
            let strength = plan.strength * share
            var trial = Trial()
            for run in treated {
                try samples.withRun(run.index) {
                    try perform($0, run, strength: strength, samples.agreement, &trial)
                }
            }
            if best.map({ trial.gain > $0.trial.gain }) ?? true { best = (strength, trial) }
            if trial.gain >= Self.leastGain, trial.edges ?? 1 >= Self.leastEdges {
                best = (strength, trial)
                break
            }
        }
        guard let (strength, trial) = best else { return StageVerdict(.unverifiable, metrics: []) }
        var left: [PlaneNoise] = []
        for run in treated {
            try samples.withRun(run.index) { frames in
                let cleaned = try render(frames, known(run).adjusted(strength: strength), samples.agreement)
                if let noise = try measure(cleaned, run.index)?.noise { left.append(noise) }
            }
        }
        let after = PlaneNoise.median(of: left).map { Double($0.luma) } ?? 0
        return verdict(before, after, strength, trial)
    }

    private func verdict(_ before: Double, _ after: Double, _ strength: Float, _ trial: Trial) -> StageVerdict {
        var metrics = [
            StageMetric("noise_sigma", before: before, after: after),
            StageMetric("restoration_gain", after: trial.gain, unit: "dB"),
        ]
        if let edges = trial.edges { metrics.append(StageMetric("edges_kept", after: edges)) }
        guard trial.gain >= Self.leastGain else {
            return StageVerdict(
                .rolledBack,
                metrics: metrics,
                explanation: "removing noise would take more of the picture than of the noise"
            )
        }
        let weaker = strength == plan.strength ? nil : plan.adjusted(strength: strength)
        return StageVerdict(.kept, metrics: metrics, plan: weaker)
    }

    // MARK: - Runs

    private struct Run {
        var index: Int
        var noise: PlaneNoise
    }

    /// How noisy a run is.
    private func measure(_ frames: borrowing FrameQueue, _ index: Int) throws -> Run? {
        let format = frames.withFrame(at: 0) { $0.format }
        let probe = NoiseProbe(format)
        var measured: [PlaneNoise] = []
        for position in 0..<frames.count {
            try frames.withFrame(at: position) { frame in
                if let noise = try probe.measure(frame) { measured.append(noise) }
            }
        }
        return PlaneNoise.median(of: measured).map { Run(index: index, noise: $0) }
    }

    /// What came of one strength.
    private struct Trial {
        var sums = NoiseJudge.Sums()
        /// Sum of the samples' own variances.
        var variance = 0.0
        var edgesBefore = 0.0
        var edgesAfter = 0.0

        /// How much nearer to the picture without noise the filtered frames are than the disturbed ones, in dB.
        var gain: Double {
            guard sums.count > 0 else { return 0 }
            let own = variance / sums.count, added = sums.added / sums.count
            // The judging copy carries its own and the added noise.
            let error = sums.crossed / sums.count - own - added
            return 10 * log10((own + added) / max(error, (own + added) / 1000))
        }

        var edges: Double? { edgesBefore > 0 ? edgesAfter / edgesBefore : nil }
    }

    private func perform(
        _ frames: borrowing FrameQueue,
        _ run: Run,
        strength: Float,
        _ agreement: FormatAgreement,
        _ trial: inout Trial
    ) throws {
        let format = agreement.input
        let judge = NoiseJudge(width: format.width, height: format.height, depth: format.pixelFormat.bitDepth)
        let deviation = Double(run.noise.luma)
        let disturbed = try disturb(frames, judge, run, format)
        let worse = known(run).adjusted(strength: strength, addedNoise: run.noise.luma)
        let restored = try render(disturbed, worse, agreement)
        for index in 0..<frames.count {
            frames.withFrame(at: index) { original in
                disturbed.withFrame(at: index) { disturbed in
                    restored.withFrame(at: index) { restored in
                        let (before, after) = (disturbed.luma, restored.luma)
                        let sums = judge.judge(
                            original: original.luma,
                            disturbed: before,
                            filtered: after,
                            deviation: deviation
                        )
                        trial.sums.add(sums)
                        trial.variance += sums.count * deviation * deviation
                        let edges = judge.edges(
                            original: original.luma,
                            disturbed: before,
                            filtered: after,
                            deviation: deviation
                        )
                        trial.edgesBefore += edges.before
                        trial.edgesAfter += edges.after
                    }
                }
            }
        }
    }

    /// The plan for a run, whatever the times of its frames.
    private func known(_ run: Run) -> NoiseReductionPlan {
        plan.measured == nil ? plan : plan.measured(.init(shots: .whole, noise: [run.noise]))
    }

    /// Adds noise of luma's own level to all frames.
    private func disturb(
        _ frames: borrowing FrameQueue,
        _ judge: NoiseJudge,
        _ run: Run,
        _ format: VideoFormat
    ) throws -> FrameQueue {
        let pool = VideoFramePool(format: format)
        var result = FrameQueue(initialCapacity: frames.count)
        for index in 0..<frames.count {
            result.append(
                try frames.withFrame(at: index) { frame in
                    var copy = try pool.makeFrame(timebase: frame.timebase)
                    try copy.copyProperties(of: frame)
                    try copy.copySamples(of: frame)
                    let luma = frame.luma
                    copy.withPlane(0) { view in
                        judge.disturb(
                            luma,
                            deviation: Double(run.noise.luma),
                            seed: UInt64(index + 1) &* 1_000_003 &+ UInt64(run.index),
                            into: view.base,
                            stride: view.stride
                        )
                    }
                    return copy.freeze()
                }
            )
        }
        return result
    }

    /// Runs the stage over frames.
    private func render(
        _ frames: borrowing FrameQueue,
        _ plan: NoiseReductionPlan,
        _ agreement: FormatAgreement
    ) throws -> FrameQueue {
        let instance = try plan.makeInstance(agreement)
        let output = StageOutput()
        var result = FrameQueue(initialCapacity: frames.count)
        for index in 0..<frames.count {
            try instance.process(try frames.withFrame(at: index) { try $0.share() }, into: output)
            while let frame = output.takeFrame() { result.append(frame) }
        }
        try instance.flush(into: output)
        while let frame = output.takeFrame() { result.append(frame) }
        return result
    }
}

extension VideoFrame {
    /// The luma plane, lent as long as the frame lives.
    fileprivate var luma: NoiseSamples { withPlane(0) { NoiseSamples($0.base, stride: $0.stride) } }
}

extension Double {
    /// With one decimal, for people.
    fileprivate var roundedToTenths: Double { (self * 10).rounded() / 10 }
}
