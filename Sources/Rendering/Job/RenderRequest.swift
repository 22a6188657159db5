public import FFmpegKit
public import MediaCore
public import Pipeline

/// One file to render.
public struct RenderRequest: Sendable {
    /// The file to read.
    public var inputPath: String
    /// Where the result will be; its extension chooses the container.
    public var outputPath: String
    /// The stages in the order in which they run. Empty with no other wish means: copy every stream into the container.
    public var stages: [ResolvedStage]
    /// First moment wanted, counted from the beginning of the file.
    public var start: MediaTime?
    /// First moment not wanted, counted from the beginning of the file.
    public var end: MediaTime?
    /// The step that sets preset and rate; `nil` for `high`.
    public var quality: Quality?
    /// The wished codec; chosen by container and depth when `nil`.
    public var codec: OutputCodec?
    /// The wished encoder by FFmpeg's name; wins over `codec`.
    public var encoderName: String?
    /// The encoder's own options.
    public var encoderOptions: [CodecOption] = []
    /// Where to decode.
    public var acceleration: VideoDecoder.Acceleration = .software
    /// Whether an existing file of the output's name may be replaced.
    public var replacesOutput = false
    /// Where to keep what is done, so that the same job goes on there after the process was killed; `nil` for nowhere.
    public var workDirectory: String?
    /// The version of the program, on which kept work depends.
    public var programVersion = ""
    /// How many cores the job may use.
    public var coreCount: Int
    /// What stages may use.
    public var context: StageContext

    /// Makes a request with the defaults.
    public init(inputPath: String, outputPath: String, stages: [ResolvedStage], context: StageContext) {
        self.inputPath = inputPath
        self.outputPath = outputPath
        self.stages = stages
        self.context = context
        coreCount = context.coreCount
    }

    /// The stages that work on pictures.
    var pictureStages: [ResolvedStage] { stages.filter { $0.descriptor.contributes.contains(.video) } }

    /// Whether pictures can be copied as they are.
    var isCopy: Bool { pictureStages.isEmpty && wantsStagesOnly }

    /// Whether nothing but the stages asks for other pictures.
    ///
    /// `--quality` alone asks for new pictures, but beside stages that change sound only it is about the sound.
    var wantsStagesOnly: Bool {
        start == nil && end == nil && (quality == nil || pictureStages.isEmpty && !stages.isEmpty) && codec == nil
            && encoderName == nil && encoderOptions.isEmpty
    }
}
