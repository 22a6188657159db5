/// The catalogue entry of a stage: the first of the three stage types.
///
/// The command line, HTTP, OpenAPI, the console's forms, workflows and the documentation all read descriptors, so a
/// stage is described here once and nowhere else. A descriptor is a value; a running stage is made from it in two
/// steps: ``makePlan`` checks parameters and loads what all threads share, the plan makes one instance a stream.
public struct StageDescriptor: Sendable {
    /// The stable name, for example `virtual_background`.
    public let name: String
    /// What it does, one sentence without a full stop.
    public let summary: String
    /// Its parameters in the order in which a form would show them.
    public let parameters: [ParameterDescriptor]
    /// Which parts of a job it takes part in.
    public let contributes: Contribution
    /// Its place in the canonical order of enhancements, or `nil` for a stage that stays right after the stage it
    /// follows in the user's list.
    public let canonicalOrder: Int?
    /// Whether a file may be cut into segments that are processed side by side.
    public let segmentation: Segmentation
    /// What happens to a live frame when the stage fails or is late, unless the user's `fail` parameter says otherwise.
    public let failurePolicy: FailurePolicy
    /// Checks parameters and loads models, tables and images.
    public let makePlan: @Sendable (StageParameters, StageContext) throws -> any StagePlan
    /// Plans what the stage does to sound; `nil`, or a closure that gives `nil`, when that is nothing.
    public let makeAudioPlan: (@Sendable (StageParameters, StageContext) throws -> (any AudioStagePlan)?)?

    /// Describes a stage.
    public init(
        name: String,
        summary: String,
        parameters: [ParameterDescriptor],
        contributes: Contribution,
        canonicalOrder: Int?,
        segmentation: Segmentation,
        failurePolicy: FailurePolicy,
        makeAudioPlan: (@Sendable (StageParameters, StageContext) throws -> (any AudioStagePlan)?)? = nil,
        makePlan: @escaping @Sendable (StageParameters, StageContext) throws -> any StagePlan
    ) {
        self.name = name
        self.summary = summary
        self.parameters = parameters
        self.contributes = contributes
        self.canonicalOrder = canonicalOrder
        self.segmentation = segmentation
        self.failurePolicy = failurePolicy
        self.makePlan = makePlan
        self.makeAudioPlan = makeAudioPlan
    }

    /// Describes a stage that changes sound only.
    public init(
        name: String,
        summary: String,
        parameters: [ParameterDescriptor],
        canonicalOrder: Int?,
        makeAudioPlan: @escaping @Sendable (StageParameters, StageContext) throws -> any AudioStagePlan
    ) {
        self.init(
            name: name,
            summary: summary,
            parameters: parameters,
            contributes: [.audio, .analysis],
            canonicalOrder: canonicalOrder,
            segmentation: .parallel,
            failurePolicy: .open,
            makeAudioPlan: { try makeAudioPlan($0, $1) },
            makePlan: { _, _ in throw StageError(.usage, stage: name, "changes sound, not pictures") }
        )
    }

    /// The parts of a job that a stage takes part in.
    public struct Contribution: OptionSet, Sendable {
        /// The bits.
        public let rawValue: Int
        /// Makes a set from bits.
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// Changes or looks at pictures.
        public static let video = Contribution(rawValue: 1)
        /// Changes sound.
        public static let audio = Contribution(rawValue: 2)
        /// Needs a pass over the whole file before rendering.
        public static let analysis = Contribution(rawValue: 4)
    }

    /// Whether segments of a file may be processed side by side.
    public enum Segmentation: Sendable {
        /// Yes: state reaches back at most the plan's pre-roll.
        case parallel
        /// No: frame numbers, times or the number of frames matter, so one instance must see the whole file.
        case wholeFile
    }
}

/// What happens to a live frame when a stage throws, is late, warms up or is being exchanged.
public enum FailurePolicy: String, Sendable, CaseIterable {
    /// The frame passes unprocessed.
    case open
    /// The unprocessed frame is never shown.
    case closed
}

/// What a plan may use while it is made.
public struct StageContext: Sendable {
    /// Where models are.
    public let modelsDirectory: String
    /// Where compiled models are cached; `nil` turns caching off.
    public let cacheDirectory: String?
    /// How many cores the whole job may use.
    public let coreCount: Int
    /// Whether the caller may name files of this machine: the command line's user does, a network client does not.
    public let trustsCaller: Bool
    /// Opens what a parameter names (a background image, a LUT): a path for the command line, an asset id for HTTP.
    public let resolveAsset: @Sendable (String) throws -> String

    /// Makes a context.
    public init(
        modelsDirectory: String,
        cacheDirectory: String?,
        coreCount: Int,
        trustsCaller: Bool,
        resolveAsset: @escaping @Sendable (String) throws -> String = { $0 }
    ) {
        self.modelsDirectory = modelsDirectory
        self.cacheDirectory = cacheDirectory
        self.coreCount = coreCount
        self.trustsCaller = trustsCaller
        self.resolveAsset = resolveAsset
    }
}
