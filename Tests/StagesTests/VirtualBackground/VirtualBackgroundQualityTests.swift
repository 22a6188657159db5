import FFmpegKit
import Foundation
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

/// The pictures of the quality benchmark and the network that set-up imports.
private enum Material {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    static let models =
        ProcessInfo.processInfo.environment["AEGIS_MODELS"]
        ?? (ProcessInfo.processInfo.environment["AEGIS_SETUP"] ?? root + "/.setup") + "/models"
    static let isPresent =
        ["room.jpg", "portrait.png", "portrait_alpha.png"].allSatisfy {
            FileManager.default.fileExists(atPath: root + "/Benchmarks/quality/" + $0)
        } && FileManager.default.fileExists(atPath: models + "/selfie.xml")

    /// A picture of the benchmark, through a filter graph.
    static func picture(_ name: String, _ graph: String) throws -> VideoFrame {
        let frame = try required(try BackgroundFile(path: root + "/Benchmarks/quality/" + name).next())
        let filter = try VideoFilterGraph(graph, input: frame.format, timebase: frame.timebase)
        try filter.send(frame)
        try filter.finish()
        return try required(try filter.receive())
    }

    static func plan(_ background: String) throws -> VirtualBackgroundPlan {
        try VirtualBackgroundPlan(
            try VirtualBackgroundPlan.descriptor.check(["background": .text(background)]),
            StageContext(modelsDirectory: models, cacheDirectory: nil, coreCount: 2, trustsCaller: true)
        )
    }
}

/// A room of 1280×720, with the portrait of a woman cut out and put into it or without, and noise as of a camera.
private struct Studio {
    let format = VideoFormat(width: 1280, height: 720, pixelFormat: .yuv420p, color: .bt709)
    let pool: VideoFramePool
    private let planes: [[UInt8]]
    /// How much of each pixel the person covers, of 255.
    private(set) var truth = [UInt8](repeating: 0, count: 1280 * 720)

    init(withPerson: Bool) throws {
        pool = VideoFramePool(format: format)
        let room = try Material.picture(
            "room.jpg",
            "scale=1280:720:in_range=pc:in_color_matrix=bt601:out_range=tv:out_color_matrix=bt709,format=yuv444p"
        )
        var full = (0..<3).map { Self.samples(room, plane: $0) }
        if withPerson {
            let size = "crop=512:345:0:0,scale=845:569:flags=bicubic"
            let person = try Material.picture("portrait.png", size + ",format=yuv444p")
            let alpha = try Material.picture("portrait_alpha.png", size + ",format=gray")
            let (colors, cover) = ((0..<3).map { Self.samples(person, plane: $0) }, Self.samples(alpha, plane: 0))
            for y in 185..<720 {
                for x in 269..<(269 + 845) {
                    let (from, to) = ((y - 185) * 845 + x - 269, y * 1280 + x)
                    let share = Int(cover[from])
                    truth[to] = cover[from]
                    for plane in 0..<3 {
                        let sum = Int(colors[plane][from]) * share + Int(full[plane][to]) * (255 - share)
                        full[plane][to] = UInt8((sum + 127) / 255)
                    }
                }
            }
        }
        planes = full
    }

    private static func samples(_ frame: borrowing VideoFrame, plane: Int) -> [UInt8] {
        frame.withPlane(plane) { view in
            (0..<view.height).flatMap { UnsafeBufferPointer(start: view.base + $0 * view.stride, count: view.width) }
        }
    }

    /// Draws frame `index`.
    func frame(_ index: Int) throws -> VideoFrame {
        var frame = try pool.makeFrame(timebase: Timebase(1, 25))
        frame.presentationTicks = Int64(index)
        var noise = SplitMix64(seed: UInt64(index))
        for plane in 0..<3 {
            let step = plane == 0 ? 1 : 2
            frame.withPlane(plane) { view in
                for y in 0..<view.height {
                    var bits: UInt64 = 0
                    for x in 0..<view.width {
                        // The sum of four fair steps: a standard deviation of one.
                        if x % 16 == 0 { bits = noise.next() }
                        let value = Int(planes[plane][y * step * 1280 + x * step]) + (bits & 15).nonzeroBitCount - 2
                        bits >>= 4
                        view.base[y * view.stride + x] = UInt8(max(0, min(255, value)))
                    }
                }
            }
        }
        return frame.freeze()
    }
}

/// The stage with the real network on pictures whose truth is known.
@Suite(.enabled(if: Material.isPresent, "run scripts/setup to import the models"))
struct VirtualBackgroundQualityTests {
    @Test func cutsAPersonOutOfARoomAndStaysCalm() throws {
        let studio = try Studio(withPerson: true)
        let instance = try VirtualBackgroundInstance(try Material.plan("#00ff00"), format: studio.format)
        var last: [UInt8] = []
        var changes: [Double] = []
        for index in 0..<24 {
            _ = try instance.picture(try studio.frame(index))
            let alpha = instance.lastAlpha
            if index >= 4 {
                changes.append(
                    zip(alpha, last).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) } / 255 / Double(alpha.count)
                )
            }
            last = alpha
        }
        var (both, either) = (0, 0)
        for (found, real) in zip(last, studio.truth) {
            if found > 127 && real > 127 { both += 1 }
            if found > 127 || real > 127 { either += 1 }
        }
        let overlap = Double(both) / Double(either)
        let change = changes.reduce(0, +) / Double(changes.count)
        #expect(overlap >= 0.95)
        #expect(change <= 0.005)
    }

    @Test func findsNobodyInAnEmptyRoom() throws {
        let studio = try Studio(withPerson: false)
        let instance = try VirtualBackgroundInstance(try Material.plan("blur"), format: studio.format)
        for index in 0..<12 {
            _ = try instance.picture(try studio.frame(index))
            let sum = instance.lastAlpha.reduce(0) { $0 + Int($1) }
            #expect(Double(sum) / 255 / (1280 * 720) < 0.002, "frame \(index)")
        }
    }
}
