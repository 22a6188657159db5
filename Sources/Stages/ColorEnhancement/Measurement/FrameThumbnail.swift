internal import FFmpegKit
internal import Kernels
internal import MediaCore

/// A frame at about 192 pixels across, with 8 bits and chroma at full size: what colours are measured on.
///
/// Confined to one thread; allocates nothing per frame.
final class FrameThumbnail {
    /// The picture of the last frame, in the stream's range.
    let picture: GridImage<UInt8>

    private let layout: FrameLayout
    private var luma: PlaneScaler
    private var chroma: PlaneScaler?

    init(_ format: VideoFormat) {
        let layout = FrameLayout(format)
        self.layout = layout
        let size = Self.size(width: format.width, height: format.height)
        picture = GridImage(width: size.width, height: size.height, hasChroma: layout.planeCount > 1, repeating: 0)
        luma = Self.scaler(layout.width, layout.height, Double(layout.width), Double(layout.height), size)
        chroma =
            layout.planeCount > 1
            ? Self.scaler(
                layout.chromaWidth,
                layout.chromaHeight,
                Double(layout.width) / Double(layout.subsampling.x),
                Double(layout.height) / Double(layout.subsampling.y),
                size
            ) : nil
    }

    /// The size for a frame: never larger than the frame.
    static func size(width: Int, height: Int) -> (width: Int, height: Int) {
        let long = max(width, height)
        guard long > ColorMeter.longSide else { return (width, height) }
        return (
            max(1, (width * ColorMeter.longSide + long / 2) / long),
            max(1, (height * ColorMeter.longSide + long / 2) / long)
        )
    }

    private static func scaler(
        _ planeWidth: Int,
        _ planeHeight: Int,
        _ rectangleWidth: Double,
        _ rectangleHeight: Double,
        _ size: (width: Int, height: Int)
    ) -> PlaneScaler {
        var scaler = PlaneScaler(
            maximumWidth: planeWidth,
            maximumHeight: planeHeight,
            width: size.width,
            height: size.height
        )
        scaler.prepare(
            planeWidth: planeWidth,
            planeHeight: planeHeight,
            x: 0,
            y: 0,
            rectangleWidth: rectangleWidth,
            rectangleHeight: rectangleHeight
        )
        return scaler
    }

    /// Takes in a frame, whose rows lie from top to bottom.
    func update(_ input: FramePlanes) {
        luma.run(plane: input.base.0, stride: input.stride.0, layout: layout, into: picture.y)
        guard let u = picture.u, let v = picture.v, let first = input.base.1 else { return }
        if let second = input.base.2 {
            chroma?.run(plane: first, stride: input.stride.1, layout: layout, into: u)
            chroma?.run(plane: second, stride: input.stride.2, layout: layout, into: v)
        } else {
            chroma?.run(interleavedPlane: first, stride: input.stride.1, layout: layout, into: u, v)
        }
    }
}

extension ColorMeter {
    /// A meter for the thumbnails of a format.
    convenience init(thumbnailsOf format: VideoFormat) {
        let size = FrameThumbnail.size(width: format.width, height: format.height)
        let weights = format.color.lumaWeights(height: format.height)
        self.init(
            width: size.width,
            height: size.height,
            weightRed: Double(weights.red),
            weightBlue: Double(weights.blue),
            isFullRange: format.color.isFullRange == true,
            hasChroma: format.pixelFormat.chroma != .none
        )
    }
}

extension ColorEncoding {
    /// The coding of a video format.
    init(_ format: VideoFormat) {
        let weights = format.color.lumaWeights(height: format.height)
        self.init(
            depth: format.pixelFormat.bitDepth,
            weightRed: Double(weights.red),
            weightBlue: Double(weights.blue),
            isFullRange: format.color.isFullRange == true
        )
    }
}
