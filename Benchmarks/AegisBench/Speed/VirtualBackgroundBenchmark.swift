import Foundation

/// Speed of a whole job and of the stage alone.
struct VirtualBackgroundBenchmark: Benchmark {
    let name = "virtual-background"
    let summary = "frames a second of a file job against the Python stack and a plain ffmpeg transcode"

    /// A picture size and what the stage alone may cost there.
    private struct Size {
        let name: String
        let width: Int
        let height: Int
        let stageLimit: Double
    }

    private static let sizes = [
        Size(name: "720p", width: 1280, height: 720, stageLimit: 2.5),
        Size(name: "1080p", width: 1920, height: 1080, stageLimit: 6),
    ]

    func run(_ options: BenchmarkOptions, _ output: BenchmarkOutput) throws {
        for size in Self.sizes {
            let clip = options.scratch + "/\(size.name).mp4"
            try makeClip(clip, size, seconds: options.isSmoke ? 8 : 40, options)
            // The fastest preset shows the stage, a common one what people get.
            for preset in options.isSmoke ? ["ultrafast"] : ["ultrafast", "veryfast"] {
                try compare(clip, size, preset: preset, options, output)
            }
            try measureStage(clip, size, options, output)
        }
    }

    /// A talking head at the wanted size: the sample clip, enlarged, cropped to 16:9 and looped.
    private func makeClip(_ path: String, _ size: Size, seconds: Int, _ options: BenchmarkOptions) throws {
        _ = try ToolRun(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-y", "-stream_loop", "-1", "-i", options.media("carphone.mp4"), "-t",
                String(seconds),
                "-vf", "scale=\(size.width):-2:flags=bicubic,crop=\(size.width):\(size.height)", "-c:v", "libx264",
                "-preset",
                "veryfast", "-crf", "20", path,
            ]
        )
    }

    private func compare(
        _ clip: String,
        _ size: Size,
        preset: String,
        _ options: BenchmarkOptions,
        _ output: BenchmarkOutput
    ) throws {
        let aegis = options.root + "/.build/release/aegis"
        let python = options.setup + "/benchmark-python/bin/python"
        for needed in [aegis, python] where !FileManager.default.isExecutableFile(atPath: needed) {
            throw BenchmarkFailure("\(needed) is missing; run 'make bench'")
        }
        let result = options.scratch + "/result.mp4"
        let frames = try frameCount(clip)
        let encoder = "preset=\(preset):crf=23"
        var ours: [Double] = []
        var stack: [Double] = []
        var plain: [Double] = []
        var stackStage = 0.0
        // In turn, so that a machine that slows down slows all three.
        for _ in 0..<(options.isSmoke ? 1 : 3) {
            ours.append(
                try frames
                    / ToolRun(
                        aegis,
                        [
                            "enhance", clip, "-o", result, "--with", "virtual_background", "--codec", "h264",
                            "--encoder-options", encoder,
                            "--overwrite",
                        ]
                    ).seconds
            )
            let run = try ToolRun(
                python,
                [
                    options.repositoryFile("Benchmarks/baselines/python_virtual_background.py"), clip, result,
                    "--preset", preset,
                    "--crf", "23", "--json",
                ]
            ).lastObject()
            // Its own clock: starting Python and loading libraries is not counted against it.
            stack.append(run["fps"] as? Double ?? .nan)
            stackStage = run["stage_ms_p50"] as? Double ?? .nan
            plain.append(
                try frames
                    / ToolRun(
                        "ffmpeg",
                        [
                            "-v", "error", "-nostdin", "-y", "-i", clip, "-c:v", "libx264", "-preset", preset, "-crf",
                            "23", result,
                        ]
                    ).seconds
            )
        }
        let label = "\(size.name) \(preset)"
        let isJudged = preset == "ultrafast"
        output.figure("\(label): Aegis, start-up included", median(ours), "fps")
        output.figure("\(label): Python stack (OpenCV, MediaPipe, ffmpeg pipe)", median(stack), "fps")
        output.figure("\(label): plain ffmpeg transcode", median(plain), "fps")
        output.figure(
            "\(label): Aegis ÷ Python stack",
            median(zip(ours, stack).map { $0 / $1 }),
            target: isJudged ? .atLeast(3.5) : nil
        )
        output.figure(
            "\(label): Aegis ÷ plain transcode",
            median(zip(ours, plain).map { $0 / $1 }),
            target: isJudged ? .atLeast(0.85) : nil
        )
        output.figure("\(label): the Python stack's stage, p50", stackStage, "ms")
    }

    private func frameCount(_ clip: String) throws -> Double {
        let text = try ToolRun(
            "ffprobe",
            [
                "-v", "error", "-select_streams", "v", "-show_entries", "stream=nb_frames", "-of", "csv=p=0", clip,
            ]
        ).output
        guard let count = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw BenchmarkFailure("ffprobe does not know how many frames \(clip) has")
        }
        return count
    }

    private func measureStage(
        _ clip: String,
        _ size: Size,
        _ options: BenchmarkOptions,
        _ output: BenchmarkOutput
    ) throws {
        let measured = try StageMeasurement(clip: clip, frameCount: options.isSmoke ? 60 : 240, options)
        output.figure(
            "\(size.name): stage alone on one core, p50",
            measured.p50,
            "ms",
            target: .atMost(size.stageLimit)
        )
        output.figure("\(size.name): stage alone on one core, p99", measured.p99, "ms")
        output.figure("\(size.name): our allocations a frame", measured.ownAllocations, target: .atMost(0))
        // OpenVINO makes some 860 small ones an inference, libav none here.
        output.figure(
            "\(size.name): allocations a frame of the whole process",
            measured.allAllocations,
            target: .atMost(1100)
        )
    }
}
