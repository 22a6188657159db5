import FFmpegKit
import Kernels
import MediaCore
import MediaTestKit
import Pipeline

@testable import Stages

extension VideoFormat {
    /// A small HDR10 picture.
    static func hdr10(_ width: Int = 64, _ height: Int = 32) -> VideoFormat {
        VideoFormat(width: width, height: height, pixelFormat: .yuv420p10, color: .hdr10)
    }

    /// A small picture of ordinary video.
    static func bt709(_ width: Int = 64, _ height: Int = 32) -> VideoFormat {
        VideoFormat(width: width, height: height, pixelFormat: .yuv420p, color: .bt709)
    }

    /// The same with other tags.
    func tagged(_ primaries: UInt8, _ transfer: UInt8, _ matrix: UInt8, depth: Int = 10) -> VideoFormat {
        var format = self
        format.color = ColorDescription(primaries: primaries, transfer: transfer, matrix: matrix, isFullRange: false)
        format.pixelFormat = PixelFormat.planar(bitDepth: depth, chroma: .half420) ?? .yuv420p
        return format
    }
}

/// Paints frames by R'G'B' signals.
struct SignalPainter {
    let factory: FrameFactory
    private let encoding: ColorEncoding

    init(_ format: VideoFormat) {
        factory = FrameFactory(format)
        encoding = format.colorEncoding(matrixIsBT2020: format.color.isHDR)
    }

    /// A frame whose pixels are what `signal` says; chroma is that of the pixel it lies on.
    func frame(_ ticks: Int64, _ signal: (Int, Int) -> SIMD3<Double>) throws -> VideoFrame {
        var frame = try factory.pool.makeFrame(timebase: factory.timebase)
        frame.presentationTicks = ticks
        let isWide = factory.format.pixelFormat.bytesPerSample == 2
        for plane in 0..<3 {
            frame.withPlane(plane) { view in
                for y in 0..<view.height {
                    let row = UnsafeMutableRawPointer(view.base + y * view.stride)
                    for x in 0..<view.width {
                        let step = plane > 0 ? 2 : 1
                        let code = encoding.encode(SIMD3<Float>(signal(x * step, y * step)))
                        let value = UInt16(max(0, code[plane].rounded()))
                        if isWide {
                            row.storeBytes(of: value.littleEndian, toByteOffset: x * 2, as: UInt16.self)
                        } else {
                            row.storeBytes(of: UInt8(min(value, 255)), toByteOffset: x, as: UInt8.self)
                        }
                    }
                }
            }
        }
        return frame.freeze()
    }

    /// A frame of one colour.
    func frame(_ ticks: Int64, _ signal: SIMD3<Double>) throws -> VideoFrame { try frame(ticks) { _, _ in signal } }
}

/// Reads the signals of a frame back.
func signal(of frame: borrowing VideoFrame, _ x: Int, _ y: Int) -> SIMD3<Double> {
    let encoding = frame.format.colorEncoding(matrixIsBT2020: frame.format.color.isHDR)
    let code = SIMD3<Float>(
        Float(frame.sample(plane: 0, x: x, y: y)),
        Float(frame.sample(plane: 1, x: x / 2, y: y / 2)),
        Float(frame.sample(plane: 2, x: x / 2, y: y / 2))
    )
    return SIMD3<Double>(encoding.decode(code))
}

extension HDRProcessingPlan {
    /// A plan with coarse tables, which debug builds bake fast.
    static func forTests(_ target: String = "auto", peak: Double = 1000) -> HDRProcessingPlan {
        HDRProcessingPlan(
            StageParameters(checked: ["target": .text(target), "peak_nits": .number(peak)]),
            tables: coarseTables
        )
    }

    /// One result of an instance.
    func convert(_ frame: consuming VideoFrame) throws -> VideoFrame {
        let output = StageOutput()
        try makeInstance(negotiate(frame.format)).process(frame, into: output)
        return try output.nextFrame()
    }

    /// The plan for a file of which every shot is one frame.
    func measured(_ frames: borrowing FrameQueue, _ format: VideoFormat) throws -> HDRProcessingPlan? {
        let starts = (0..<frames.count).compactMap { index in frames.withFrame(at: index) { $0.time } }
        let analysis = LightAnalysis(plan: self)
        return try AnalysisDriver.makePlan(analysis, frames, format: format, shots: ShotTable(starts: starts))
            as? HDRProcessingPlan
    }
}

extension StageOutput {
    /// The oldest frame; `#require` cannot take what has one owner.
    func nextFrame() throws -> VideoFrame {
        guard let frame = takeFrame() else { throw NoFrame() }
        return frame
    }
}

extension FrameQueue {
    /// A second reference to the first frame.
    func first() throws -> VideoFrame {
        var result: VideoFrame?
        try withFrame(at: 0) { result = try $0.share() }
        guard let frame = result.take() else { throw NoFrame() }
        return frame
    }
}

/// A frame was expected.
struct NoFrame: Error {}

/// Shared, so that each table is baked once for all tests.
private let coarseTables = ToneTables(.coarse)
