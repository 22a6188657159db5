internal import Kernels
internal import MediaCore

/// A frame at the size of the grid: what the mask's filters look at.
///
/// Confined to one thread.
final class Guide {
    /// In the stream's range.
    let samples: GridImage<UInt8>
    /// In full range.
    let guide: GridImage<UInt8>

    private let layout: FrameLayout
    private var lumaScaler: PlaneScaler
    private var chromaScaler: PlaneScaler?

    init(layout: FrameLayout, geometry: FrameGeometry) {
        self.layout = layout
        let (width, height) = (geometry.gridWidth, geometry.gridHeight)
        let hasChroma = layout.planeCount > 1
        samples = GridImage(width: width, height: height, hasChroma: hasChroma, repeating: 0)
        guide =
            layout.isFullRange
            ? samples : GridImage(width: width, height: height, hasChroma: hasChroma, repeating: 0)
        lumaScaler = PlaneScaler(
            maximumWidth: layout.width,
            maximumHeight: layout.height,
            width: width,
            height: height
        )
        lumaScaler.prepare(
            planeWidth: layout.width,
            planeHeight: layout.height,
            x: 0,
            y: 0,
            rectangleWidth: Double(layout.width),
            rectangleHeight: Double(layout.height)
        )
        guard hasChroma else {
            chromaScaler = nil
            return
        }
        var scaler = PlaneScaler(
            maximumWidth: layout.chromaWidth,
            maximumHeight: layout.chromaHeight,
            width: width,
            height: height
        )
        scaler.prepare(
            planeWidth: layout.chromaWidth,
            planeHeight: layout.chromaHeight,
            x: 0,
            y: 0,
            rectangleWidth: Double(layout.width) / Double(layout.subsampling.x),
            rectangleHeight: Double(layout.height) / Double(layout.subsampling.y)
        )
        chromaScaler = consume scaler
    }

    /// Takes in a frame.
    func update(_ input: FramePlanes) {
        lumaScaler.run(plane: input.base.0, stride: input.stride.0, layout: layout, into: samples.y)
        if let u = samples.u, let v = samples.v, let first = input.base.1 {
            if let second = input.base.2 {
                chromaScaler?.run(plane: first, stride: input.stride.1, layout: layout, into: u)
                chromaScaler?.run(plane: second, stride: input.stride.2, layout: layout, into: v)
            } else {
                chromaScaler?.run(interleavedPlane: first, stride: input.stride.1, layout: layout, into: u, v)
            }
        }
        if !layout.isFullRange { PixelKernels.expandRange(samples, into: guide) }
    }
}
