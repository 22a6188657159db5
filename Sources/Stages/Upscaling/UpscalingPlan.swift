public import MediaCore
public import Pipeline

/// `upscaling`: more resolution.
///
/// Luma is enlarged by the house's own network on top of Lanczos-3, chroma by Lanczos-3 in its siting. The plan holds what
/// all streams and segments share: the network.
public struct UpscalingPlan: StagePlan {
    /// `upscaling`.
    public let name = Self.stageName
    /// The parameters in use; `model` is what really does the work.
    public let parameters: StageParameters
    /// Every frame leaves at once.
    public let latencyFrames = 0
    /// Each frame is enlarged for itself.
    public let preRollFrames = 0

    static let stageName = "upscaling"
    /// The name of the network in the model store.
    static let networkName = "upscale2x"
    /// Beyond this no encoder here goes, and a slip of the keyboard must not fill the memory.
    static let longestSide = 16384

    /// How much wider and higher the picture becomes.
    let scale: Double
    /// Says what Lanczos misses; `nil` where Lanczos alone does the work.
    let network: UpscalingNetwork?
    /// How much of what the network says is added.
    let strength: Float
    /// Why Lanczos alone does the work although the network was asked for.
    let fallbackReason: String?

    /// Opens the network. Blocks for some milliseconds.
    ///
    /// Without the network Lanczos does the work, and the report says so.
    ///
    /// - Parameters:
    ///   - parameters: the checked parameters.
    ///   - context: where models are.
    public init(_ parameters: StageParameters, _ context: StageContext) {
        guard parameters.text("model") != "lanczos" else {
            self.init(parameters, network: nil, fallbackReason: nil)
            return
        }
        do {
            self.init(parameters, network: try UpscalingNetwork(Self.networkName, context), fallbackReason: nil)
        } catch {
            self.init(parameters, network: nil, fallbackReason: "Lanczos is used instead of the network: \(error)")
        }
    }

    /// Where nobody has looked at the frames: on pictures of all kinds as good as all of it, on soft and compressed ones
    /// better.
    static let usualStrength: Float = 0.85

    /// Makes a plan with a network that is open already, or with none.
    init(
        _ parameters: StageParameters,
        network: UpscalingNetwork?,
        strength: Float = UpscalingPlan.usualStrength,
        fallbackReason: String?
    ) {
        var values = parameters.values
        values["model"] = .text(network == nil ? "lanczos" : "neural")
        self.parameters = StageParameters(checked: values)
        scale = parameters.number("scale")
        self.network = network
        self.strength = strength
        self.fallbackReason = fallbackReason
    }

    /// The same with another share of what the network says.
    func adjusted(strength: Float) -> UpscalingPlan {
        UpscalingPlan(parameters, network: network, strength: strength, fallbackReason: fallbackReason)
    }

    /// The same without the network.
    func withoutNetwork(_ reason: String) -> UpscalingPlan {
        UpscalingPlan(parameters, network: nil, fallbackReason: reason)
    }

    /// Takes planar frames in host memory, of any depth and chroma, and emits larger ones of even size.
    public func negotiate(_ offered: VideoFormat) throws -> FormatAgreement {
        var input = offered
        input.memory = .host
        input.pixelFormat = offered.pixelFormat.planar
        return FormatAgreement(input: input, output: try enlarged(input))
    }

    /// What a format becomes.
    func enlarged(_ input: VideoFormat) throws(StageError) -> VideoFormat {
        var output = input
        output.width = Self.even(Double(input.width) * scale)
        output.height = Self.even(Double(input.height) * scale)
        guard max(output.width, output.height) <= Self.longestSide else {
            throw StageError(
                .invalidInput,
                stage: name,
                "\(input.width)x\(input.height) would become \(output.width)x\(output.height); "
                    + "the longest side is \(Self.longestSide): give a smaller scale"
            )
        }
        return output
    }

    /// The nearest even number, at least 2.
    private static func even(_ length: Double) -> Int { max(2, Int((length / 2).rounded()) * 2) }

    /// Makes an instance.
    public func makeInstance(_ agreement: FormatAgreement) throws -> any StageInstance {
        try UpscalingInstance(self, format: agreement.input)
    }

    /// Compares the network with Lanczos on the user's own frames.
    public var stageGuard: (any StageGuard)? { UpscalingGuard(plan: self) }

    /// The catalogue entry.
    public static let descriptor = StageDescriptor(
        name: stageName,
        summary: "Enlarges the picture two to four times, with more detail than plain scaling gives",
        parameters: [
            ParameterDescriptor(
                "scale",
                .number(2...4),
                default: .number(2),
                "How many times wider and higher the picture becomes"
            ),
            ParameterDescriptor(
                "model",
                .choice(["neural", "lanczos"]),
                default: .text("neural"),
                "What enlarges luma: the network (neural) or Lanczos-3 alone"
            ),
        ],
        contributes: .video,
        canonicalOrder: 600,
        segmentation: .parallel,
        failurePolicy: .open
    ) { parameters, context in UpscalingPlan(parameters, context) }
}
