import FFmpegKit
import Foundation
import MediaCore
import Pipeline
import Rendering
import Stages

/// What `hdr_processing` keeps and how fast it is, against the usual chain of ffmpeg filters in the same run.
struct HDRProcessingBenchmark: EnhancementBenchmark {
    let name = "hdr_processing"

    func run(_ options: BenchmarkOptions) throws -> [QualityRow] {
        var rows: [QualityRow] = []
        for picture in options.isSmoke ? ["room.png"] : ["room.png", "china.jpg", "astronaut.png"] {
            rows += try toneMapping(picture, options)
        }
        for clip in options.isSmoke ? ["bikes"] : ["bikes", "bigbuckbunny", "carphone"] {
            rows += try expansion(clip, options)
        }
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

    /// Renders as `aegis enhance` does.
    private func render(
        _ input: String,
        _ output: String,
        _ stage: String,
        _ options: BenchmarkOptions,
        encoderOptions: [CodecOption]
    ) throws -> RenderReport {
        let catalogue = StageCatalogue.standard
        let context = StageContext(
            modelsDirectory: options.models,
            cacheDirectory: nil,
            coreCount: 2,
            trustsCaller: true
        )
        var request = RenderRequest(
            inputPath: input,
            outputPath: output,
            stages: try catalogue.resolve(try catalogue.requests(parsing: stage)),
            context: context
        )
        request.replacesOutput = true
        request.encoderOptions = encoderOptions
        return try RenderJob(RenderPlan(request)).run()
    }

    // MARK: - HDR10 to SDR

    private func toneMapping(_ picture: String, _ options: BenchmarkOptions) throws -> [QualityRow] {
        let input = options.scratch + "/hdr.mkv", output = options.scratch + "/sdr.mkv"
        try HDRClip.render(picture, to: input, options)
        func read(_ path: String, isHDR: Bool) throws -> LightPicture {
            try LightPicture(path, isHDR: isHDR, at: 0.48, width: 1280, height: 720, options)
        }
        let before = try read(input, isHDR: true)
        var rows: [QualityRow] = []
        func add(_ method: String, _ isOurs: Bool) throws {
            let after = try read(output, isHDR: false)
            let values: [(String, Double, String, BenchmarkTarget)] = [
                ("midtone_delta_e_itp", before.midToneDifference(from: after), "", .atMost(5)),
                ("hue_shift", before.hueShift(to: after), "°", .atMost(3)),
                ("clipped_pixels", before.clippedShare(in: after), "%", .atMost(0.5)),
            ]
            for (metric, value, unit, target) in values {
                rows.append(row(picture, method, metric, value, unit, isOurs ? target : nil))
            }
            try savePicture(output, "\(picture)-\(method)", options)
        }
        _ = try render(input, output, "hdr_processing:target=sdr", options, encoderOptions: [CodecOption("qp", "4")])
        try add("aegis", true)
        for tone in ["hable", "mobius"] {
            _ = try ToolRun(
                "ffmpeg",
                [
                    "-v", "error", "-nostdin", "-y", "-i", input, "-vf", HDRClip.chain(tone), "-c:v", "libx264", "-qp",
                    "4", "-preset", "veryfast", output,
                ]
            )
            try add("ffmpeg \(tone)", false)
        }
        return rows
    }

    private func savePicture(_ path: String, _ name: String, _ options: BenchmarkOptions) throws {
        guard let directory = options.picturesDirectory else { return }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let file = directory + "/hdr-" + name.replacingOccurrences(of: " ", with: "-") + ".png"
        _ = try ToolRun(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-y", "-ss", "0.48", "-i", path, "-frames:v", "1", file]
        )
    }

    // MARK: - SDR to HDR10

    private func expansion(_ clip: String, _ options: BenchmarkOptions) throws -> [QualityRow] {
        var rows: [QualityRow] = []
        for (method, encoderOptions) in [
            ("aegis, lossless", [CodecOption("x265-params", "lossless=1:log-level=none")]),
            ("aegis", []),
        ] {
            let output = options.scratch + "/hdr10.mkv"
            let input = options.scratch + "/part.mp4"
            _ = try ToolRun(
                "ffmpeg",
                [
                    "-v", "error", "-nostdin", "-y", "-i", options.media(clip + ".mp4"), "-t", "2", "-an", "-c:v",
                    "libx264", "-qp", "0", "-preset", "ultrafast", input,
                ]
            )
            let report = try render(
                input,
                output,
                "hdr_processing:target=hdr10",
                options,
                encoderOptions: encoderOptions
            )
            guard let written = report.output.streams.first(where: { $0.kind == "video" })?.hdr?.maxCLL else {
                throw BenchmarkFailure("\(clip): no content light level was written")
            }
            let measured = try LightLevels(output)
            let deviation = 100 * abs(Double(written) / measured.peak - 1)
            rows.append(row(clip, method, "max_cll_written", Double(written), "cd/m²"))
            rows.append(row(clip, method, "max_cll_deviation", deviation, "%", .atMost(5)))
            for metric in report.stages.first?.metrics ?? [] where metric.name == "round_trip_y_psnr" {
                rows.append(row(clip, method, metric.name, metric.after, "dB", .atLeast(38)))
            }
        }
        return rows
    }

    // MARK: - Speed

    /// One core each: the stage on decoded frames, and ffmpeg's chain less its decoding.
    private func speed(_ options: BenchmarkOptions) throws -> [QualityRow] {
        let input = options.scratch + "/speed.mkv"
        try HDRClip.render("room.png", to: input, options)
        var (ours, theirs): ([Double], [Double]) = ([], [])
        for _ in 0..<(options.isSmoke ? 1 : 3) {
            ours.append(try stageMilliseconds(input, options))
            func chain(_ filters: [String]) throws -> Double {
                try ToolRun(
                    "ffmpeg",
                    ["-v", "error", "-nostdin", "-threads", "1", "-filter_threads", "1", "-i", input] + filters
                        + ["-f", "null", "-"]
                ).seconds
            }
            let decoding = try chain([])
            theirs.append((try chain(["-vf", HDRClip.chain("hable")]) - decoding) * 1000 / 25)
        }
        return [
            row("720p", "aegis", "one_frame", median(ours), "ms"),
            row("720p", "ffmpeg hable", "one_frame", median(theirs), "ms"),
            row("720p", "aegis", "times_faster_than_ffmpeg", median(theirs) / median(ours), "", .atLeast(2)),
        ]
    }

    private func stageMilliseconds(_ clip: String, _ options: BenchmarkOptions) throws -> Double {
        let catalogue = StageCatalogue.standard
        let context = StageContext(
            modelsDirectory: options.models,
            cacheDirectory: nil,
            coreCount: 1,
            trustsCaller: true
        )
        let resolved = try catalogue.resolve(try catalogue.requests(parsing: "hdr_processing"))
        let demuxer = try Demuxer(path: clip)
        guard let stream = demuxer.bestVideoStream, let unmeasured = try resolved.first?.makePlan(context),
            let format = stream.parameters.videoFormat
        else { throw BenchmarkFailure("\(clip) has no picture") }
        // As in a file job, where the light was measured before.
        func measured<Analysis: FileAnalysis>(_ analysis: Analysis) throws -> any StagePlan {
            try analysis.makePlan(MeasuredFile(format: format, frameRate: nil, shots: .whole, frames: []))
        }
        let plan = try unmeasured.analysis.map { try measured($0) } ?? unmeasured
        demuxer.select(streams: [stream.index])
        let decoder = try VideoDecoder(stream: stream)
        let instance = try plan.makeInstance(try plan.negotiate(format))
        let output = StageOutput()
        var times: [Double] = []
        while let packet = try demuxer.read() {
            _ = try decoder.send(packet)
            receiving: while true {
                switch try decoder.receive() {
                case .frame(let frame):
                    let start = ContinuousClock.now
                    try instance.process(frame, into: output)
                    while let finished = output.takeFrame() { _ = finished.presentationTicks }
                    times.append(ToolRun.seconds(ContinuousClock.now - start) * 1000)
                default: break receiving
                }
            }
        }
        // The first frame bakes the table.
        return median(Array(times.dropFirst()))
    }
}

/// The content light levels of an HDR10 file, by decoding all of it: CTA-861.3, annex P.
struct LightLevels {
    /// The largest component of any pixel, in cd/m².
    private(set) var peak = 0.0

