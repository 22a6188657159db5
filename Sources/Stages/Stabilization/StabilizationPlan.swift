public import MediaCore
public import Pipeline

/// What is done about the frame's edges, which move into the picture.
enum CropMode: String, Sendable, CaseIterable {
    /// Zooms in as far as needed, so that no edge is seen.
    case auto
    /// Does not zoom; the picture goes on mirrored behind its edges.
    case keep
    /// Does not zoom; it is black behind the edges.
    case black
}

/// `stabilization`: removes camera shake.
///
/// Files are measured first and get the calmest path that their crop allows; a plan without measurements looks half a
/// second ahead instead.
public struct StabilizationPlan: StagePlan {
    /// `stabilization`.
    public let name = Self.stageName
    /// The parameters in use.
    public let parameters: StageParameters
    /// 0 when the file was measured; otherwise how far is looked ahead.
    public var latencyFrames: Int { table == nil ? Self.lookAhead : 0 }
    /// 0 when the file was measured; otherwise two seconds, after which the path no longer depends on where it began.
    public var preRollFrames: Int { table == nil ? 48 : 0 }

    static let stageName = "stabilization"
    /// Half a second at 30 frames a second. Latency is declared before a format is known, so it is a number of frames.
    static let lookAhead = 15

    let crop: CropMode
    /// The time below which motion is shake, in seconds.
    let smoothing: Double
    /// What the file's frames need; `nil` when it was not measured.
    let table: StabilizationTable?

    init(_ parameters: StageParameters) {
        self.init(parameters, table: nil)
    }

    init(_ parameters: StageParameters, table: StabilizationTable?) {
        self.parameters = parameters
        self.table = table
        crop = CropMode(rawValue: parameters.text("crop") ?? "") ?? .auto
        smoothing = parameters.number("smoothing_s")
    }

    /// Takes planar frames of any depth and chroma in host memory, and emits the same.
    public func negotiate(_ offered: VideoFormat) throws -> FormatAgreement {
        var format = offered
        format.pixelFormat = offered.pixelFormat.planar
        format.memory = .host
        return FormatAgreement(input: format, output: format)
    }

    /// Makes an instance.
    public func makeInstance(_ agreement: FormatAgreement) throws -> any StageInstance {
        if let table { return StabilizationInstance(table, format: agreement.input, crop: crop) }
        return LiveStabilizer(format: agreement.input, crop: crop, smoothing: smoothing)
    }

    /// Measures the motion from frame to frame.
    public var analysis: (any FileAnalysis)? { table == nil ? StabilizationAnalysis(self) : nil }

    /// Measures the finished frames again.
    public var stageGuard: (any StageGuard)? { table.map { StabilizationGuard(self, $0) } }

    /// The catalogue entry.
    public static let descriptor = StageDescriptor(
        name: stageName,
        summary: "Removes camera shake",
        parameters: [
            ParameterDescriptor(
                "smoothing_s",
                .number(0.1...5),
                default: .number(1),
                unit: "s",
                "Movements that last shorter are shake, longer ones are kept"
            ),
            ParameterDescriptor(
                "crop",
                .choice(CropMode.allCases.map(\.rawValue)),
                default: .text(CropMode.auto.rawValue),
                "Hide the moving edges by zooming in (auto), by mirroring (keep), or show them black"
            ),
        ],
        contributes: [.video, .analysis],
        canonicalOrder: 300,
        segmentation: .parallel,
        failurePolicy: .open
    ) { parameters, _ in StabilizationPlan(parameters) }
}
