import FFmpegKit
import Foundation
import MediaCore
import MediaTestKit
import Pipeline
import Stages

@testable import Rendering

/// Renders a file as `aegis enhance` does.
///
/// - Parameter stages: values of `--with`.
@discardableResult
func render(
    _ input: String,
    to output: String,
    with stages: [String] = [],
    cores: Int = 2,
    trustsCaller: Bool = true,
    _ change: (inout RenderRequest) -> Void = { _ in }
) throws -> RenderReport {
    FFmpegLibraries.setLogLevel(.silent)
    let catalogue = StageCatalogue.standard
    let models = MediaTools.root.appendingPathComponent(".setup/models").path
    let context = StageContext(
        modelsDirectory: models,
        cacheDirectory: nil,
        coreCount: cores,
        trustsCaller: trustsCaller
    )
    var request = RenderRequest(
        inputPath: input,
        outputPath: output,
        stages: try catalogue.resolve(stages.flatMap { try catalogue.requests(parsing: $0) }),
        context: context
    )
    request.quality = .low
    change(&request)
    return try RenderJob(RenderPlan(request)).run()
}

/// The kind of failure of a closure that must fail with a ``RenderError``.
func failure(_ body: () throws -> Void) -> RenderError? {
    do {
        try body()
        return nil
    } catch {
        return error as? RenderError ?? RenderError(error, input: "")
    }
}
