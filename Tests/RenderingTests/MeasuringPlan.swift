import FFmpegKit
import MediaCore
import MediaTestKit
import Pipeline
import Stages

@testable import Rendering

/// A stage that measures the luma of every frame's first sample and passes pictures on.
struct MeasuringPlan: StagePlan {
    var name = "measuring"
    var parameters = StageParameters(checked: [:])
    var latencyFrames = 0
    var preRollFrames = 0
    /// What came out of the analysis, once it is done.
    var measured: MeasuredFile<Int>?
    /// Collects what each analysis found.
    var found: Collected<MeasuredFile<Int>>?
    /// What the probe does before it measures.
    var onMeasure: @Sendable () throws -> Void = {}
    /// The width that the stage emits; `nil` for what it is fed.
    var outputWidth: Int?
    /// Whether there is anything to measure.
    var measures = true
    /// How the stage is judged.
    var judge: (@Sendable (any SampleFrames) throws -> StageVerdict)?
    /// What an instance does with the luma of a picture.
    var change: @Sendable (UInt8) -> UInt8 = { $0 }

    func negotiate(_ offered: VideoFormat) throws -> FormatAgreement {
        var input = offered
        input.pixelFormat = .yuv420p
        var output = input
        if let outputWidth { output.width = outputWidth }
        return FormatAgreement(input: input, output: output)
    }

    func makeInstance(_ agreement: FormatAgreement) throws -> any StageInstance {
        if agreement.input != agreement.output {
            let conversion = Conversion(.convert, from: agreement.input, to: agreement.output)
            return try FilterGraphConverterFactory().makeConverter(conversion)
        }
        let pool = VideoFramePool(format: agreement.input)
        return FakeStage(process: { [change] frame, output in
            var frame = try VideoFrame.makeWritable(frame, from: pool)
            frame.withPlane(0) { view in
                for y in 0..<view.height {
                    for x in 0..<view.width { view.base[y * view.stride + x] = change(view.base[y * view.stride + x]) }
                }
            }
            output.emit(frame.freeze())
        })
    }

    var analysis: (any FileAnalysis)? { measures && measured == nil ? Analysis(plan: self) : nil }
    var stageGuard: (any StageGuard)? { judge.map { Guard(body: $0) } }

    struct Guard: StageGuard {
        let body: @Sendable (any SampleFrames) throws -> StageVerdict
        func judge(_ samples: any SampleFrames) throws -> StageVerdict { try body(samples) }
    }

    struct Analysis: FileAnalysis {
        let plan: MeasuringPlan
        var preRollFrames: Int { 1 }

        func negotiate(_ offered: VideoFormat) throws -> VideoFormat {
            var format = offered
            (format.width, format.height, format.pixelFormat) = (32, 16, .gray)
            return format
        }

        func makeProbe(_ format: VideoFormat) throws -> any FrameProbe<Int> {
            Probe(format: format, onMeasure: plan.onMeasure)
        }

        func makePlan(_ file: MeasuredFile<Int>) throws -> any StagePlan {
            plan.found?.append(file)
            var plan = plan
            plan.measured = file
            return plan
        }
    }

    final class Probe: FrameProbe {
        let format: VideoFormat
        let onMeasure: @Sendable () throws -> Void

        init(format: VideoFormat, onMeasure: @escaping @Sendable () throws -> Void) {
            self.format = format
            self.onMeasure = onMeasure
        }

        func measure(_ frame: borrowing VideoFrame) throws -> Int? {
            try onMeasure()
            let seen = PictureSize(width: frame.format.width, height: frame.format.height)
            guard seen == PictureSize(width: format.width, height: format.height) else {
                throw RenderError(.failed, "a probe was shown \(frame.format)")
            }
            return Int(frame.sample(plane: 0, x: 16, y: 8))
        }
    }
}

extension StageDescriptor {
    /// A catalogue entry for a plan that a test wrote.
    static func test(
        _ name: String,
        canonicalOrder: Int? = 100,
        _ plan: @escaping @Sendable () -> any StagePlan
    )
        -> StageDescriptor
    {
        StageDescriptor(
            name: name,
            summary: "A stage of a test",
            parameters: [],
            contributes: [.video, .analysis],
            canonicalOrder: canonicalOrder,
            segmentation: .parallel,
            failurePolicy: .open,
            makePlan: { _, _ in plan() }
        )
    }
}

/// A request for stages that a test wrote, beside the ones of the catalogue.
///
/// - Parameter stages: values of `--with`.
func request(
    _ input: String,
    to output: String,
    with stages: [String],
    testing descriptors: [StageDescriptor],
    cores: Int = 2
) throws -> RenderRequest {
    FFmpegLibraries.setLogLevel(.silent)
    let catalogue = StageCatalogue(StageCatalogue.standard.descriptors + descriptors)
    var request = RenderRequest(
        inputPath: input,
        outputPath: output,
        stages: try catalogue.resolve(stages.flatMap { try catalogue.requests(parsing: $0) }),
        context: StageContext(modelsDirectory: "", cacheDirectory: nil, coreCount: cores, trustsCaller: true)
    )
    request.quality = .low
    request.coreCount = cores
    return request
}
