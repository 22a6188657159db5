import FFmpegKit
import Foundation
import MediaCore
import Pipeline
import Stages

/// How calm `stabilization` makes films whose camera is known, and real ones, against ffmpeg's filters in the same run.
struct StabilizationBenchmark: EnhancementBenchmark {
    let name = "stabilization"

    func run(_ options: BenchmarkOptions) throws -> [QualityRow] {
        var rows: [QualityRow] = []
        if let directory = options.picturesDirectory {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        for kind in options.isSmoke ? [.pan] : ShakyClip.Kind.allCases {
            let clip = ShakyClip(kind, frameCount: options.isSmoke ? 50 : 150)
            let frames = try clip.render(options)
            rows += try measure(kind.rawValue, frames, trueJitter: clip.jitter, options)
        }
        if !options.isSmoke {
            // Of the first film the one shot that is hand-held and that no vehicle covers: frames 76 to 136.
            for (name, shot) in [("bikes", 76..<137), ("carphone", 0..<120), ("bigbuckbunny", 0..<132)] {
                let box = try StabilizationRuns.decode(options.media(name + ".mp4"), shot)
                rows += try measure(name, box.frames, trueJitter: nil, options)
            }
        }
        return rows
    }

    /// Runs all methods on one clip.
    private func measure(
        _ clip: String,
        _ frames: borrowing FrameQueue,
        trueJitter: Double?,
        _ options: BenchmarkOptions
    ) throws -> [QualityRow] {
        var table = StabilizationRows(clip: clip, format: frames.withFrame(at: 0) { $0.format })
        table.before = try StabilizationFigures(frames, original: frames)
        if let trueJitter { table.addTruth(trueJitter) }
        let raw = options.scratch + "/shaky.raw"
        try StabilizationRuns.write(frames, to: raw)
        defer { try? FileManager.default.removeItem(atPath: raw) }
        func add(_ method: String, _ result: borrowing StabilizedFrames) throws {
            table.add(method, try StabilizationFigures(result.frames, original: frames), result)
            if let directory = options.picturesDirectory {
                try StabilizationRuns.write(result.frames, to: "\(directory)/\(clip)-\(method).raw")
            }
        }
        let format = table.format
        try add("aegis", StabilizationRuns.aegis(frames, format: format))
        try add("aegis live", StabilizationRuns.aegis(frames, format: format, isLive: true))
        let transforms = options.scratch + "/transforms.trf"
        try add(
            "vidstab",
            StabilizationRuns.ffmpeg(
                raw,
                format: format,
                count: frames.count,
                detect: "vidstabdetect=result=\(transforms)",
                transform: "vidstabtransform=input=\(transforms)",
                isTimed: clip == "pan",
                options
            )
        )
        try add(
            "deshake",
            StabilizationRuns.ffmpeg(
                raw,
                format: format,
                count: frames.count,
                detect: nil,
                transform: "deshake",
                isTimed: clip == "pan",
                options
            )
        )
        if let directory = options.picturesDirectory {
            try StabilizationRuns.write(frames, to: "\(directory)/\(clip)-input.raw")
        }
        return table.rows
    }
}

/// What frames do over time.
struct StabilizationFigures {
    var jitter = 0.0, angleJitter = 0.0, similarity = 0.0, blackShare = 0.0
    /// The linear share of the picture that is still seen.
    var cropRatio = 1.0
    /// PSNR to the original, in dB; infinite when equal.
    var fidelity = Double.infinity

