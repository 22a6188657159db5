/// How well one enhancement does its work, against the truth and against named alternatives.
protocol EnhancementBenchmark: Sendable {
    /// The enhancement, as `--with` names it.
    var name: String { get }

    /// Measures.
    ///
    /// - Throws: when something that is compared with is missing or fails; nothing is skipped silently.
    func run(_ options: BenchmarkOptions) throws -> [QualityRow]
}

/// One figure of the quality table.
struct QualityRow: Sendable, Codable {
    /// The enhancement.
    var enhancement: String
    /// What it was measured on.
    var clip: String
    /// What did the work: the stage, or the alternative that it is compared with.
    var method: String
    /// What was measured, in snake case.
    var metric: String
    /// The value.
    var value: Double
    /// Its unit; empty for ratios and counts.
    var unit: String
    /// What it should be, in words; `nil` when it is shown for information.
    var target: String?
    /// Whether the target is met; `nil` without one.
    var passes: Bool?

    /// Notes a figure.
    init(
        enhancement: String,
        clip: String,
        method: String,
        metric: String,
        value: Double,
        unit: String = "",
        target: BenchmarkTarget? = nil
    ) {
        self.enhancement = enhancement
        self.clip = clip
        self.method = method
        self.metric = metric
        self.value = value
        self.unit = unit
        self.target = target?.text
        passes = target?.isMet(by: value)
    }
}
