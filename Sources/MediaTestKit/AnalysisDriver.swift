internal import FFmpegKit
public import MediaCore
public import Pipeline

/// Does for tests what a file job does before it renders: feeds frames to a stage's probe and makes the measured plan.
public enum AnalysisDriver {
    /// Measures frames with one probe.
    ///
    /// - Parameters:
    ///   - analysis: the stage's analysis.
    ///   - frames: all frames, in presentation order, of the format that the analysis agreed on.
    ///   - format: the frames' format.
    ///   - shots: where the cuts are.
    ///   - frameRate: the nominal frame rate.
    /// - Throws: what the probe throws.
    public static func measure<Analysis: FileAnalysis>(
        _ analysis: Analysis,
        _ frames: borrowing FrameQueue,
        format: VideoFormat,
        shots: ShotTable = .whole,
        frameRate: Rational? = nil
    ) throws -> MeasuredFile<Analysis.Measurement> {
        let probe = try analysis.makeProbe(try analysis.negotiate(format))
        var measured: [MeasuredFrame<Analysis.Measurement>] = []
        for index in 0..<frames.count {
            try frames.withFrame(at: index) { frame in
                guard let time = frame.time, let measurement = try probe.measure(frame) else { return }
                measured.append(MeasuredFrame(time: time, measurement: measurement))
            }
        }
        return MeasuredFile(format: format, frameRate: frameRate, shots: shots, frames: measured)
    }

    /// Measures frames and makes the plan that renders them.
    ///
    /// - Throws: what probe and plan throw.
    public static func makePlan<Analysis: FileAnalysis>(
        _ analysis: Analysis,
        _ frames: borrowing FrameQueue,
        format: VideoFormat,
        shots: ShotTable = .whole,
        frameRate: Rational? = nil
    ) throws -> any StagePlan {
        try analysis.makePlan(
            measure(analysis, frames, format: format, shots: shots, frameRate: frameRate)
        )
    }
}
