/// What a live pipeline runs: an agreed chain, and what failing means for each of its stages.
public struct LivePlan: Sendable {
    /// The agreed chain; its output format must stay the same when stages are swapped.
    public let layout: PipelineLayout
    /// The policy of each plan of the layout.
    public let policies: [FailurePolicy]

    /// Makes a plan.
    ///
    /// - Precondition: there is one policy for each plan.
    public init(layout: PipelineLayout, policies: [FailurePolicy]) {
        precondition(layout.plans.count == policies.count, "each stage needs a failure policy")
        self.layout = layout
        self.policies = policies
    }

    /// The stages with the conversions that lead to them; conversions at the end make a station of their own, which
    /// fails closed because the sink cannot take what they were given.
    var stations: [(steps: Range<Int>, rules: LivePolicy.Rules)] {
        var result: [(steps: Range<Int>, rules: LivePolicy.Rules)] = []
        var start = 0
        func add(_ end: Int, _ failure: FailurePolicy, _ latencyFrames: Int) {
            let keepsFormat = layout.steps[start].input == layout.steps[end - 1].output
            let rules = LivePolicy.Rules(failure: failure, keepsFormat: keepsFormat, latencyFrames: latencyFrames)
            result.append((start..<end, rules))
            start = end
        }
        for (index, step) in layout.steps.enumerated() {
            guard case .stage(let plan, _) = step else { continue }
            add(index + 1, policies[plan], layout.plans[plan].latencyFrames)
        }
        if start < layout.steps.count { add(layout.steps.count, .closed, 0) }
        return result
    }
}

/// The taps of a live pipeline.
public struct LiveTaps: Sendable {
    /// From the arrival of a frame to its end, and how many came and left.
    public let pipeline = StageTap(name: "pipeline")
    /// The stages in order, each with the conversions that lead to it.
    public let stations: [StageTap]

    init(_ names: [String]) { stations = names.map { StageTap(name: $0) } }

    /// What was measured up to now: the pipeline first, then its stages.
    public func snapshot() -> [StageTap.Snapshot] { ([pipeline] + stations).map { $0.snapshot() } }
}