    init(_ path: String) throws {
        let demuxer = try Demuxer(path: path)
        guard let stream = demuxer.bestVideoStream else { throw BenchmarkFailure("\(path) has no picture") }
        demuxer.select(streams: [stream.index])
        let decoder = try VideoDecoder(stream: stream)
        while let packet = try demuxer.read() {
            _ = try decoder.send(packet)
            try receive(from: decoder)
        }
        try decoder.finish()
        try receive(from: decoder)
    }

    private mutating func receive(from decoder: VideoDecoder) throws {
        while case .frame(let frame) = try decoder.receive() {
            frame.withPlanes { luma, u, v in
                var largest = 0.0
                for y in 0..<luma.height {
                    func row(_ plane: PlaneView, _ row: Int) -> UnsafePointer<UInt16> {
                        UnsafeRawPointer(plane.base + row * plane.stride).assumingMemoryBound(to: UInt16.self)
                    }
                    let (code, cb, cr) = (row(luma, y), row(u, y / 2), row(v, y / 2))
                    for x in 0..<luma.width {
                        let light = (Double(code[x]) - 64) / 876
                        let blue = (Double(cb[x / 2]) - 512) / 896 * 2 * (1 - 0.0593)
                        let red = (Double(cr[x / 2]) - 512) / 896 * 2 * (1 - 0.2627)
                        let green = -(0.2627 * red + 0.0593 * blue) / 0.6780
                        largest = max(largest, light + max(red, max(green, blue)))
                    }
                }
                peak = max(peak, PerceptualQuantizer.luminance(ofSignal: largest))
            }
        }
    }
}
