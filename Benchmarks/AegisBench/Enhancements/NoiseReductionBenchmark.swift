import FFmpegKit
import Foundation
import MediaCore
import Pipeline
import Stages

/// How much nearer to the truth `noise_reduction` brings clips with known noise, and how fast, against ffmpeg's filters in
/// the same run.
///
/// None of the clips was used to choose a constant of the stage.
struct NoiseReductionBenchmark: EnhancementBenchmark {
    let name = "noise_reduction"

    /// A filter of ffmpeg, with the settings that are tried for a noise; the best one counts.
    private struct Rival {
        let name: String
        let settings: @Sendable (_ noise: Double) -> [String]
    }

    private static let rivals = [
        Rival(name: "hqdn3d") { noise in
            [1.0, 1.5, 2].map { "hqdn3d=\($0 * noise):\($0 * noise * 0.75):\($0 * noise):\($0 * noise * 0.75)" }
        },
        Rival(name: "atadenoise") { noise in
            [0.01, 0.02, 0.04].map { share in
                let limits = "\(share * noise / 5):\(share * noise / 2.5)"
                let names = (0..<3).map { plane in
                    let parts = limits.split(separator: ":")
                    return "\(plane)a=\(parts[0]):\(plane)b=\(parts[1])"
                }
                return "atadenoise=" + names.joined(separator: ":") + ":s=9"
            }
        },
        Rival(name: "fftdnoiz") { noise in [1.6, 2, 2.5, 3].map { "fftdnoiz=sigma=\($0 * noise)" } },
        Rival(name: "nlmeans") { noise in [0.8, 1.0, 1.3].map { "nlmeans=s=\(min($0 * noise, 30)):p=5:r=9" } },
    ]

    /// What must be gained, in dB.
    private static let leastGain: [Double: Double] = [5: 3, 10: 5, 20: 5.5]

    func run(_ options: BenchmarkOptions) throws -> [QualityRow] {
        if let directory = options.picturesDirectory {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        var rows: [QualityRow] = []
        let clips = try NoisyClip.all(options)
        for clip in options.isSmoke ? Array(clips.prefix(1)) : clips {
            for noise in options.isSmoke ? [10.0] : [5, 10, 20] { rows += try gains(clip, noise, options) }
            rows += try transparency(clip)
        }
        return try clips.last.map { rows + (try speed($0, options)) } ?? rows
    }

    private func row(
        _ clip: String,
        _ method: String,
        _ metric: String,
        _ value: Double,
        _ unit: String,
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

    /// What all methods gain on one clip.
    private func gains(_ clip: NoisyClip, _ noise: Double, _ options: BenchmarkOptions) throws -> [QualityRow] {
        let title = "\(clip.name), noise \(Int(noise))"
        let noisy = clip.disturbed(noise)
        let before = clip.quality(noisy)
        var rows = [row(title, "input", "y_psnr", before.luma, "dB")]
        func add(_ method: String, _ result: [UInt8], _ target: BenchmarkTarget? = nil) throws {
            let after = clip.quality(result)
            rows.append(row(title, method, "y_psnr_gain", after.luma - before.luma, "dB", target))
            rows.append(row(title, method, "chroma_psnr_gain", after.chroma - before.chroma, "dB"))
            try clip.writePicture(result, "\(clip.name)-\(Int(noise))-\(method)", options)
        }
        try clip.writePicture(clip.samples, "\(clip.name)-truth", options)
        try clip.writePicture(noisy, "\(clip.name)-\(Int(noise))-input", options)
        let target = Self.leastGain[noise].map { BenchmarkTarget.atLeast($0) }
        try add("aegis auto", try clip.filtered(noisy, level: "auto", isLive: false).samples, target)
        try add("aegis auto, live", try clip.filtered(noisy, level: "auto", isLive: true).samples, target)
        for level in ["light", "medium", "strong"] {
            try add("aegis \(level)", try clip.filtered(noisy, level: level, isLive: false).samples)
        }
        for rival in options.isSmoke ? Array(Self.rivals.prefix(1)) : Self.rivals {
            let results = try rival.settings(noise).map { try clip.filtered(noisy, ffmpeg: $0, options).samples }
            guard let best = results.max(by: { clip.quality($0).luma < clip.quality($1).luma }) else { continue }
            try add(rival.name, best)
        }
        return rows
    }

    /// What the stage does to clips that have no noise added.
    private func transparency(_ clip: NoisyClip) throws -> [QualityRow] {
        try ["auto", "strong"].map { level in
            let result = try clip.filtered(clip.samples, level: level, isLive: false).samples
            // Untouched pictures have no error; 99 dB stands for that.
            let quality = min(clip.quality(result).luma, 99)
            return row("\(clip.name), clean", "aegis \(level)", "y_psnr_to_input", quality, "dB", .atLeast(45))
        }
    }

    // MARK: - Speed

    /// Frames a second of processor time at 720p, ours on one core.
    private func speed(_ clip: NoisyClip, _ options: BenchmarkOptions) throws -> [QualityRow] {
        let noisy = clip.disturbed(10)
        let count = Double(clip.count)
        let title = "\(clip.name), \(clip.width)x\(clip.height)"
        let rounds = options.isSmoke ? 1 : 3
        func best(_ body: () throws -> Double) throws -> Double {
            try (0..<rounds).map { _ in try body() }.min() ?? .nan
        }
        var ours: [(method: String, seconds: Double)] = []
        ours.append(("aegis auto, live", try best { try clip.filtered(noisy, level: "auto", isLive: true).seconds }))
        for level in ["light", "medium", "strong"] {
            ours.append(("aegis \(level)", try best { try clip.filtered(noisy, level: level, isLive: false).seconds }))
        }
        // Reading and writing the samples is no part of the filter.
        let nothing = try best { try clip.filtered(noisy, ffmpeg: "null", options).seconds }
        var rivals: [(method: String, seconds: Double)] = []
        for rival in Self.rivals where !options.isSmoke || rival.name != "nlmeans" {
            guard let setting = rival.settings(10).dropFirst().first else { continue }
            let seconds = try best { try clip.filtered(noisy, ffmpeg: setting, options).seconds } - nothing
            rivals.append((rival.name, max(seconds, 1e-6)))
        }
        var rows: [QualityRow] = []
        for (method, seconds) in ours {
            let target: BenchmarkTarget? = method == "aegis strong" ? nil : .atLeast(60)
            rows.append(row(title, method, "fps_one_core", count / seconds, "", target))
        }
        let allocations = try clip.filtered(noisy, level: "strong", isLive: true).ownAllocations
        rows.append(row(title, "aegis strong", "own_allocations_per_frame", allocations, "", .atMost(0)))
        for (method, seconds) in rivals { rows.append(row(title, method, "fps_one_core", count / seconds, "")) }
        for (method, seconds) in ours {
            for rival in rivals {
                rows.append(row(title, method, "speed_over_\(rival.method)", rival.seconds / seconds, ""))
            }
        }
        return rows
    }
}
