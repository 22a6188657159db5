import CMeasurement
import FFmpegKit
import Foundation
import MediaCore
import Pipeline
import Stages
import Synchronization

/// How much of the resolution that film frames lost `upscaling` brings back, against ffmpeg's scalers, and how fast.
///
/// ffmpeg makes the frames small (antialiased bicubic), so that no code of the house takes part in the question; in a
/// second course the small frames also go through H.264.
struct UpscalingBenchmark: EnhancementBenchmark {
    let name = "upscaling"

    /// What happens to the small frames.
    private enum Course: String, CaseIterable {
        case clean
        case h264 = "h264 crf 26"
    }

    func run(_ options: BenchmarkOptions) throws -> [QualityRow] {
        var rows: [QualityRow] = []
        var gains: [Double] = []
        for course in options.isSmoke ? [.clean] : Course.allCases {
            for clip in options.isSmoke ? ["carphone"] : ["bikes", "bigbuckbunny", "carphone"] {
                let gain = try measure(clip, course, options, &rows)
                if course == .clean { gains.append(gain) }
            }
        }
        let mean = gains.reduce(0, +) / Double(gains.count)
        rows.append(
            row(
                "all",
                "aegis neural",
                "mean_gain_over_ffmpeg_lanczos",
                mean,
                "dB",
                options.isSmoke ? nil : .atLeast(0.5)
            )
        )
        return rows + (try speed(options))
    }

    private func row(
        _ clip: String,
        _ method: String,
        _ metric: String,
        _ value: Double,
        _ unit: String = "",
        _ target: BenchmarkTarget? = nil
    ) -> QualityRow {
        QualityRow(
            enhancement: name,
            clip: clip,
            method: method,
            metric: metric,
            value: value,
            unit: unit,
            target: target
        )
    }

    // MARK: - Quality

    /// Compares all methods on one clip; returns the network's gain over ffmpeg's Lanczos in dB.
    private func measure(
        _ clip: String,
        _ course: Course,
        _ options: BenchmarkOptions,
        _ rows: inout [QualityRow]
    ) throws -> Double {
        let source = options.media(clip + ".mp4")
        let scratch = options.scratch + "/upscaling"
        let probe = try Demuxer(path: source)
        guard let format = probe.bestVideoStream?.parameters.videoFormat else {
            throw BenchmarkFailure("\(source) has no picture")
        }
        var large = VideoFormat(width: format.width & ~3, height: format.height & ~3, pixelFormat: .yuv420p)
        large.color = format.color
        var small = large
        (small.width, small.height) = (large.width / 2, large.height / 2)
        let count = options.isSmoke ? 2 : 10
        let files = (truth: scratch + ".truth", small: scratch + ".small", result: scratch + ".result")
        defer {
            for file in [files.truth, files.small, files.result] { try? FileManager.default.removeItem(atPath: file) }
        }
        let crop = "crop=\(large.width):\(large.height):0:0"
        try ffmpeg(
            ["-i", source, "-vf", "select=not(mod(n\\,12)),\(crop)", "-vsync", "0", "-frames:v", "\(count)"],
            files.truth
        )
        let down = "scale=\(small.width):\(small.height):flags=bicubic+accurate_rnd"
        try ffmpeg(raw(files.truth, large) + ["-vf", down], files.small)
        if course == .h264 {
            let coded = scratch + ".mkv"
            defer { try? FileManager.default.removeItem(atPath: coded) }
            let codec = ["-c:v", "libx264", "-crf", "26", "-threads", "1"]
            _ = try ToolRun("ffmpeg", ["-v", "error", "-y"] + raw(files.small, small) + codec + [coded])
            try ffmpeg(["-i", coded], files.small)
        }
        let truth = try StabilizationRuns.read(files.truth, format: large)
        let input = try StabilizationRuns.read(files.small, format: small)
        let label = course == .clean ? clip : "\(clip), \(course.rawValue)"

        var results: [String: Resemblance] = [:]
        for filter in ["bicubic", "lanczos"] {
            let up = "scale=\(large.width):\(large.height):flags=\(filter)+accurate_rnd"
            try ffmpeg(raw(files.small, small) + ["-vf", up], files.result)
            results["ffmpeg \(filter)"] = Resemblance(
                try StabilizationRuns.read(files.result, format: large),
                to: truth
            )
        }
        for model in ["lanczos", "neural"] {
            let frames = try enlarge(input, model: model, options)
            results["aegis \(model)"] = Resemblance(frames, to: truth)
            try StabilizationRuns.write(frames, to: files.result)
            try ffmpeg(raw(files.result, large) + ["-vf", down], files.result + ".small")
            let back = try StabilizationRuns.read(files.result + ".small", format: small)
            try FileManager.default.removeItem(atPath: files.result + ".small")
            let target: BenchmarkTarget? = model == "neural" ? .atLeast(45) : nil
            let consistency = Resemblance(back, to: input).psnr
            rows.append(row(label, "aegis \(model)", "consistency_y_psnr", consistency, "dB", target))
            if let directory = options.picturesDirectory {
                let picture = "\(directory)/upscaling-\(clip)-\(course == .clean ? "clean" : "h264")-\(model).png"
                _ = try ToolRun(
                    "ffmpeg",
                    ["-v", "error", "-y"] + raw(files.result, large) + ["-frames:v", "1", picture]
                )
            }
        }
        for (method, figures) in results.sorted(by: { $0.key < $1.key }) {
            rows.append(row(label, method, "y_psnr", figures.psnr, "dB"))
            rows.append(row(label, method, "y_ssim", figures.ssim))
        }
        let gain = (results["aegis neural"]?.psnr ?? .nan) - (results["ffmpeg lanczos"]?.psnr ?? .nan)
        rows.append(row(label, "aegis neural", "gain_over_ffmpeg_lanczos", gain, "dB", .atLeast(-0.05)))
        return gain
    }

