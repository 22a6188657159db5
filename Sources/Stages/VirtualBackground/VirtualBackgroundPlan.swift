public import MediaCore
internal import Inference
internal import OpenVINOKit
public import Pipeline

/// `virtual_background`: replaces what is behind people.
///
/// The plan holds what all streams and segments share: the compiled network and the background.
public struct VirtualBackgroundPlan: StagePlan {
    /// `virtual_background`.
    public let name = Self.stageName
    /// The parameters in use.
    public let parameters: StageParameters
    /// Every frame leaves with its own mask.
    public let latencyFrames = 0
    /// The mask's filter over time adapts by at least a fifth a frame: what it knew is forgotten after a handful.
    public let preRollFrames = 8

    static let stageName = "virtual_background"

    /// Finds people; shared by all instances.
    let network: any CompiledNetwork
    let background: Background
    let strength: Double

    /// Checks what the parameters name, opens the background and compiles the network. Blocks for up to a second.
    ///
    /// - Parameters:
    ///   - parameters: the checked parameters.
    ///   - context: where models are, and how many cores the job may use.
    /// - Throws: ``StageError`` with the remedy.
    public init(_ parameters: StageParameters, _ context: StageContext) throws {
        try self.init(parameters, context, network: nil)
    }

    /// Makes a plan with a network that is compiled already, or that of the parameters.
    init(_ parameters: StageParameters, _ context: StageContext, network: (any CompiledNetwork)?) throws {
        self.parameters = parameters
        strength = parameters.number("strength")
        background = try Background(
            parameters.text("background") ?? "blur",
            resolvingAssetsWith: context.resolveAsset
        )
        self.network = try network ?? PersonNetwork.compile(parameters.text("model") ?? "selfie", context)
    }

    /// Takes frames as they are, but in host memory.
    public func negotiate(_ offered: VideoFormat) throws -> FormatAgreement {
        var format = offered
        format.memory = .host
        return FormatAgreement(input: format, output: format)
    }

    /// Makes an instance.
    public func makeInstance(_ agreement: FormatAgreement) throws -> any StageInstance {
        try VirtualBackgroundInstance(self, format: agreement.input)
    }

    /// The catalogue entry.
    public static let descriptor = StageDescriptor(
        name: stageName,
        summary: "Replaces what is behind people by a blur, a colour, an image or a video",
        parameters: [
            ParameterDescriptor(
                "background",
                .background(words: ["blur"]),
                default: .text("blur"),
                "What is shown behind people"
            ),
            ParameterDescriptor(
                "strength",
                .number(0...1),
                default: .number(0.6),
                "How strongly the background is blurred"
            ),
            ParameterDescriptor(
                "model",
                .text(example: "selfie"),
                default: .text("selfie"),
                "The network that finds people"
            ),
            ParameterDescriptor(
                "fail",
                .choice(FailurePolicy.allCases.map(\.rawValue).sorted()),
                default: .text("closed"),
                "What viewers of a live stream see when the stage fails: the raw frame (open) or a blurred one (closed)"
            ),
        ],
        contributes: .video,
        // After everything that makes the picture better (100 to 800: noise, stabilisation, colour, HDR, upscaling), so
        // that the user's background is shown as it is; before graphics that are drawn on top.
        canonicalOrder: 900,
        segmentation: .parallel,
        failurePolicy: .closed
    ) { parameters, context in try VirtualBackgroundPlan(parameters, context) }
}
