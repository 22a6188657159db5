internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// The whole-file half of `stabilization`: measures the motion between frames, then plans every shot's path.
struct StabilizationAnalysis: FileAnalysis {
    typealias Measurement = FrameMotion

    private let plan: StabilizationPlan

    init(_ plan: StabilizationPlan) { self.plan = plan }

    /// The frame before the first one, and what the estimator remembers of those before it.
    let preRollFrames = MotionEstimator.memoryFrames

    /// Frames as they are: the probe averages luma down by itself, faster than a conversion.
    func negotiate(_ offered: VideoFormat) throws -> VideoFormat { try plan.negotiate(offered).input }

    func makeProbe(_ format: VideoFormat) throws -> any FrameProbe<FrameMotion> { StabilizationProbe(format) }

    func makePlan(_ file: MeasuredFile<FrameMotion>) throws -> any StagePlan {
        StabilizationPlan(plan.parameters, table: StabilizationTable(file, smoothing: plan.smoothing))
    }
}

/// Measures the motion of one segment's frames.
final class StabilizationProbe: FrameProbe {
    /// `nil` when the picture is too small to follow anything in it.
    private let estimator: MotionEstimator?

    init(_ format: VideoFormat) { estimator = MotionEstimator(format) }

    func measure(_ frame: borrowing VideoFrame) throws -> FrameMotion? { estimator?.measure(frame) }
}

extension StabilizationTable {
    /// Plans every shot of a measured file.
    ///
    /// - Parameters:
    ///   - file: the motion of all frames.
    ///   - smoothing: the time below which motion is shake, in seconds.
    init(_ file: MeasuredFile<FrameMotion>, smoothing: Double) {
        let frameRate = Self.frameRate(of: file)
        let sample = file.format.sampleAspectRatio.value > 0 ? file.format.sampleAspectRatio.value : 1
        let long = max(file.format.width, file.format.height)
        let stabilizer = ShotStabilizer(
            aspect: Double(file.format.width) * sample / Double(file.format.height),
            height: Double(file.format.height),
            factor: Double(max(1, (long + MotionEstimator.longestSide - 1) / MotionEstimator.longestSide)),
            smoothingFrames: smoothing * frameRate,
            frameRate: frameRate
        )
        let interlaced = file.frames.count { $0.measurement.isInterlaced }
        // A few flagged frames are a decoder's mistake; most of them are an interlaced file.
        let isInterlaced = interlaced * 2 > file.frames.count
        var corrections: [SimilarityTransform?] = []
        corrections.reserveCapacity(file.frames.count)
        var shots: [Shot] = []
        var next = file.frames.startIndex
        for shot in 0..<file.shots.count {
            let first = next
            while next < file.frames.endIndex, file.shots.shot(at: file.frames[next].time) == shot { next += 1 }
            let motions = file.frames[first..<next].map(\.measurement)
            let result = stabilizer.stabilize(isInterlaced ? [] : motions)
            let isCorrected = !result.corrections.isEmpty
            for index in motions.indices {
                corrections.append(isCorrected && !motions[index].isInterlaced ? result.corrections[index] : nil)
            }
            shots.append(
                Shot(
                    zoom: result.zoom,
                    jitter: (result.path.jitter, isCorrected ? result.calmPath.jitter : result.path.jitter),
                    frameCount: motions.count,
                    isCorrected: isCorrected
                )
            )
        }
        let table = file.shots
        self.init(
            times: file.frames.map(\.time),
            corrections: corrections,
            shots: shots,
            isInterlaced: isInterlaced,
            shotOf: { table.shot(at: $0) }
        )
    }

    /// Frames a second: the nominal rate, or what the times say.
    private static func frameRate(of file: MeasuredFile<FrameMotion>) -> Double {
        if let rate = file.frameRate?.value, rate >= 1, rate <= 1000 { return rate }
        guard let first = file.frames.first, let last = file.frames.last, last.time > first.time else { return 25 }
        let rate = Double(file.frames.count - 1) / (last.time - first.time).seconds
        return min(1000, max(1, rate))
    }
}
