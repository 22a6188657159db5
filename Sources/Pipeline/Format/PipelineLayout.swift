public import MediaCore

/// An agreed chain: which stages and conversions a frame goes through, and its format at every point.
public struct PipelineLayout: Sendable {
    /// One step of the chain.
    public enum Step: Sendable, Hashable {
        /// A conversion that the pipeline inserted.
        case convert(Conversion)
        /// The plan with this index.
        case stage(Int, FormatAgreement)

        /// The format that goes in.
        public var input: VideoFormat {
            switch self {
            case .convert(let conversion): conversion.from
            case .stage(_, let agreement): agreement.input
            }
        }

        /// The format that comes out.
        public var output: VideoFormat {
            switch self {
            case .convert(let conversion): conversion.to
            case .stage(_, let agreement): agreement.output
            }
        }
    }

    /// What the source delivers.
    public let source: VideoFormat
    /// The plans in the order in which they run.
    public let plans: [any StagePlan]
    /// What happens to a frame, in order; each step takes what the one before emits.
    public let steps: [Step]

    /// What the sink gets.
    public var output: VideoFormat { steps.last?.output ?? source }

    /// How many frames before a segment's first one its instances must see: the sum over all stages, because a stage
    /// settles on settled frames only.
    public var preRollFrames: Int { plans.reduce(0) { $0 + $1.preRollFrames } }

    /// How many frames stay inside: the sum over all stages, and how many frames after a segment's last one are needed.
    public var latencyFrames: Int { plans.reduce(0) { $0 + $1.latencyFrames } }

    /// The name of a step in metrics and reports.
    public func name(of step: Int) -> String {
        switch steps[step] {
        case .convert(let conversion): conversion.kind.rawValue
        case .stage(let index, _): plans[index].name
        }
    }

    /// Makes the instance of a step; belongs to the thread that will use it.
    func makeInstance(of step: Int, converters: any FrameConverterFactory) throws -> any StageInstance {
        switch steps[step] {
        case .convert(let conversion): try converters.makeConverter(conversion)
        case .stage(let index, let agreement): try plans[index].makeInstance(agreement)
        }
    }
}
