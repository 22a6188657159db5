import Foundation
import MediaCore
import Pipeline
import Rendering
import Stages

/// Whether memory stays flat while jobs run one after the other in one process.
struct MemoryBenchmark: Benchmark {
    let name = "memory"
    let summary = "resident memory over ten minutes of virtual background jobs in one process"

    func run(_ options: BenchmarkOptions, _ output: BenchmarkOutput) throws {
        let clip = options.scratch + "/memory.mp4"
        _ = try ToolRun(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-y", "-stream_loop", "-1", "-i", options.media("carphone.mp4"), "-t",
                options.isSmoke ? "2" : "20",
                "-vf",
                "scale=640:-2", "-c:v", "libx264", "-preset", "veryfast", clip,
            ]
        )
        let context = StageContext(
            modelsDirectory: options.models,
            cacheDirectory: nil,
            coreCount: 2,
            trustsCaller: true
        )
        let catalogue = StageCatalogue.standard
        let stages = try catalogue.resolve(try catalogue.requests(parsing: "virtual_background"))
        var request = RenderRequest(
            inputPath: clip,
            outputPath: options.scratch + "/memory-out.mp4",
            stages: stages,
            context: context
        )
        request.quality = .low
        request.replacesOutput = true
        let seconds = options.isSmoke ? 15.0 : 600.0
        let clock = ContinuousClock()
        let start = clock.now
        var samples: [Double] = []
        var jobs = 0
        while ToolRun.seconds(clock.now - start) < seconds || jobs < 10 {
            _ = try RenderJob(RenderPlan(request)).run()
            jobs += 1
            samples.append(try residentMegabytes())
        }
        // The first jobs fill pools and caches; from then on nothing may grow.
        let settled = Array(samples.dropFirst(max(2, samples.count / 5)))
        guard settled.count >= 4 else { throw BenchmarkFailure("too few jobs ran to judge memory") }
        let early = median(Array(settled.prefix(settled.count / 3 + 1)))
        let late = median(Array(settled.suffix(settled.count / 3 + 1)))
        output.figure("jobs run", Double(jobs))
        output.figure("resident memory, settled", early, "MB")
        output.figure(
            "resident memory, growth to the end",
            late - early,
            "MB",
            target: .atMost(options.isSmoke ? 16 : 8)
        )
    }

    private func residentMegabytes() throws -> Double {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { throw BenchmarkFailure("cannot read statm") }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
    }
}
