internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// Puts two pictures of one height beside each other, with a thin white line between them. Confined to one thread.
final class ComparisonComposer {
    /// What comes out.
    let format: VideoFormat
    private let left: VideoFormat
    private let right: VideoFormat
    private let converters: (left: any StageInstance, right: any StageInstance)
    private let output = StageOutput()
    private let pool: VideoFramePool

    /// The line's width in samples, of which half lies in each picture.
    private static let lineWidth = 4

    init(left source: VideoFormat, right result: VideoFormat) throws {
        let height = min(ComparisonJob.maximumHeight, Self.uprightSize(result).height) & ~1
        let pixelFormat: PixelFormat = result.pixelFormat.bitDepth > 8 ? .yuv420p10 : .yuv420p
        func side(_ format: VideoFormat) -> VideoFormat {
            let size = Self.uprightSize(format)
            var side = result
            side.width = max(2 * Self.lineWidth, (size.width * max(2, height) / size.height) & ~1)
            side.height = max(2, height)
            side.pixelFormat = pixelFormat
            side.orientation = .upright
            side.sampleAspectRatio = Rational(1, 1)
            return side
        }
        left = side(source)
        right = side(result)
        var format = right
        format.width = left.width + right.width
        self.format = format
        pool = VideoFramePool(format: format)
        let factory = FilterGraphConverterFactory()
        converters = (
            try factory.makeConverter(Conversion(.convert, from: source, to: left)),
            try factory.makeConverter(Conversion(.convert, from: result, to: right))
        )
    }

    /// The size in square samples when it is seen upright.
    private static func uprightSize(_ format: VideoFormat) -> (width: Int, height: Int) {
        let aspect = format.sampleAspectRatio
        let width = max(1, format.width * Int(aspect.numerator) / max(1, Int(aspect.denominator)))
        return format.orientation.swapsAxes ? (format.height, width) : (width, format.height)
    }

    /// Puts two frames side by side; the time is that of the right one.
    func compose(_ before: consuming VideoFrame, _ after: consuming VideoFrame) throws -> VideoFrame {
        let (ticks, timebase) = (after.presentationTicks, after.timebase)
        let first = try convert(before, by: converters.left)
        let second = try convert(after, by: converters.right)
        var canvas = try pool.makeFrame(timebase: timebase)
        canvas.presentationTicks = ticks
        let bytes = format.pixelFormat.bytesPerSample
        for plane in 0..<format.pixelFormat.planeCount {
            let split = format.pixelFormat.planeWidth(plane, width: left.width) * bytes
            first.withPlane(plane) { from in Self.copy(from, to: &canvas, plane, offset: 0, bytes) }
            second.withPlane(plane) { from in Self.copy(from, to: &canvas, plane, offset: split, bytes) }
            drawLine(on: &canvas, plane, at: split)
        }
        return canvas.freeze()
    }

    private func convert(_ frame: consuming VideoFrame, by converter: any StageInstance) throws -> VideoFrame {
        try converter.process(frame, into: output)
        guard let converted = output.takeFrame() else { throw RenderError(.failed, "a frame could not be scaled") }
        return converted
    }

    private static func copy(
        _ from: PlaneView,
        to canvas: inout WritableVideoFrame,
        _ plane: Int,
        offset: Int,
        _ bytes: Int
    ) {
        canvas.withPlane(plane) { to in
            for row in 0..<min(from.height, to.height) {
                (to.base + row * to.stride + offset).update(
                    from: from.base + row * from.stride,
                    count: from.width * bytes
                )
            }
        }
    }

    private func drawLine(on canvas: inout WritableVideoFrame, _ plane: Int, at split: Int) {
        let depth = format.pixelFormat.bitDepth
        let full = format.color.isFullRange == true
        let value = UInt16(plane > 0 ? 128 : full ? 255 : 235) << (depth - 8)
        let half = Self.lineWidth / 2 >> (plane > 0 ? format.pixelFormat.chromaShiftX : 0)
        let bytes = format.pixelFormat.bytesPerSample
        canvas.withPlane(plane) { to in
            for row in 0..<to.height {
                let place = UnsafeMutableRawPointer(to.base + row * to.stride + split - half * bytes)
                for sample in 0..<(2 * half) {
                    if bytes == 2 {
                        place.storeBytes(of: value.littleEndian, toByteOffset: 2 * sample, as: UInt16.self)
                    } else {
                        place.storeBytes(of: UInt8(value), toByteOffset: sample, as: UInt8.self)
                    }
                }
            }
        }
    }
}
