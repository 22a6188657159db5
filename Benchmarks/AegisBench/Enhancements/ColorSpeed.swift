import CMeasurement
import FFmpegKit
import Foundation
import MediaCore
import Pipeline
import Stages

/// How fast frames are corrected on one core, as a ratio to what FFmpeg does of the same kind.
enum ColorSpeed {
    static func rows(_ name: String, _ options: BenchmarkOptions) throws -> [QualityRow] {
        let cube = options.scratch + "/warm.cube"
        try Data(warmCube.utf8).write(to: URL(fileURLWithPath: cube))
        let filters = [
            ("lut3d", ColorEnhancementBenchmark.graph("lut3d=file=\(cube)")),
            ("grayworld,normalize", ColorEnhancementBenchmark.graph("grayworld,normalize")),
        ]
        aegis_stay_on_one_core(1)
        defer { aegis_stay_on_one_core(0) }
        var rows: [QualityRow] = []
        for (width, height) in [(1280, 720), (1920, 1080)] {
            let format = ColorPicture.format(width, height)
            let pool = VideoFramePool(format: format)
            let picture = try noise(pool)
            let count = options.isSmoke ? 10 : 60
            func row(
                _ method: String,
                _ metric: String,
                _ value: Double,
                _ unit: String,
                _ target: BenchmarkTarget? = nil
            ) {
                rows.append(
                    QualityRow(
                        enhancement: name,
                        clip: "\(height)p",
                        method: method,
                        metric: metric,
                        value: value,
                        unit: unit,
                        target: target
                    )
                )
            }
            let table = try stage("color_enhancement:strength=0:lut=\(cube)", format)
            let live = try stage("color_enhancement", format)
            // In turn, so that a busy machine slows all of them.
            var times: [String: [Double]] = [:]
            for _ in 0..<(options.isSmoke ? 1 : 3) {
                times["aegis, table", default: []].append(try time(table, picture, count))
                times["aegis, live", default: []].append(try time(live, picture, count))
                for (method, graph) in filters {
                    let filter = try VideoFilterGraph(
                        graph,
                        input: format,
                        timebase: Timebase(1, 25),
                        accepted: [.yuv420p],
                        allowsOutsideAccess: true
                    )
                    times[method, default: []].append(try time(filter, picture, max(4, count / 4)))
                }
            }
            func median(_ method: String) -> Double {
                let sorted = (times[method] ?? []).sorted()
                return sorted[sorted.count / 2]
            }
            let own = median("aegis, table")
            row("aegis, table", "rate", 1 / own, "fps", .atLeast(height == 720 ? 150 : 60))
            row("aegis, live", "rate", 1 / median("aegis, live"), "fps")
            for (method, _) in filters {
                row(method, "rate", 1 / median(method), "fps")
                row("aegis, table", "speed_to_\(method)", median(method) / own, "", .atLeast(1))
            }
        }
        return rows
    }

    private static func stage(_ request: String, _ format: VideoFormat) throws -> any StageInstance {
        let context = StageContext(modelsDirectory: "", cacheDirectory: nil, coreCount: 1, trustsCaller: true)
        let catalogue = StageCatalogue.standard
        guard let stage = try catalogue.resolve(try catalogue.requests(parsing: request)).first else {
            throw BenchmarkFailure("there is no stage \(request)")
        }
        let plan = try stage.makePlan(context)
        return try plan.makeInstance(try plan.negotiate(format))
    }

    /// Seconds a frame.
    private static func time(_ stage: any StageInstance, _ picture: borrowing VideoFrame, _ count: Int) throws -> Double
    {
        let output = StageOutput()
        try stage.process(try picture.share(), into: output)
        _ = output.takeFrame()
        let start = processorTime()
        for _ in 0..<count {
            try stage.process(try picture.share(), into: output)
            _ = output.takeFrame()
        }
        return (processorTime() - start) / Double(count)
    }

    private static func time(_ filter: VideoFilterGraph, _ picture: borrowing VideoFrame, _ count: Int) throws -> Double
    {
        try filter.send(try picture.share())
        _ = try filter.receive()
        let start = processorTime()
        for _ in 0..<count {
            try filter.send(try picture.share())
            _ = try filter.receive()
        }
        return (processorTime() - start) / Double(count)
    }

    /// What this thread has computed, in seconds: other programs on the machine do not count.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Colours of all kinds side by side: the hardest case for a table's caches.
    private static func noise(_ pool: VideoFramePool) throws -> VideoFrame {
        var frame = try pool.makeFrame(timebase: Timebase(1, 25))
        var generator = SeededGenerator(seed: "colours")
        for index in 0..<3 {
            frame.withPlane(index) { plane in
                for y in 0..<plane.height {
                    for x in 0..<plane.width {
                        let slow = index == 0 ? (x + y) % 200 : index == 1 ? x % 120 : y % 120
                        plane.base[y * plane.stride + x] = UInt8(30 + slow + Int.random(in: 0...8, using: &generator))
                    }
                }
            }
        }
        return frame.freeze()
    }

    /// A lattice of 33³ points that makes pictures a little warmer.
    private static var warmCube: String {
        var text = "TITLE \"warm\"\nLUT_3D_SIZE 33\n"
        for blue in 0..<33 {
            for green in 0..<33 {
                for red in 0..<33 {
                    let (r, g, b) = (Double(red) / 32, Double(green) / 32, Double(blue) / 32)
                    text += "\(r * 0.96 + 0.04 * r * r) \(g) \(b * 0.92)\n"
                }
            }
        }
        return text
    }
}