    init(_ frames: borrowing FrameQueue, original: borrowing FrameQueue) throws {
        guard let meter = frames.withFrame(at: 0, { RunMeter($0.format) }) else {
            throw BenchmarkFailure("the pictures are too small to measure")
        }
        let count = min(frames.count, original.count)
        let height = Double(frames.withFrame(at: 0) { $0.format.height })
        var (error, zooms) = (0.0, [Double]())
        for index in 0..<count {
            frames.withFrame(at: index) { frame in
                meter.add(frame)
                original.withFrame(at: index) { original in
                    error += squaredError(frame, original)
                    guard index % 10 == 0, let pair = RunMeter(frame.format) else { return }
                    pair.add(original)
                    pair.add(frame)
                    if pair.lastMotion.confidence > 0.5 { zooms.append(pair.lastScale) }
                }
            }
        }
        jitter = meter.jitter * height
        angleJitter = meter.angleJitter
        similarity = meter.similarity
        blackShare = meter.blackShare
        if !zooms.isEmpty { cropRatio = min(1, 1 / median(zooms)) }
        error /= Double(count)
        fidelity = error > 0 ? 10 * log10(255 * 255 / error) : .infinity
    }

    private func squaredError(_ frame: borrowing VideoFrame, _ original: borrowing VideoFrame) -> Double {
        frame.withPlane(0) { a in
            original.withPlane(0) { b in
                var sum = 0
                for y in 0..<a.height {
                    for x in 0..<a.width {
                        let difference = Int(a.base[y * a.stride + x]) - Int(b.base[y * b.stride + x])
                        sum += difference * difference
                    }
                }
                return Double(sum) / Double(a.width * a.height)
            }
        }
    }
}

/// The rows of one clip.
struct StabilizationRows {
    let clip: String
    let format: VideoFormat
    var before: StabilizationFigures?
    private(set) var rows: [QualityRow] = []

    init(clip: String, format: VideoFormat) {
        self.clip = clip
        self.format = format
    }

    /// How right the meter itself is.
    mutating func addTruth(_ jitter: Double) {
        guard let before, jitter > 1 else { return }
        add("meter", "jitter_of_the_truth", before.jitter / jitter)
    }

    mutating func add(_ method: String, _ after: StabilizationFigures, _ result: borrowing StabilizedFrames) {
        guard let before else { return }
        // The stage that a file gets is judged; live has other rules, and the others are what it is compared with.
        let isOurs = method == "aegis"
        let isSynthetic = ShakyClip.Kind(rawValue: clip) != nil
        let isSteady = clip == "steady" || clip == "bigbuckbunny"
        let reduction = 1 - after.jitter / max(before.jitter, 1e-9)
        add(method, "jitter_before", before.jitter, "px")
        add(method, "jitter_after", after.jitter, "px")
        if !isSteady {
            add(
                method,
                "jitter_reduction",
                reduction,
                target: isOurs ? .atLeast(isSynthetic ? 0.9 : 0.7) : nil
            )
        }
        add(method, "roll_jitter_after", after.angleJitter, "°")
        add(
            method,
            "itf_gain",
            after.similarity - before.similarity,
            "dB",
            target: isOurs && clip == "pan" ? .atLeast(2) : nil
        )
        add(method, "crop_ratio", after.cropRatio, target: isOurs ? .atLeast(0.85) : nil)
        // In the dark the picture itself is as black as an edge would be.
        let canTell = isOurs && clip != "dark"
        add(method, "black_edge_share", after.blackShare - before.blackShare, target: canTell ? .atMost(0) : nil)
        if isSteady {
            add(method, "psnr_to_input", min(after.fidelity, 99), "dB", target: isOurs ? .atLeast(38) : nil)
        }
        // One clip is enough for speed.
        guard clip == "pan" else { return }
        if result.motionRate.isFinite {
            add(method, "motion_rate", result.motionRate, "fps", target: isOurs ? .atLeast(250) : nil)
        }
        if let allocations = result.ownAllocations {
            add(method, "own_allocations_per_frame", allocations, target: .atMost(0))
        }
        add(method, "render_rate", result.renderRate, "fps", target: isOurs && clip == "pan" ? .atLeast(100) : nil)
    }

    private mutating func add(
        _ method: String,
        _ metric: String,
        _ value: Double,
        _ unit: String = "",
        target: BenchmarkTarget? = nil
    ) {
        rows.append(
            QualityRow(
                enhancement: "stabilization",
                clip: clip,
                method: method,
                metric: metric,
                value: value,
                unit: unit,
                target: target
            )
        )
    }
}
