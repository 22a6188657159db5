internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// What happens to a frame in the analysis pass: the stages that run there, and who looks where.
///
/// Stages that stay where the user put them (`transform`, `filter`) run when a probe stands behind them, so that it sees
/// the pictures that its stage will be fed; enhancements do not. Where an enhancement that does not run would change the
/// size, what comes after it gets a scaled picture.
struct AnalysisLayout: Sendable {
    /// A place where probes look.
    struct Tap: Sendable {
        /// What the probes see.
        let format: VideoFormat
        /// How frames get there.
        let conversions: [Conversion]
        /// Who looks, by number.
        let subjects: [Int]
    }

    /// One stop of a frame on its way: who looks there, and what is done to it afterwards.
    struct Stop: Sendable {
        let taps: [Tap]
        /// The stage that leads to the next stop, with what it must be fed; `nil` at the end.
        let stage: (plan: any StagePlan, agreement: FormatAgreement, conversions: [Conversion])?
    }

    /// The stops, from the decoder on.
    let stops: [Stop]
    /// How many frames before a segment's first one must be decoded.
    let preRollFrames: Int
    /// How many frames after a segment's last one must be decoded.
    let latencyFrames: Int
    /// Whether segments may be looked at side by side.
    let canSplit: Bool

    /// Someone who looks, and before which stage.
    struct Viewer: Sendable {
        let subject: any ProbeSubject
        /// The number of the stage whose input it sees; `nil` for what the decoder delivers.
        let stage: Int?
    }

    /// Lays out a pass.
    ///
    /// - Parameters:
    ///   - layout: the chain that will render.
    ///   - stages: its stages.
    ///   - viewers: who looks.
    /// - Throws: what the viewers' negotiation throws.
    init(_ layout: PipelineLayout, stages: [PlannedStage], viewers: [Viewer]) throws {
        let negotiator = FormatNegotiator()
        let lastViewed = viewers.compactMap(\.stage).max() ?? -1
        var stops: [Stop] = []
        var taps: [Tap] = []
        var current = layout.source
        var (settling, latency, canSplit) = (0, 0, true)

        func look(_ number: Int, _ offered: VideoFormat) throws {
            let format = try viewers[number].subject.negotiate(offered)
            if let same = taps.firstIndex(where: { $0.format == format }) {
                taps[same] = Tap(
                    format: format,
                    conversions: taps[same].conversions,
                    subjects: taps[same].subjects + [number]
                )
            } else {
                let conversions = negotiator.conversions(from: current, to: format)
                taps.append(Tap(format: format, conversions: conversions, subjects: [number]))
            }
        }

        for number in viewers.indices where viewers[number].stage == nil { try look(number, layout.source) }
        for case .stage(let index, let agreement) in layout.steps {
            for number in viewers.indices where viewers[number].stage == index { try look(number, agreement.input) }
            guard stages[index].descriptor.canonicalOrder == nil, index < lastViewed else { continue }
            let plan = stages[index].plan
            let conversions = negotiator.conversions(from: current, to: agreement.input)
            stops.append(Stop(taps: taps, stage: (plan, agreement, conversions)))
            taps = []
            current = agreement.output
            settling += plan.preRollFrames
            latency += plan.latencyFrames
            if stages[index].descriptor.segmentation != .parallel { canSplit = false }
        }
        stops.append(Stop(taps: taps, stage: nil))
        self.stops = stops
        preRollFrames = settling + (viewers.map(\.subject.preRollFrames).max() ?? 0)
        latencyFrames = latency
        self.canSplit = canSplit
    }
}

/// A stage of a job: its catalogue entry and the plan by which it runs.
struct PlannedStage: Sendable {
    /// Its place in the request.
    let position: Int
    /// The catalogue entry.
    let descriptor: StageDescriptor
    /// The plan.
    let plan: any StagePlan

    /// The same stage by another plan.
    func by(_ plan: any StagePlan) -> PlannedStage {
        PlannedStage(position: position, descriptor: descriptor, plan: plan)
    }
}
