import FFmpegKit
import Foundation
import Pipeline

/// How well the virtual background cuts people out, against the truth and against the network as it comes.
struct VirtualBackgroundQualityBenchmark: Benchmark {
    let name = "virtual-background-quality"
    let summary = "masks against known alpha: overlap, boundary, stillness, lag, and against the bare network"

    func run(_ options: BenchmarkOptions, _ output: BenchmarkOutput) throws {
        try MetricChecks.run()
        if let directory = options.picturesDirectory {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        let plan = try StageUnderTest.makePlan(options)
        let network = try RawNetwork(options)
        let cutout = try Picture.readCutout(
            colors: options.repositoryFile("Benchmarks/quality/portrait.png"),
            alpha: options.repositoryFile("Benchmarks/quality/portrait_alpha.png")
        )
        var results: [ClipResult] = []
        for line in QualityTable.header { output.note(line) }
        for clip in options.isSmoke ? QualityClip.smoke : QualityClip.all {
            let renderer = ClipRenderer(clip, backgrounds: try backgrounds(of: clip, options), cutout: cutout)
            let stage = try StageUnderTest(plan, format: renderer.format)
            let result = try measure(clip, renderer, stage, network, options)
            if clip.group != .nobody { output.note(QualityTable.row(result)) }
            results.append(result)
        }
        QualityVerdict(results).report(to: output)
    }

    /// Runs one clip through the stage and the bare network.
    private func measure(
        _ clip: QualityClip,
        _ renderer: ClipRenderer,
        _ stage: StageUnderTest,
        _ network: RawNetwork,
        _ options: BenchmarkOptions
    ) throws -> ClipResult {
        var result = ClipResult(clip)
        var pictures: (first: ContactSheet.Row, worst: ContactSheet.Row, last: ContactSheet.Row)?
        for index in 0..<clip.frameCount {
            let frame = try renderer.makeFrame(index)
            let original = CodedPicture(frame)
            let raw = try network.alpha(of: frame)
            let finished = try stage.process(frame)
            let isWorst = result.add(ours: finished.alpha, raw: raw, truth: renderer.truth)
            guard options.picturesDirectory != nil else { continue }
            let row = ContactSheet.Row(frame: original, alpha: finished.alpha, composite: finished.picture)
            pictures = (pictures?.first ?? row, isWorst ? row : pictures?.worst ?? row, row)
        }
        if let directory = options.picturesDirectory, let pictures {
            let sheet = ContactSheet(rows: [pictures.first, pictures.worst, pictures.last])
            try sheet.write(to: "\(directory)/\(clip.name).png")
        }
        return result
    }

    /// The pictures behind the people, with room for the camera to move.
    private func backgrounds(of clip: QualityClip, _ options: BenchmarkOptions) throws -> [Picture] {
        let size = (width: clip.width + QualityClip.marginX, height: clip.height + QualityClip.marginY)
        switch clip.place {
        case .room: return try Picture.read(options.repositoryFile("Benchmarks/quality/room.jpg"), covering: size)
        case .street: return try Picture.read(options.repositoryFile("Benchmarks/quality/street.jpg"), covering: size)
        case .garage: return try Picture.read(options.media("room.png"), covering: size)
        case .china: return try Picture.read(options.media("china.jpg"), covering: size)
        case .bikes:
            // As many as the clip shows, so that the film never jumps back.
            return try Picture.read(options.media("bikes.mp4"), covering: size, count: clip.frameCount)
        }
    }
}
