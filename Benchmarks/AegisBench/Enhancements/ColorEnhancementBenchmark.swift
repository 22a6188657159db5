import FFmpegKit
import Foundation
import MediaCore
import Pipeline
import Stages

/// `color_enhancement` against known casts, and against FFmpeg's `grayworld` and `normalize`.
struct ColorEnhancementBenchmark: EnhancementBenchmark {
    let name = "color_enhancement"

    private static let alternatives = ["grayworld", "normalize", "grayworld,normalize"]

    /// Filters for RGB between conversions that know what BT.709 is.
    static func graph(_ filters: String) -> String {
        "scale=in_color_matrix=bt709:in_range=tv,format=gbrp,\(filters),"
            + "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
    }

    func run(_ options: BenchmarkOptions) throws -> [QualityRow] {
        let clips = try ColorClip.all(options, length: options.isSmoke ? 6 : 120)
        let casts = options.isSmoke ? Array(ColorCast.casts.suffix(3)) : ColorCast.casts
        let methods = ["aegis"] + Self.alternatives
        var rows: [QualityRow] = []
        var totals = [Sums](repeating: Sums(), count: methods.count)
        for clip in clips {
            let good = clip.pictures.sampled(3)
            let truth = good.map(\.colors)
            var sums = [Sums](repeating: Sums(), count: methods.count)
            for cast in casts + ColorCast.curves {
                let raw = good.map { $0.with(cast) }
                let before = difference(raw, truth)
                for (index, method) in methods.enumerated() {
                    sums[index].add(cast, before, difference(try process(raw, method), truth))
                }
            }
            for (index, method) in methods.enumerated() {
                totals[index].add(sums[index])
                rows += try clipRows(clip, method, sums[index], good, truth)
            }
        }
        for (method, sums) in zip(methods, totals) {
            rows.append(row("all", method, "cast_reduction", sums.reduction, "%", .atLeast(60)))
            rows.append(row("all", method, "residual_delta_e", sums.residual, "ΔE00", .atMost(3)))
            rows.append(row("all", method, "gamma_reduction", sums.gammaReduction, "%"))
        }
        return rows + (try ColorSpeed.rows(name, options))
    }

    /// What casts did to pictures, and what was left of them.
    private struct Sums {
        var before = 0.0, after = 0.0, count = 0.0, gammaBefore = 0.0, gammaAfter = 0.0

        var reduction: Double { 100 * (1 - after / before) }
        var residual: Double { after / count }
        var gammaReduction: Double { 100 * (1 - gammaAfter / gammaBefore) }

        mutating func add(_ cast: ColorCast, _ raw: Double, _ restored: Double) {
            if cast.gamma != 1 {
                gammaBefore += raw
                gammaAfter += restored
            } else {
                before += raw
                after += restored
                count += 1
            }
        }

