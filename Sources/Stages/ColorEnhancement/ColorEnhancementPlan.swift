public import MediaCore
internal import Kernels
public import Pipeline

/// `color_enhancement`: white balance, contrast, saturation, and the user's own look.
///
/// With measurements every shot has one correction; without (live) the stage follows what it sees, with a memory of a
/// second.
public struct ColorEnhancementPlan: StagePlan {
    /// `color_enhancement`.
    public let name = Self.stageName
    /// The parameters in use.
    public let parameters: StageParameters
    /// Every frame leaves in the call in which it came.
    public let latencyFrames = 0
    /// What was measured is the same wherever a segment begins; what is followed live has forgotten most after a second.
    public var preRollFrames: Int { looks == nil && strength > 0 ? 30 : 0 }

    static let stageName = "color_enhancement"

    /// How much is corrected, 0...1; 0.7 corrects what is clearly wrong in full.
    let strength: Double
    /// The user's table.
    let cube: CubeFile?
    /// What to do with each shot; `nil` before the measurements and live.
    let looks: [ShotLook]?
    let shots: ShotTable

    /// Checks the parameters and reads the user's table.
    ///
    /// - Parameters:
    ///   - parameters: the checked parameters.
    ///   - context: resolves the name of the `.cube` file.
    /// - Throws: ``StageError`` with the line of the file that is wrong.
    public init(_ parameters: StageParameters, _ context: StageContext) throws {
        self.parameters = parameters
        strength = parameters.number("strength")
        looks = nil
        shots = .whole
        guard let name = parameters.text("lut") else {
            cube = nil
            return
        }
        do {
            cube = try CubeParser.read(path: context.resolveAsset(name))
        } catch let error as CubeError {
            throw StageError(.usage, stage: Self.stageName, "lut=\(name): \(error)")
        }
    }

    private init(_ other: ColorEnhancementPlan, strength: Double, looks: [ShotLook]?, shots: ShotTable) {
        parameters = other.parameters
        cube = other.cube
        self.strength = strength
        self.looks = looks
        self.shots = shots
    }

    /// The plan that renders with what was decided.
    func with(looks: [ShotLook], shots: ShotTable) -> ColorEnhancementPlan {
        ColorEnhancementPlan(self, strength: strength, looks: looks, shots: shots)
    }

    /// The plan with every look changed.
    func mapLooks(_ change: (ShotLook) -> ShotLook) -> ColorEnhancementPlan {
        ColorEnhancementPlan(self, strength: strength, looks: looks?.map(change), shots: shots)
    }

    /// Takes planar frames in host memory and keeps their format.
    public func negotiate(_ offered: VideoFormat) throws -> FormatAgreement {
        var format = offered
        format.memory = .host
        format.pixelFormat = offered.pixelFormat.planar
        return FormatAgreement(input: format, output: format)
    }

    /// Makes an instance.
    public func makeInstance(_ agreement: FormatAgreement) throws -> any StageInstance {
        ColorEnhancementInstance(self, format: agreement.input)
    }

    /// Measures colours on small frames; nothing is to be measured for a table alone, or twice.
    public var analysis: (any FileAnalysis)? { looks == nil && strength > 0 ? ColorAnalysis(plan: self) : nil }

    /// Injects casts into the user's frames and looks whether they are found.
    public var stageGuard: (any StageGuard)? { ColorGuard(plan: self) }

    /// The catalogue entry.
    public static let descriptor = StageDescriptor(
        name: stageName,
        summary: "Corrects white balance, contrast and saturation, and applies a colour table",
        parameters: [
            ParameterDescriptor(
                "strength",
                .number(0...1),
                default: .number(0.7),
                "How much is corrected: 0 nothing, 0.7 what is clearly wrong, 1 also what may be"
            ),
            ParameterDescriptor(
                "lut",
                .asset(kind: "colour table (.cube)"),
                "A look of your own, applied in full after the correction"
            ),
        ],
        contributes: [.video, .analysis],
        // After noise and shake are gone, before the dynamic range and the size change.
        canonicalOrder: 400,
        segmentation: .parallel,
        failurePolicy: .open
    ) { parameters, context in try ColorEnhancementPlan(parameters, context) }
}
