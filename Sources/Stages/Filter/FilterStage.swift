internal import FFmpegKit
public import MediaCore
public import Pipeline

/// `filter`: any libavfilter video graph as a stage.
public struct FilterPlan: StagePlan {
    /// `filter`.
    public let name = "filter"
    /// The parameters in use.
    public let parameters: StageParameters
    /// Frames go in and come out as the graph pleases; their times tell when they are shown.
    public let latencyFrames = 0
    /// The whole file goes through one instance.
    public let preRollFrames = 0
    /// As far as the filters of the graph are known to keep places.
    public var keepsGeometry: Bool { FilterAllowList.keepsPlaces(graph) }
    private let graph: String
    private let allowsOutsideAccess: Bool
    private let threadCount: Int

    init(_ parameters: StageParameters, _ context: StageContext) throws {
        guard let graph = parameters.text("graph"), !graph.isEmpty else {
            throw StageError(.usage, stage: "filter", "needs graph=…, for example graph=hqdn3d")
        }
        self.parameters = parameters
        self.graph = graph
        allowsOutsideAccess = context.trustsCaller
        threadCount = context.coreCount
    }

    /// Builds the graph once to see what it emits.
    public func negotiate(_ offered: VideoFormat) throws -> FormatAgreement {
        // Coordinates in a graph mean the picture as it is seen.
        var input = offered.upright
        input.memory = .host
        let output = try graphOutput(graph, input, stage: name, allowsOutsideAccess: allowsOutsideAccess)
        return FormatAgreement(input: input, output: output)
    }

    /// Makes an instance.
    public func makeInstance(_ agreement: FormatAgreement) -> any StageInstance {
        FilterGraphStage(
            graph,
            agreement: agreement,
            allowsOutsideAccess: allowsOutsideAccess,
            threadCount: threadCount
        )
    }

    /// The catalogue entry.
    public static let descriptor = StageDescriptor(
        name: "filter",
        summary: "Runs any FFmpeg video filter graph",
        parameters: [
            ParameterDescriptor(
                "graph",
                .text(example: "hqdn3d,scale=640:-2"),
                isRequired: true,
                "A libavfilter video graph with one input and one output"
            )
        ],
        contributes: .video,
        canonicalOrder: nil,
        // Graphs may count frames, look at times or drop frames.
        segmentation: .wholeFile,
        failurePolicy: .open
    ) { parameters, context in try FilterPlan(parameters, context) }
}
