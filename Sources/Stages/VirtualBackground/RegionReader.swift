internal import Kernels
internal import MediaCore
internal import Inference
internal import OpenVINOKit

/// Shows the network one region of a frame, upright, and brings its mask back to the grid.
///
/// Keeps the tables of the last region; confined to one thread.
final class RegionReader {
    private let layout: FrameLayout
    private let geometry: FrameGeometry
    private let matrix: YUVMatrix
    private var lumaScaler: PlaneScaler
    private var chromaScaler: PlaneScaler?
    private var paster: MaskPaster
    private var region: Region?

    /// The region at the network's size, as coded; in the stream's range.
    private let picture: GridImage<UInt8>
    /// The same upright, where that differs.
    private let turned: GridImage<UInt8>?
    /// The network's mask as coded, where that differs from upright.
    private let turnedMask: Grid<Float>?
    private let uprightMask: Grid<Float>?

    init(_ format: VideoFormat, layout: FrameLayout, geometry: FrameGeometry, shape: MaskShape) {
        self.layout = layout
        self.geometry = geometry
        let weights = format.color.lumaWeights(height: geometry.frameTurn.uprightHeight)
        matrix = YUVMatrix(
            weightRed: Double(weights.red),
            weightBlue: Double(weights.blue),
            isFullRange: layout.isFullRange
        )
        let swaps = format.orientation.swapsAxes
        let (width, height) = swaps ? (shape.height, shape.width) : (shape.width, shape.height)
        let hasChroma = layout.planeCount > 1
        picture = GridImage(width: width, height: height, hasChroma: hasChroma, repeating: 0)
        let isTurned = format.orientation != .upright
        turned =
            isTurned ? GridImage(width: shape.width, height: shape.height, hasChroma: hasChroma, repeating: 0) : nil
        uprightMask = isTurned ? Grid(width: shape.width, height: shape.height, repeating: 0) : nil
        turnedMask = isTurned ? Grid(width: width, height: height, repeating: 0) : nil
        lumaScaler = PlaneScaler(
            maximumWidth: layout.width,
            maximumHeight: layout.height,
            width: width,
            height: height
        )
        chromaScaler =
            hasChroma
            ? PlaneScaler(
                maximumWidth: layout.chromaWidth,
                maximumHeight: layout.chromaHeight,
                width: width,
                height: height
            )
            : nil
        paster = MaskPaster(
            maskWidth: width,
            maskHeight: height,
            gridWidth: geometry.gridWidth,
            gridHeight: geometry.gridHeight
        )
    }

    /// Runs the network on a region and combines its mask with a grid by maximum.
    ///
    /// - Parameters:
    ///   - region: a part of the upright picture.
    ///   - input: the frame.
    ///   - request: what runs the network.
    ///   - grid: gets the mask; nothing changes outside of the region.
    /// - Throws: the backend's own error.
    func look(
        at region: Region,
        of input: FramePlanes,
        with request: any InferenceRequest,
        into grid: Grid<Float>
    ) throws {
        aim(at: region)
        lumaScaler.run(plane: input.base.0, stride: input.stride.0, layout: layout, into: picture.y)
        scaleChroma(of: input)
        request.withInputBytes(at: 0) { bytes in
            PixelKernels.convertToRGB(upright(), matrix: matrix, into: bytes.bindMemory(to: Float.self))
        }
        try request.run()
        request.withOutputBytes(at: 0) { bytes in
            let mask = bytes.bindMemory(to: Float.self)
            if let uprightMask, let turnedMask {
                _ = uprightMask.samples.update(from: mask)
                PixelKernels.rotate(
                    uprightMask,
                    quarterTurns: 4 - geometry.frameTurn.quarterTurns,
                    into: turnedMask
                )
                paster.run(mask: turnedMask, into: grid)
            } else {
                paster.run(mask: mask, into: grid)
            }
        }
    }

    private func scaleChroma(of input: FramePlanes) {
        guard let u = picture.u, let v = picture.v, let first = input.base.1 else { return }
        if let second = input.base.2 {
            chromaScaler?.run(plane: first, stride: input.stride.1, layout: layout, into: u)
            chromaScaler?.run(plane: second, stride: input.stride.2, layout: layout, into: v)
        } else {
            chromaScaler?.run(interleavedPlane: first, stride: input.stride.1, layout: layout, into: u, v)
        }
    }

    private func upright() -> GridImage<UInt8> {
        guard let turned else { return picture }
        let turns = geometry.frameTurn.quarterTurns
        PixelKernels.rotate(picture.y, quarterTurns: turns, into: turned.y)
        if let u = picture.u, let v = picture.v, let turnedU = turned.u, let turnedV = turned.v {
            PixelKernels.rotate(u, quarterTurns: turns, into: turnedU)
            PixelKernels.rotate(v, quarterTurns: turns, into: turnedV)
        }
        return turned
    }

    /// Prepares the tables, unless they are those of the last region.
    private func aim(at region: Region) {
        guard region != self.region else { return }
        self.region = region
        let coded = geometry.frameTurn.coded(region)
        lumaScaler.prepare(
            planeWidth: layout.width,
            planeHeight: layout.height,
            x: Double(coded.left),
            y: Double(coded.top),
            rectangleWidth: Double(coded.width),
            rectangleHeight: Double(coded.height)
        )
        let (x, y) = (Double(layout.subsampling.x), Double(layout.subsampling.y))
        chromaScaler?.prepare(
            planeWidth: layout.chromaWidth,
            planeHeight: layout.chromaHeight,
            x: Double(coded.left) / x,
            y: Double(coded.top) / y,
            rectangleWidth: Double(coded.width) / x,
            rectangleHeight: Double(coded.height) / y
        )
        paster.prepare(
            frameWidth: geometry.width,
            frameHeight: geometry.height,
            x: coded.left..<coded.right,
            y: coded.top..<coded.bottom
        )
    }
}
