internal import FFmpegKit
internal import Foundation
internal import Kernels
internal import MediaCore
internal import Pipeline

/// Measures finished frames again: whether the camera jerks less than before, and no edge is seen.
struct StabilizationGuard: StageGuard {
    private let plan: StabilizationPlan
    private let table: StabilizationTable

    /// The result must jerk by at most this share of what it did.
    private static let mostJitter = 0.8
    /// Consecutive frames must not become less alike than by this, in dB.
    private static let mostLoss = 0.3

    init(_ plan: StabilizationPlan, _ table: StabilizationTable) {
        self.plan = plan
        self.table = table
    }

    func judge(_ samples: any SampleFrames) throws -> StageVerdict {
        if table.isInterlaced {
            return StageVerdict(
                .rolledBack,
                metrics: [],
                explanation: "the file is interlaced; deinterlace it first, as with filter:graph=bwdif"
            )
        }
        let height = Double(samples.agreement.input.height)
        guard table.changesAnything else {
            return StageVerdict(
                .rolledBack,
                metrics: [StageMetric("path_jitter", after: table.meanJitter(height: height).before, unit: "px")],
                explanation: "the camera is steady already"
            )
        }
        var result = StabilizationMeasurement()
        for run in 0..<samples.runCount {
            try samples.withRun(run) { frames in try measure(frames, samples.agreement, &result) }
        }
        let metrics = metrics(result, height: height)
        guard result.frameCount > 0 else {
            return StageVerdict(
                .unverifiable,
                metrics: metrics,
                explanation: "the samples show no shot that is changed"
            )
        }
        if let reason = reason(against: result) {
            return StageVerdict(.rolledBack, metrics: metrics, explanation: reason)
        }
        return StageVerdict(.kept, metrics: metrics)
    }

    private func reason(against result: StabilizationMeasurement) -> String? {
        if result.after.jitter > Self.mostJitter * result.before.jitter { return "the result shakes as much as before" }
        if result.after.similarity < result.before.similarity - Self.mostLoss {
            return "consecutive frames became less alike"
        }
        if plan.crop == .auto, result.after.blackShare > result.before.blackShare + 0.001 {
            return "black edges would be seen"
        }
        return nil
    }

    private func metrics(_ result: StabilizationMeasurement, height: Double) -> [StageMetric] {
        let planned = table.meanJitter(height: height)
        var metrics = [StageMetric("path_jitter", before: planned.before, after: planned.after, unit: "px")]
        if plan.crop == .auto { metrics.append(StageMetric("crop_ratio", before: 1, after: 1 / table.largestZoom)) }
        guard result.frameCount > 0 else { return metrics }
        metrics.append(
            StageMetric(
                "jitter",
                before: result.before.jitter * height,
                after: result.after.jitter * height,
                unit: "px"
            )
        )
        metrics.append(
            StageMetric("itf", before: result.before.similarity, after: result.after.similarity, unit: "dB")
        )
        metrics.append(
            StageMetric("black_edge_share", before: result.before.blackShare, after: result.after.blackShare)
        )
        return metrics
    }

    /// Measures one run before and after.
    private func measure(
        _ frames: borrowing FrameQueue,
        _ agreement: FormatAgreement,
        _ result: inout StabilizationMeasurement
    ) throws {
        guard frames.count >= 8, let before = RunMeter(agreement.input), let after = RunMeter(agreement.output) else {
            return
        }
        let instance = try plan.makeInstance(agreement)
        let output = StageOutput()
        var isChanged = false
        for index in 0..<frames.count {
            try frames.withFrame(at: index) { frame in
                isChanged = isChanged || table.correction(at: frame.time) != nil
                before.add(frame)
                try instance.process(try frame.share(), into: output)
            }
            while let finished = output.takeFrame() { after.add(finished) }
        }
        guard isChanged, before.isReliable else { return }
        result.add(before: before, after: after)
    }
}

/// The means over several runs.
struct StabilizationMeasurement {
    /// What a picture does over time.
    struct Side {
        fileprivate var jitterSquares = 0.0, similaritySum = 0.0, blackSum = 0.0
        fileprivate var weight = 0.0

        /// The root mean square of the path's second difference, in picture heights.
        var jitter: Double { weight > 0 ? (jitterSquares / weight).squareRoot() : 0 }
        /// The mean PSNR between consecutive frames (interframe transformation fidelity), in dB.
        var similarity: Double { weight > 0 ? similaritySum / weight : 0 }
        /// The share of black samples in the picture's outermost rows and columns.
        var blackShare: Double { weight > 0 ? blackSum / weight : 0 }

        fileprivate mutating func add(_ meter: RunMeter) {
            let frames = Double(meter.frameCount)
            jitterSquares += frames * meter.jitter * meter.jitter
            similaritySum += frames * meter.similarity
            blackSum += frames * meter.blackShare
            weight += frames
        }
    }

    private(set) var before = Side(), after = Side()
    private(set) var frameCount = 0

    fileprivate mutating func add(before: RunMeter, after: RunMeter) {
        self.before.add(before)
        self.after.add(after)
        frameCount += before.frameCount
    }
}

extension StabilizationTable {
    /// The whole file's jitter as measured and as planned, in rows.
    func meanJitter(height: Double) -> (before: Double, after: Double) {
        var (before, after, count) = (0.0, 0.0, 0.0)
        for shot in shots {
            let frames = Double(shot.frameCount)
            before += frames * shot.jitter.before * shot.jitter.before
            after += frames * shot.jitter.after * shot.jitter.after
            count += frames
        }
        guard count > 0 else { return (0, 0) }
        return (height * (before / count).squareRoot(), height * (after / count).squareRoot())
    }

    /// The largest zoom of any shot.
    var largestZoom: Double { shots.reduce(1) { max($0, $1.zoom) } }
}
