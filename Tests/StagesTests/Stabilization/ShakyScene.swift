import FFmpegKit
import Foundation
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

/// A camera that looks at a wall of blobs, every movement known.
struct ShakyScene {
    /// Where the camera looks: shift in pixels, roll in radians.
    struct View {
        var x = 0.0, y = 0.0, roll = 0.0
    }

    var views: [View]
    var format = VideoFormat(width: 160, height: 96, pixelFormat: .yuv420p, color: .bt709)
    /// A block of another texture that covers a part of the picture and moves by itself: its left edge in each frame.
    var visitor: (@Sendable (Int) -> Double)?

    /// An autoregressive shake on an even pan.
    static func shaky(count: Int, size: Double = 1.5, pan: Double = 0.6, seed: UInt64 = 7) -> ShakyScene {
        var generator = SplitMix64(seed: seed)
        var view = View()
        return ShakyScene(
            views: (0..<count).map { index in
                view.x = 0.7 * view.x + size * normal(&generator)
                view.y = 0.7 * view.y + size * 0.6 * normal(&generator)
                view.roll = 0.7 * view.roll + 0.002 * size * normal(&generator)
                return View(x: view.x + pan * Double(index), y: view.y, roll: view.roll)
            }
        )
    }

    /// A camera on a tripod, panning evenly.
    static func steady(count: Int, pan: Double = 0.6) -> ShakyScene {
        ShakyScene(views: (0..<count).map { View(x: pan * Double($0)) })
    }

    static func normal(_ generator: inout SplitMix64) -> Double {
        Double(generator.next().nonzeroBitCount - 32) / 4
    }

    /// The root mean square of the true path's second difference, in pixels.
    var jitter: Double {
        var sum = 0.0
        for index in 1..<(views.count - 1) {
            let (a, b, c) = (views[index - 1], views[index], views[index + 1])
            sum += pow(a.x - 2 * b.x + c.x, 2) + pow(a.y - 2 * b.y + c.y, 2)
        }
        return (sum / Double(views.count - 2)).squareRoot()
    }

    /// Makes all frames.
    func frames(from first: Int = 0) throws -> FrameQueue {
        var frames = FrameQueue(initialCapacity: views.count)
        let pool = VideoFramePool(format: format, capacity: 1)
        for index in first..<views.count {
            var frame = try pool.makeFrame(timebase: Timebase(1, 25))
            frame.presentationTicks = Int64(index)
            fill(&frame, index)
            frames.append(frame.freeze())
        }
        return frames
    }

    private func fill(_ frame: inout WritableVideoFrame, _ index: Int) {
        let view = views[index]
        let depth = format.pixelFormat.bitDepth
        let (c, s) = (cos(view.roll), sin(view.roll))
        let visitor = visitor?(index)
        for plane in 0..<format.pixelFormat.planeCount {
            let stepX = plane == 0 ? 1 : 1 << format.pixelFormat.chromaShiftX
            let stepY = plane == 0 ? 1 : 1 << format.pixelFormat.chromaShiftY
            // Chroma left of the middle of its rows.
            let siteY = stepY == 2 ? 0.5 : 0
            frame.withPlane(plane) { target in
                for row in 0..<target.height {
                    for column in 0..<target.width {
                        let x = Double(column * stepX) - Double(format.width - 1) / 2
                        let y = Double(row * stepY) + siteY - Double(format.height - 1) / 2
                        var wallX = c * x - s * y + view.x, wallY = s * x + c * y + view.y
                        if let visitor, abs(wallX - visitor) < 36, wallY > -30 {
                            (wallX, wallY) = (wallX - visitor + 500, wallY + 300)
                        }
                        let value = Wall.value(wallX, wallY, plane: plane) * Double(1 << (depth - 8))
                        let offset = row * target.stride + column * (depth > 8 ? 2 : 1)
                        if depth > 8 {
                            UnsafeMutableRawPointer(target.base)
                                .storeBytes(of: UInt16(value), toByteOffset: offset, as: UInt16.self)
                        } else {
                            target.base[offset] = UInt8(value)
                        }
                    }
                }
            }
        }
    }
}

/// A wall of random brightness, smooth between its points.
private enum Wall {
    private static let side = 1024
    private static let points: [UInt8] = {
        var generator = SplitMix64(seed: 99)
        return (0..<(side * side / 16)).map { _ in UInt8(truncatingIfNeeded: 40 + generator.next() % 170) }
    }()

    static func value(_ x: Double, _ y: Double, plane: Int) -> Double {
        let (u, v) = ((x + 512) / 4, (y + 512) / 4)
        let (left, top) = (Int(u.rounded(.down)), Int(v.rounded(.down)))
        let (tx, ty) = (smooth(u - Double(left)), smooth(v - Double(top)))
        let upper = point(left, top) * (1 - tx) + point(left + 1, top) * tx
        let lower = point(left, top + 1) * (1 - tx) + point(left + 1, top + 1) * tx
        let value = upper * (1 - ty) + lower * ty
        return plane == 0 ? value : 128 + (value - 128) * 0.3
    }

    private static func smooth(_ t: Double) -> Double { t * t * (3 - 2 * t) }

    private static func point(_ x: Int, _ y: Int) -> Double {
        let side = side / 4
        return Double(points[(y & (side - 1)) * side + (x & (side - 1))])
    }
}

/// The stage's plans and runs, as tests need them.
enum StabilizationRun {
    static func plan(_ values: [String: ParameterValue] = [:]) -> StabilizationPlan {
        var all: [String: ParameterValue] = ["smoothing_s": .number(1), "crop": .text("auto")]
        all.merge(values) { $1 }
        return StabilizationPlan(StageParameters(checked: all))
    }

    /// The plan for measured frames.
    static func measured(
        _ frames: borrowing FrameQueue,
        _ format: VideoFormat,
        shots: ShotTable = .whole,
        _ values: [String: ParameterValue] = [:]
    ) throws -> StabilizationPlan {
        let measured = try AnalysisDriver.makePlan(
            StabilizationAnalysis(plan(values)),
            frames,
            format: format,
            shots: shots,
            frameRate: Rational(25, 1)
        )
        return try #require(measured as? StabilizationPlan)
    }

    /// What comes out of an instance.
    static func render(
        _ plan: some StagePlan,
        _ frames: borrowing FrameQueue,
        _ format: VideoFormat
    ) throws -> FrameQueue {
        let instance = try plan.makeInstance(try plan.negotiate(format))
        let output = StageOutput()
        var result = FrameQueue()
        for index in 0..<frames.count {
            try frames.withFrame(at: index) { frame in try instance.process(try frame.share(), into: output) }
            while let finished = output.takeFrame() { result.append(finished) }
        }
        try instance.flush(into: output)
        while let finished = output.takeFrame() { result.append(finished) }
        return result
    }

    /// Measures frames.
    static func meter(_ frames: borrowing FrameQueue) throws -> RunMeter {
        let meter = try #require(frames.withFrame(at: 0) { RunMeter($0.format) })
        for index in 0..<frames.count { frames.withFrame(at: index) { meter.add($0) } }
        return meter
    }

    /// All samples of a frame's plane, row by row.
    static func samples(_ frame: borrowing VideoFrame, plane: Int = 0) -> [UInt16] {
        frame.withPlane(plane) { view in
            (0..<(view.width * view.height)).map { frame.sample(plane: plane, x: $0 % view.width, y: $0 / view.width) }
        }
    }
}