        mutating func add(_ other: Sums) {
            before += other.before
            after += other.after
            count += other.count
            gammaBefore += other.gammaBefore
            gammaAfter += other.gammaAfter
        }
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
            target: method == "aegis" ? target : nil
        )
    }

    private func clipRows(
        _ clip: ColorClip,
        _ method: String,
        _ sums: Sums,
        _ good: [ColorPicture],
        _ truth: [[CIELab]]
    ) throws -> [QualityRow] {
        let same = try process(good, method)
        var rows = [
            row(clip.name, method, "cast_delta_e", sums.before / sums.count, "ΔE00"),
            row(clip.name, method, "residual_delta_e", sums.residual, "ΔE00", .atMost(3)),
            row(clip.name, method, "cast_reduction", sums.reduction, "%", .atLeast(60)),
            row(clip.name, method, "change_of_good", difference(same, truth), "ΔE00", .atMost(1.5)),
        ]
        if method == "aegis" {
            let illegal = 100 * (same.map(\.illegalShare).max() ?? 0)
            rows.append(row(clip.name, method, "illegal_share", illegal, "%", .atMost(0)))
            rows.append(row(clip.name, method, "flicker", try flicker(clip), "ΔE a frame", .atMost(0.2)))
        }
        return rows
    }

    private func difference(_ pictures: [ColorPicture], _ truth: [[CIELab]]) -> Double {
        zip(pictures, truth).reduce(0) { $0 + $1.0.colors.meanDifference(to: $1.1) } / Double(max(truth.count, 1))
    }

    private func process(_ pictures: [ColorPicture], _ method: String) throws -> [ColorPicture] {
        guard let first = pictures.first else { return [] }
        let format = ColorPicture.format(first.width, first.height)
        let pool = VideoFramePool(format: format)
        if Self.alternatives.contains(method) {
            let filter = try VideoFilterGraph(
                Self.graph(method),
                input: format,
                timebase: Timebase(1, 25),
                accepted: [.yuv420p]
            )
            var results: [ColorPicture] = []
            for (index, picture) in pictures.enumerated() {
                try filter.send(try picture.frame(pool, ticks: Int64(index)))
                while let frame = try filter.receive() { results.append(ColorPicture(frame)) }
            }
            return results
        }
        return try MeasuredColors(format, pictures, pool).process(pictures, pool)
    }

    /// Largest mean difference between two neighbouring frames of one picture that does not move, with what was measured
    /// in the moving clip: everything that differs is the stage's doing.
    private func flicker(_ clip: ColorClip) throws -> Double {
        guard let first = clip.pictures.first else { return 0 }
        let format = ColorPicture.format(first.width, first.height)
        let pool = VideoFramePool(format: format)
        let stage = try MeasuredColors(format, clip.pictures, pool)
        let results = try stage.process(clip.pictures.map { _ in first }, pool).map(\.colors)
        return zip(results, results.dropFirst()).map { $0.meanDifference(to: $1) }.max() ?? 0
    }
}

/// The stage with the measurements of one shot, as a file job uses it.
struct MeasuredColors {
    private let plan: any StagePlan
    private let agreement: FormatAgreement

    init(_ format: VideoFormat, _ pictures: [ColorPicture], _ pool: VideoFramePool) throws {
        let context = StageContext(modelsDirectory: "", cacheDirectory: nil, coreCount: 1, trustsCaller: true)
        let catalogue = StageCatalogue.standard
        guard let stage = try catalogue.resolve(try catalogue.requests(parsing: "color_enhancement")).first else {
            throw BenchmarkFailure("there is no stage color_enhancement")
        }
        let plan = try stage.makePlan(context)
        guard let analysis = plan.analysis else { throw BenchmarkFailure("color_enhancement does not measure") }
        self.plan = try Self.measure(analysis, format, pictures, pool)
        agreement = try plan.negotiate(format)
    }

    private static func measure<Analysis: FileAnalysis>(
        _ analysis: Analysis,
        _ format: VideoFormat,
        _ pictures: [ColorPicture],
        _ pool: VideoFramePool
    ) throws -> any StagePlan {
        let probe = try analysis.makeProbe(format)
        var frames: [MeasuredFrame<Analysis.Measurement>] = []
        for (index, picture) in pictures.enumerated() {
            let frame = try picture.frame(pool, ticks: Int64(index))
            guard let time = frame.time, let measurement = try probe.measure(frame) else { continue }
            frames.append(MeasuredFrame(time: time, measurement: measurement))
        }
        return try analysis.makePlan(
            MeasuredFile(format: format, frameRate: Rational(25, 1), shots: .whole, frames: frames)
        )
    }

    func process(_ pictures: [ColorPicture], _ pool: VideoFramePool) throws -> [ColorPicture] {
        let instance = try plan.makeInstance(agreement)
        let output = StageOutput()
        return try pictures.enumerated().map { index, picture in
            try instance.process(try picture.frame(pool, ticks: Int64(index)), into: output)
            guard let frame = output.takeFrame() else { throw BenchmarkFailure("a frame went in and none came out") }
            return ColorPicture(frame)
        }
    }
}

extension Array where Element == ColorPicture {
    /// Some of them, evenly from the first to the last.
    func sampled(_ wanted: Int) -> [ColorPicture] {
        count <= wanted ? self : (0..<wanted).map { self[$0 * (count - 1) / (wanted - 1)] }
    }
}
