/// Judges on samples of the user's own frames whether a stage makes them better, before the whole file is rendered.
///
/// Where there is no ground truth a guard makes one: it degrades the samples and looks whether the stage restores them,
/// or it checks what a good result must keep (edges, skin, the legal range, borders).
public protocol StageGuard: Sendable {
    /// Judges.
    ///
    /// Blocking; called on a thread of its own with the frames that the stage is fed when rendering, so with the work of
    /// the kept stages before it already done.
    ///
    /// - Returns: what was measured, whether the stage stays, and the plan with the best strength.
    func judge(_ samples: any SampleFrames) throws -> StageVerdict
}

/// Short runs of consecutive frames out of a file, taken from its longest shots, all in one format.
public protocol SampleFrames {
    /// What the stage is fed and what it emits.
    var agreement: FormatAgreement { get }
    /// How many runs there are; 0 when nothing could be decoded.
    var runCount: Int { get }
    /// Lends a run. The frames are shared: who changes one makes a copy.
    ///
    /// - Parameters:
    ///   - index: 0 up to `runCount`.
    ///   - body: gets the frames, oldest first, at least one, consecutive and of one shot.
    func withRun<R>(_ index: Int, _ body: (borrowing FrameQueue) throws -> R) throws -> R
}

/// What a guard found.
public struct StageVerdict: Sendable {
    /// Whether the stage's work is to be in the result.
    public enum Outcome: Sendable, Equatable {
        /// It gets better.
        case kept
        /// It would get worse: the stage is left out.
        case rolledBack
        /// It is in the result; whether it is better cannot be measured.
        case unverifiable
    }

    /// Whether the stage stays.
    public let outcome: Outcome
    /// What was measured.
    public let metrics: [StageMetric]
    /// The plan to render with, when another strength than the judged one is best; `nil` keeps the judged plan.
    public let plan: (any StagePlan)?
    /// Why, in one sentence for the user; `nil` when the metrics say it all.
    public let explanation: String?

    /// Makes a verdict.
    public init(
        _ outcome: Outcome,
        metrics: [StageMetric],
        plan: (any StagePlan)? = nil,
        explanation: String? = nil
    ) {
        self.outcome = outcome
        self.metrics = metrics
        self.plan = plan
        self.explanation = explanation
    }
}

/// A number that was measured with and without a stage.
public struct StageMetric: Sendable, Codable, Equatable {
    /// What was measured, in snake case: `noise_sigma`, `y_psnr_gain`.
    public let name: String
    /// Without the stage; `nil` where only the result can be measured.
    public let before: Double?
    /// With it.
    public let after: Double
    /// Its unit: `dB`, `px`, `LUFS`; empty for a ratio.
    public let unit: String

    /// Notes a metric.
    public init(_ name: String, before: Double? = nil, after: Double, unit: String = "") {
        self.name = name
        self.before = before
        self.after = after
        self.unit = unit
    }
}
