import Foundation
import MediaCore
import Pipeline
import Rendering

/// How well the cuts of a file are found, and how fast.
struct CutDetectionQuality: EnhancementBenchmark {
    let name = "cut_detection"

    func run(_ options: BenchmarkOptions) throws -> [QualityRow] {
        var rows: [QualityRow] = []
        for kind in CutClip.Kind.allCases {
            var counts = (found: 0, missed: 0, invented: 0)
            for seed in options.isSmoke ? 1...1 : 1...3 {
                var clip = CutClip(kind, shotCount: options.isSmoke ? 10 : 30, seed: seed)
                let path = "\(options.scratch)/cuts-\(kind.rawValue).mp4"
                try clip.render(to: path, options)
                let shots = try ShotSearch(path, coreCount: 2).run().shots
                let cuts = shots.starts.dropFirst().map { Int(($0.seconds * 25).rounded()) }
                let found = clip.cuts.count { cut in cuts.contains { abs($0 - cut) <= 1 } }
                counts.found += found
                counts.missed += clip.cuts.count - found
                counts.invented += cuts.count { cut in !clip.cuts.contains { abs($0 - cut) <= 1 } }
                try FileManager.default.removeItem(atPath: path)
            }
            let f1 = Double(2 * counts.found) / Double(2 * counts.found + counts.missed + counts.invented)
            func row(_ metric: String, _ value: Double, target: BenchmarkTarget? = nil) {
                rows.append(
                    QualityRow(
                        enhancement: name,
                        clip: kind.rawValue,
                        method: "aegis",
                        metric: metric,
                        value: value,
                        target: target
                    )
                )
            }
            row("f1_within_1_frame", f1, target: .atLeast(kind == .cuts ? 0.99 : 0.97))
            row("missed_of_\(counts.found + counts.missed)", Double(counts.missed))
            row("invented", Double(counts.invented))
        }
        return rows + (try speed(options))
    }

    /// Frames a second of decoding and looking, of a full-HD file on two cores.
    private func speed(_ options: BenchmarkOptions) throws -> [QualityRow] {
        let path = "\(options.scratch)/cuts-1080p.mp4"
        var clip = CutClip(.cuts, shotCount: options.isSmoke ? 4 : 24, width: 1920, height: 1080)
        try clip.render(to: path, options)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let runs = try (0..<(options.isSmoke ? 1 : 3)).map { _ in
            let start = ContinuousClock.now
            let frames = try ShotSearch(path, coreCount: 2).run().frames
            return Double(frames) / ToolRun.seconds(ContinuousClock.now - start)
        }
        // The same decoder without looking: the most that there is to reach.
        let decoding = try ToolRun("ffmpeg", ["-v", "error", "-threads", "2", "-i", path, "-f", "null", "-"])
        let frames = Double((clip.cuts.last ?? 0) + 40)
        return [
            QualityRow(
                enhancement: name,
                clip: "1080p",
                method: "aegis",
                metric: "decode_and_detect",
                value: median(runs),
                unit: "fps",
                target: .atLeast(200)
            ),
            QualityRow(
                enhancement: name,
                clip: "1080p",
                method: "ffmpeg, decoding only",
                metric: "decode",
                value: frames / decoding.seconds,
                unit: "fps"
            ),
        ]
    }
}
