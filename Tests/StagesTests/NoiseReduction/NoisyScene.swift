import FFmpegKit
import Foundation
import Kernels
import MediaCore
import MediaTestKit
import Pipeline

@testable import Stages

/// Pictures with known content and known noise.
struct NoisyScene {
    let format: VideoFormat
    /// Standard deviation in code values of 8 bits.
    var noise = 8.0
    /// Samples that the picture moves to the right a frame.
    var speed = 2.0
    /// The content, 0...255, at a place of the moving picture.
    var picture: @Sendable (_ x: Double, _ y: Double) -> Double = NoisyScene.texture
    private let pool: VideoFramePool

    init(width: Int = 96, height: Int = 64, _ pixelFormat: PixelFormat = .yuv420p) {
        format = VideoFormat(width: width, height: height, pixelFormat: pixelFormat, color: .bt709)
        pool = VideoFramePool(format: format)
    }

    /// Slopes and edges, and flat parts between them, 60...190.
    static let texture: @Sendable (Double, Double) -> Double = { x, y in
        let slope = 35 * sin((x + 0.6 * y) / 14)
        return 125 + slope + (sin((y - 0.4 * x) / 17) > 0 ? 30 : -30)
    }

    /// A frame without noise, or the same with it.
    func frame(_ index: Int, isNoisy: Bool = true) throws -> VideoFrame {
        var frame = try pool.makeFrame(timebase: Timebase(1, 25))
        frame.presentationTicks = Int64(index)
        let depth = format.pixelFormat.bitDepth
        let unit = Double(1 << (depth - 8))
        for plane in 0..<format.pixelFormat.planeCount {
            frame.withPlane(plane) { view in
                let scale = Double(format.width) / Double(view.width)
                for y in 0..<view.height {
                    let row = UnsafeMutableRawPointer(view.base + y * view.stride)
                    for x in 0..<view.width {
                        let value = picture(Double(x) * scale - speed * Double(index), Double(y) * scale)
                        let sample = UInt16((plane == 0 ? value : 64 + value / 2) * unit)
                        if depth > 8 {
                            row.storeBytes(of: sample, toByteOffset: 2 * x, as: UInt16.self)
                        } else {
                            row.storeBytes(of: UInt8(sample), toByteOffset: x, as: UInt8.self)
                        }
                    }
                }
                guard isNoisy, noise > 0 else { return }
                NoiseJudge(width: view.width, height: view.height, depth: depth).disturb(
                    NoiseSamples(view.base, stride: view.stride),
                    deviation: noise,
                    seed: UInt64(index * 3 + plane + 1) &* 7_919,
                    into: view.base,
                    stride: view.stride
                )
            }
        }
        return frame.freeze()
    }

    /// Consecutive frames.
    func frames(_ range: Range<Int>, isNoisy: Bool = true) throws -> FrameQueue {
        var queue = FrameQueue()
        for index in range { queue.append(try frame(index, isNoisy: isNoisy)) }
        return queue
    }
}

/// The plan of some level, without measurements.
func noisePlan(_ level: String = "auto") -> NoiseReductionPlan {
    NoiseReductionPlan(StageParameters(checked: ["level": .text(level), "audio": .flag(true)]))
}

extension NoiseReductionPlan {
    /// The same with noise that is known for the whole file.
    func knowing(_ noise: Double, shots: ShotTable = .whole) -> NoiseReductionPlan {
        let deviation = Float(noise)
        let measured = PlaneNoise(luma: deviation, firstChroma: deviation, secondChroma: deviation)
        return self.measured(Measured(shots: shots, noise: Array(repeating: measured, count: shots.count)))
    }

    /// Runs frames through an instance of their format.
    func run(_ frames: borrowing FrameQueue) throws -> FrameQueue {
        let format = frames.withFrame(at: 0) { $0.format }
        let instance = try makeInstance(try negotiate(format))
        let output = StageOutput()
        var result = FrameQueue()
        for index in 0..<frames.count {
            try frames.withFrame(at: index) { try instance.process(try $0.share(), into: output) }
            while let frame = output.takeFrame() { result.append(frame) }
        }
        try instance.flush(into: output)
        while let frame = output.takeFrame() { result.append(frame) }
        return result
    }
}

extension VideoFrame {
    /// All samples of a plane.
    func samples(_ plane: Int) -> [UInt16] {
        let isWide = format.pixelFormat.bytesPerSample == 2
        return withPlane(plane) { view in
            (0..<view.height).flatMap { y -> [UInt16] in
                let row = UnsafeRawPointer(view.base + y * view.stride)
                let count = view.width
                if isWide {
                    return Array(UnsafeBufferPointer(start: row.assumingMemoryBound(to: UInt16.self), count: count))
                }
                return UnsafeRawBufferPointer(start: row, count: count).map { UInt16($0) }
            }
        }
    }

    /// Every plane's samples.
    var allSamples: [[UInt16]] { (0..<format.pixelFormat.planeCount).map { samples($0) } }
}

extension FrameQueue {
    /// What a frame's planes hold.
    func samples(_ index: Int) -> [[UInt16]] { withFrame(at: index) { $0.allSamples } }
}

/// Mean squared difference.
func meanSquare(_ first: [UInt16], _ second: [UInt16]) -> Double {
    var sum = 0
    for index in first.indices {
        let difference = Int(first[index]) - Int(second[index])
        sum += difference * difference
    }
    return Double(sum) / Double(first.count)
}

/// How much nearer `after` is to the truth than `before`, in dB.
func gain(_ truth: [UInt16], before: [UInt16], after: [UInt16]) -> Double {
    10 * log10(meanSquare(before, truth) / meanSquare(after, truth))
}