    private func raw(_ path: String, _ format: VideoFormat) -> [String] {
        let size = "\(format.width)x\(format.height)"
        return ["-f", "rawvideo", "-pix_fmt", format.pixelFormat.rawValue, "-s", size, "-r", "25", "-i", path]
    }

    private func ffmpeg(_ arguments: [String], _ output: String) throws {
        let format = ["-pix_fmt", "yuv420p", "-f", "rawvideo", output]
        _ = try ToolRun("ffmpeg", ["-v", "error", "-nostdin", "-y"] + arguments + format)
    }

    private func plan(model: String, _ options: BenchmarkOptions) throws -> any StagePlan {
        let context = StageContext(
            modelsDirectory: options.models,
            cacheDirectory: nil,
            coreCount: 1,
            trustsCaller: true
        )
        let catalogue = StageCatalogue.standard
        let resolved = try catalogue.resolve(try catalogue.requests(parsing: "upscaling:model=\(model)"))
        guard let plan = try resolved.first?.makePlan(context), plan.parameters.text("model") == model else {
            throw BenchmarkFailure("the network upscale2x is not installed; run make setup")
        }
        return plan
    }

    private func enlarge(_ input: borrowing FrameQueue, model: String, _ options: BenchmarkOptions) throws -> FrameQueue
    {
        let format = input.withFrame(at: 0) { $0.format }
        var plan = try plan(model: model, options)
        // As in a job: the guard looks at what it is given, and never at the truth.
        let samples = try JudgedFrames(input, try plan.negotiate(format))
        if let judged = try plan.stageGuard?.judge(samples).plan { plan = judged }
        let instance = try plan.makeInstance(try plan.negotiate(format))
        let output = StageOutput()
        var result = FrameQueue(initialCapacity: input.count)
        for index in 0..<input.count {
            try input.withFrame(at: index) { try instance.process(try $0.share(), into: output) }
            while let frame = output.takeFrame() { result.append(frame) }
        }
        return result
    }

    // MARK: - Speed

