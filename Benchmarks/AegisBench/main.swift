import FFmpegKit
import Foundation
import Pipeline
import Rendering
import Stages

FFmpegLibraries.setLogLevel(.silent)
let arguments = CommandLine.arguments
let context = StageContext(modelsDirectory: ".setup/models", cacheDirectory: nil, coreCount: 2, trustsCaller: true)
let stages = try StageCatalogue.standard.resolve(arguments.dropFirst(3).flatMap { try StageCatalogue.standard.requests(parsing: $0) })
var request = RenderRequest(inputPath: arguments[1], outputPath: arguments[2], stages: stages, context: context)
request.replacesOutput = true
request.quality = .low
do {
    let plan = try RenderPlan(request)
    print(plan.video?.segments.count ?? 0, plan.video?.encoder as Any, plan.warnings)
    for s in plan.video?.segments ?? [] { print(s) }
    let report = try RenderJob(plan).run { print($0) }
    print(report.frames as Any, report.seconds, report.fps as Any, report.warnings)
} catch {
    print("ERROR", error)
}
