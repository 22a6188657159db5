public import MediaCore
public import Pipeline

/// `noise_reduction`: removes visible noise, without smearing what moves.
///
/// A plan without measurements estimates the noise of each frame as it goes; the plan that ``NoiseAnalysis`` makes knows
/// it for each shot of the file.
public struct NoiseReductionPlan: StagePlan {
    /// `noise_reduction`.
    public let name = Self.stageName
    /// The parameters in use.
    public let parameters: StageParameters

    static let stageName = "noise_reduction"

    /// What was measured in a file.
    struct Measured: Sendable {
        var shots: ShotTable
        /// One a shot.
        var noise: [PlaneNoise]
    }

    let level: NoiseReductionLevel
    /// Factor of the limit below which coefficients are noise; a guard may lower it.
    private(set) var strength: Float = 1
    /// Noise that was added to what is filtered, in code values of 8 bits.
    private(set) var addedNoise: Float = 0
    private(set) var measured: Measured?

    /// Makes a plan that measures as it goes.
    ///
    /// - Parameter parameters: the checked parameters.
    public init(_ parameters: StageParameters) {
        self.parameters = parameters
        level = NoiseReductionLevel(rawValue: parameters.text("level") ?? "") ?? .auto
    }

    /// The same plan with measurements.
    func measured(_ measured: Measured) -> NoiseReductionPlan {
        var plan = self
        plan.measured = measured
        return plan
    }

    /// The same plan that removes less, from frames to which noise was added.
    func adjusted(strength: Float, addedNoise: Float = 0) -> NoiseReductionPlan {
        var plan = self
        plan.strength = strength
        plan.addedNoise = addedNoise
        return plan
    }

    /// How a shot of a measured file is treated, and its noise; `nil` when it stays as it is.
    func treatment(ofShot shot: Int) -> (treatment: NoiseTreatment, noise: PlaneNoise)? {
        guard let measured else { return nil }
        // Its own noise decides about the treatment, so that a guard judges what will be rendered.
        let own = measured.noise[min(shot, measured.noise.count - 1)]
        return treatment(of: own).map { ($0.treatment, own.adding(addedNoise)) }
    }

    /// How a picture of some noise is treated; `nil` when it stays as it is.
    func treatment(of noise: PlaneNoise) -> (treatment: NoiseTreatment, noise: PlaneNoise)? {
        guard var treatment = level.treatment(of: noise, isMeasured: measured != nil) else { return nil }
        treatment.limit *= strength
        return (treatment, noise)
    }

    /// Frames on each side of a frame that are needed to filter it.
    private var radius: Int {
        guard let measured else { return level.unmeasured.radius }
        return measured.noise.indices.map { treatment(ofShot: $0)?.treatment.radius ?? 0 }.max() ?? 0
    }

    /// Frames wait for those after them: 1, with `strong` and in very noisy files up to 3; 0 in clean ones.
    public var latencyFrames: Int { radius }
    /// A result depends on no more frames than these before it, so that it is the same wherever a segment begins.
    public var preRollFrames: Int { radius }

    /// Takes planar frames in host memory, at any depth and chroma.
    public func negotiate(_ offered: VideoFormat) throws -> FormatAgreement {
        var format = offered
        format.memory = .host
        format.pixelFormat = offered.pixelFormat.planar
        return FormatAgreement(input: format, output: format)
    }

    /// Makes an instance.
    public func makeInstance(_ agreement: FormatAgreement) throws -> any StageInstance {
        NoiseReductionInstance(self, radius: radius, format: agreement.input)
    }

    /// Measures the noise of each shot.
    public var analysis: (any FileAnalysis)? { measured == nil ? NoiseAnalysis(plan: self) : nil }

    /// Judges on the user's own frames.
    public var stageGuard: (any StageGuard)? { NoiseGuard(plan: self) }

    /// The catalogue entry.
    public static let descriptor = StageDescriptor(
        name: stageName,
        summary: "Removes visual and audio noise",
        parameters: [
            ParameterDescriptor(
                "level",
                .choice(NoiseReductionLevel.allCases.map(\.rawValue)),
                default: .text("auto"),
                "How much is removed; auto goes by the noise of each shot and leaves clean ones alone"
            ),
            ParameterDescriptor("audio", .flag, default: .flag(true), "Whether noise behind speech is removed too"),
        ],
        contributes: [.video, .audio, .analysis],
        canonicalOrder: 200,
        segmentation: .parallel,
        failurePolicy: .open,
        makeAudioPlan: { parameters, _ in try AudioNoiseReductionPlan(stage: stageName, parameters) }
    ) { parameters, _ in NoiseReductionPlan(parameters) }
}