    /// 540p to 1080p, the stage alone: on one core, on two side by side, and ffmpeg's Lanczos in the same run.
    private func speed(_ options: BenchmarkOptions) throws -> [QualityRow] {
        let format = VideoFormat(width: 960, height: 540, pixelFormat: .yuv420p, color: .bt709)
        let path = options.scratch + "/upscaling.540p"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let count = options.isSmoke ? 4 : 24
        try ffmpeg(["-i", options.media("bikes.mp4"), "-vf", "scale=960:540", "-frames:v", "\(count)"], path)
        var rows: [QualityRow] = []
        for model in ["neural", "lanczos"] {
            let plan = try plan(model: model, options)
            let one = try rate(plan, path, format, threads: 1)
            let two = try rate(plan, path, format, threads: 2)
            let target: BenchmarkTarget? = model == "neural" && !options.isSmoke ? .atLeast(30) : nil
            let method = "aegis \(model)", clip = "540p to 1080p"
            rows.append(row(clip, method, "processor_time", 1000 * one.processor, "ms/frame"))
            rows.append(row(clip, method, "allocations", one.allocations, "/frame", .atMost(0)))
            rows.append(row(clip, method, "one_core", 1 / one.wall, "frames/s"))
            rows.append(row(clip, method, "two_cores", 1 / two.wall, "frames/s", target))
        }
        // Often enough for the program's start not to count.
        let loops = 20
        let input =
            ["-v", "error", "-nostdin", "-threads", "1", "-filter_threads", "1", "-stream_loop", "\(loops - 1)"]
            + raw(path, format)
        func seconds(_ filter: String) throws -> Double {
            try ToolRun("ffmpeg", input + ["-vf", filter, "-f", "null", "-"]).seconds
        }
        let scaling = try seconds("scale=1920:1080:flags=lanczos+accurate_rnd") - seconds("null")
        let rate = Double(count * loops) / max(0.001, scaling)
        rows.append(row("540p to 1080p", "ffmpeg lanczos", "one_core", rate, "frames/s"))
        return rows
    }

    /// Seconds a frame, by the clock for all threads together and by the processor time of one.
    private struct Rate: Sendable {
        var wall = 0.0
        var processor = 0.0
        var allocations = 0.0
    }

    private func rate(_ plan: any StagePlan, _ path: String, _ format: VideoFormat, threads: Int) throws -> Rate {
        let results = Mutex<[Result<Rate, any Error>]>([])
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            let result = Result { try Self.rate(plan, path, format) }
            results.withLock { $0.append(result) }
        }
        let rates = try results.withLock { try $0.map { try $0.get() } }
        var rate = rates[0]
        rate.wall = 1 / rates.map { 1 / $0.wall }.reduce(0, +)
        return rate
    }

    private static func rate(_ plan: any StagePlan, _ path: String, _ format: VideoFormat) throws -> Rate {
        let frames = try StabilizationRuns.read(path, format: format)
        let instance = try plan.makeInstance(try plan.negotiate(format))
        let output = StageOutput()
        var best = Rate(wall: .infinity, processor: .infinity, allocations: 0)
        let clock = ContinuousClock()
        // The first round warms up; the best of the others counts, because others use the machine too.
        for round in 0..<4 {
            let start = clock.now, processorStart = processorTime()
            let allocations = aegis_allocations_own()
            for index in 0..<frames.count {
                try frames.withFrame(at: index) { frame in
                    let copy = try frame.share()
                    aegis_allocations_count(1)
                    try instance.process(copy, into: output)
                    aegis_allocations_count(0)
                }
                while let finished = output.takeFrame() { _ = finished.presentationTicks }
            }
            let count = Double(frames.count)
            if round > 0 {
                best.wall = min(best.wall, ToolRun.seconds(clock.now - start) / count)
                best.processor = min(best.processor, (processorTime() - processorStart) / count)
                best.allocations = Double(aegis_allocations_own() - allocations) / count
            }
        }
        return best
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
