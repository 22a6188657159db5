internal import FFmpegKit
public import MediaCore
public import Pipeline

/// `transform`: crop, rotate, flip, frame rate and size, in that order.
public struct TransformPlan: StagePlan {
    /// `transform`.
    public let name = "transform"
    /// The parameters in use.
    public let parameters: StageParameters
    /// Every frame leaves at once.
    public let latencyFrames = 0
    /// The whole file goes through one instance, because a new frame rate counts from the first frame.
    public let preRollFrames = 0
    /// Only the frame rate and the size leave places where they are.
    public var keepsGeometry: Bool { FilterAllowList.keepsPlaces(graph) }
    private let graph: String
    private let threadCount: Int

    init(_ parameters: StageParameters, _ context: StageContext) throws(StageError) {
        self.parameters = parameters
        threadCount = context.coreCount
        graph = try Self.graph(parameters)
        if graph.isEmpty {
            throw StageError(
                .usage,
                stage: "transform",
                "needs at least one of crop, rotate, flip, fps and size, as in size=1280x720"
            )
        }
    }

    /// Writes the parameters as a libavfilter graph.
    static func graph(_ parameters: StageParameters) throws(StageError) -> String {
        var steps: [String] = []
        if let crop = parameters.text("crop") {
            let parts = crop.split(separator: "+", omittingEmptySubsequences: false)
            let place = parts.dropFirst().compactMap { Int($0) }
            guard let size = PictureSize(parsing: String(parts[0])), place.count == parts.count - 1,
                place.isEmpty || place.count == 2, place.allSatisfy({ $0 >= 0 })
            else { throw invalid("crop", crop, "WIDTHxHEIGHT or WIDTHxHEIGHT+X+Y in pixels, as in 640x360+0+40") }
            let corner = place.count == 2 ? ":\(place[0]):\(place[1])" : ""
            steps.append("crop=\(size.width):\(size.height)\(corner)")
        }
        switch parameters.text("rotate") {
        case "90"?: steps.append("transpose=clock")
        case "180"?: steps.append("hflip,vflip")
        case "270"?: steps.append("transpose=cclock")
        default: break
        }
        switch parameters.text("flip") {
        case "horizontal"?: steps.append("hflip")
        case "vertical"?: steps.append("vflip")
        default: break
        }
        if let fps = parameters.text("fps") {
            let parts = fps.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
            guard let first = parts[0], first > 0, parts.count <= 2, parts.count == 1 || (parts[1] ?? 0) > 0,
                first / (parts.count == 2 ? parts[1] ?? 1 : 1) <= 1000
            else { throw invalid("fps", fps, "frames a second up to 1000, as in 30 or 30000/1001") }
            steps.append("fps=\(fps)")
        }
        if let text = parameters.text("size") {
            guard let size = PictureSize(parsing: text) else {
                throw invalid("size", text, "WIDTHxHEIGHT in pixels up to 16384, as in 1280x720")
            }
            // Square samples: the new shape is the one that was asked for.
            steps.append("scale=\(size.width):\(size.height):flags=lanczos+accurate_rnd,setsar=1")
        }
        return steps.joined(separator: ",")
    }

    private static func invalid(_ name: String, _ value: String, _ form: String) -> StageError {
        StageError(.usage, stage: "transform", "\(name)=\(value) is not understood; give \(form)")
    }

    /// Checks the crop against the picture and finds the size of the result.
    public func negotiate(_ offered: VideoFormat) throws -> FormatAgreement {
        var input = offered.upright
        input.memory = .host
        if let crop = parameters.text("crop"), let size = PictureSize(parsing: String(crop.prefix { $0 != "+" })),
            size.width > input.width || size.height > input.height
        {
            throw StageError(
                .usage,
                stage: name,
                "crop=\(crop) is larger than the picture (\(input.width)x\(input.height))"
            )
        }
        return FormatAgreement(
            input: input,
            output: try graphOutput(graph, input, stage: name, allowsOutsideAccess: false)
        )
    }

    /// Makes an instance.
    public func makeInstance(_ agreement: FormatAgreement) -> any StageInstance {
        FilterGraphStage(graph, agreement: agreement, threadCount: threadCount)
    }

    /// The catalogue entry.
    public static let descriptor = StageDescriptor(
        name: "transform",
        summary: "Crops, rotates, flips, resizes or changes the frame rate",
        parameters: [
            ParameterDescriptor(
                "crop",
                .text(example: "640x360+0+40"),
                "Part to keep: WIDTHxHEIGHT, centred, or with +X+Y"
            ),
            ParameterDescriptor("rotate", .choice(["0", "90", "180", "270"]), default: .text("0"), "Clockwise turn"),
            ParameterDescriptor(
                "flip",
                .choice(["none", "horizontal", "vertical"]),
                default: .text("none"),
                "Mirror the picture"
            ),
            ParameterDescriptor("fps", .text(example: "30000/1001"), "Frames a second; frames are dropped or repeated"),
            ParameterDescriptor("size", .text(example: "1280x720"), "Width and height of the result"),
        ],
        contributes: .video,
        canonicalOrder: nil,
        segmentation: .wholeFile,
        failurePolicy: .open
    ) { parameters, context in try TransformPlan(parameters, context) }
}

extension PictureSize {
    /// Reads `1280x720`; `nil` when it is something else or beyond 16384.
    init?(parsing text: String) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1], (1...16384).contains(width),
            (1...16384).contains(height)
        else { return nil }
        self.init(width: width, height: height)
    }
}
