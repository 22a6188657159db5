internal import FFmpegKit
internal import Kernels
internal import MediaCore

/// Moves frames of one format to where they should have been. Confined to one thread; allocates nothing per frame.
final class FrameWarper {
    let format: VideoFormat
    private let pool: VideoFramePool
    private let crop: CropMode
    private var warper = PlaneWarper()
    /// Samples of luma in a picture height, in each direction.
    private let perHeightX: Double, perHeightY: Double

    init(_ format: VideoFormat, crop: CropMode) {
        precondition(!format.pixelFormat.hasInterleavedChroma, "the stage agrees on planar frames")
        self.format = format
        self.crop = crop
        pool = VideoFramePool(format: format)
        perHeightY = Double(format.height)
        perHeightX = perHeightY / max(format.sampleAspectRatio.value, 1e-6)
    }

    /// Warps a frame.
    ///
    /// - Parameters:
    ///   - frame: a frame of the format.
    ///   - correction: where the steady picture's points are in the frame.
    ///   - zoom: how much larger everything is shown.
    func warp(
        _ frame: borrowing VideoFrame,
        by correction: SimilarityTransform,
        zoom: Double
    ) throws -> VideoFrame {
        guard frame.hasForwardRows else {
            var copy = try pool.makeFrame(timebase: frame.timebase)
            try copy.copyProperties(of: frame)
            try copy.copySamples(of: frame)
            return try warp(copy.freeze(), by: correction, zoom: zoom)
        }
        var result = try pool.makeFrame(timebase: frame.timebase)
        try result.copyProperties(of: frame)
        for plane in 0..<format.pixelFormat.planeCount {
            let transform = transform(of: plane, correction, zoom)
            let border = border(of: plane)
            result.withPlane(plane) { output in
                frame.withPlane(plane) { input in
                    warper.warp(
                        input.base,
                        stride: input.stride,
                        into: output.base,
                        stride: output.stride,
                        width: input.width,
                        height: input.height,
                        depth: format.pixelFormat.bitDepth,
                        transform: transform,
                        border: border
                    )
                }
            }
        }
        return result.freeze()
    }

    /// The correction in samples of a plane.
    private func transform(
        of plane: Int,
        _ correction: SimilarityTransform,
        _ zoom: Double
    ) -> PlaneWarper.Transform {
        let (c, s) = correction.coefficients
        // In luma samples, which need not be square.
        let (xx, xy) = (c / zoom, -s / zoom * perHeightX / perHeightY)
        let (yx, yy) = (s / zoom * perHeightY / perHeightX, c / zoom)
        let (centerX, centerY) = (Double(format.width - 1) / 2, Double(format.height - 1) / 2)
        let site = plane == 0 ? (x: 0.0, y: 0.0) : chromaSite
        let stepX = plane == 0 ? 1.0 : Double(1 << format.pixelFormat.chromaShiftX)
        let stepY = plane == 0 ? 1.0 : Double(1 << format.pixelFormat.chromaShiftY)
        // Where the plane's first sample comes from, in luma samples.
        let (fromX, fromY) = (site.x - centerX, site.y - centerY)
        let x = xx * fromX + xy * fromY + centerX + correction.x * perHeightX
        let y = yx * fromX + yy * fromY + centerY + correction.y * perHeightY
        return PlaneWarper.Transform(
            xx: xx,
            xy: xy * stepY / stepX,
            x0: (x - site.x) / stepX,
            yx: yx * stepX / stepY,
            yy: yy,
            y0: (y - site.y) / stepY
        )
    }

    /// Where the first chroma sample lies, in luma samples; left of the middle when the stream does not say.
    ///
    /// Source: ITU-T H.273, 8.7 (`ChromaLocType`), in libavutil's numbers.
    private var chromaSite: (x: Double, y: Double) {
        let location = format.color.chromaLocation
        let isCentered = location == 2 || location == 4 || location == 6
        let x = format.pixelFormat.chromaShiftX == 1 && isCentered ? 0.5 : 0
        guard format.pixelFormat.chromaShiftY == 1 else { return (x, 0) }
        switch location {
        case 3, 4: return (x, 0)
        case 5, 6: return (x, 1)
        default: return (x, 0.5)
        }
    }

    private func border(of plane: Int) -> PlaneWarper.Border {
        switch crop {
        case .auto: return .repeat
        case .keep: return .mirror
        case .black:
            let depth = format.pixelFormat.bitDepth
            if plane > 0 { return .value(1 << (depth - 1)) }
            return .value(format.color.isFullRange == true ? 0 : 16 << (depth - 8))
        }
    }
}
