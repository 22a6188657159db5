internal import Kernels
internal import MediaCore

extension FrameLayout {
    /// The kernels' description of a working format.
    init(_ format: VideoFormat) {
        let pixelFormat = format.pixelFormat
        let (x, y) = (1 << pixelFormat.chromaShiftX, 1 << pixelFormat.chromaShiftY)
        let chroma: Chroma =
            pixelFormat.chroma == .none
            ? .none
            : pixelFormat.hasInterleavedChroma
                ? .interleaved(subsamplingX: x, subsamplingY: y) : .planar(subsamplingX: x, subsamplingY: y)
        self.init(
            width: format.width,
            height: format.height,
            bytesPerSample: pixelFormat.bytesPerSample,
            depth: pixelFormat.bitDepth,
            // `p010` keeps its ten bits in the high ones.
            shift: pixelFormat == .p010 ? 6 : 0,
            chroma: chroma,
            isFullRange: format.color.isFullRange == true
        )
    }
}

/// The sizes of a frame and of the grid on which masks are computed.
struct FrameGeometry: Equatable {
    /// Columns of the frame as coded.
    let width: Int
    /// Rows of the frame as coded.
    let height: Int
    /// Columns of the grid, which lies on the frame as coded.
    let gridWidth: Int
    /// Rows of the grid.
    let gridHeight: Int
    /// Between frames as coded and as seen.
    let frameTurn: Turn
    /// Between the grid as it lies on coded frames and as seen.
    let gridTurn: Turn

    init(_ format: VideoFormat) {
        (width, height) = (format.width, format.height)
        let cell = Self.cellSize(longSide: max(width, height))
        gridWidth = max(1, (2 * width + cell) / (2 * cell))
        gridHeight = max(1, (2 * height + cell) / (2 * cell))
        frameTurn = Turn(format.orientation, width: width, height: height)
        gridTurn = Turn(format.orientation, width: gridWidth, height: gridHeight)
    }

    /// Pixels per side of a cell: what keeps the grid between 200 and 480 cells wide.
    static func cellSize(longSide: Int) -> Int {
        switch longSide {
        case ...200: 1
        case ...640: 2
        case ...1920: 4
        default: (longSide + 240) / 480
        }
    }
}

/// Turns rectangles between the picture as coded and as seen.
struct Turn: Equatable {
    /// How to turn the coded picture.
    let orientation: Orientation
    /// Columns of the coded picture.
    let width: Int
    /// Rows of the coded picture.
    let height: Int

    init(_ orientation: Orientation, width: Int, height: Int) {
        (self.orientation, self.width, self.height) = (orientation, width, height)
    }

    /// Columns of the picture as seen.
    var uprightWidth: Int { orientation.swapsAxes ? height : width }
    /// Rows of the picture as seen.
    var uprightHeight: Int { orientation.swapsAxes ? width : height }
    /// Clockwise quarter turns from coded to seen.
    var quarterTurns: Int { orientation.rawValue / 90 }

    /// A rectangle of the coded picture, as seen.
    func upright(_ coded: Region) -> Region {
        switch orientation {
        case .upright: coded
        case .clockwise90:
            Region(left: height - coded.bottom, top: coded.left, right: height - coded.top, bottom: coded.right)
        case .half:
            Region(
                left: width - coded.right,
                top: height - coded.bottom,
                right: width - coded.left,
                bottom: height - coded.top
            )
        case .clockwise270:
            Region(left: coded.top, top: width - coded.right, right: coded.bottom, bottom: width - coded.left)
        }
    }

    /// A rectangle of the seen picture, as coded.
    func coded(_ upright: Region) -> Region {
        switch orientation {
        case .upright: upright
        case .clockwise90:
            Region(left: upright.top, top: height - upright.right, right: upright.bottom, bottom: height - upright.left)
        case .half:
            Region(
                left: width - upright.right,
                top: height - upright.bottom,
                right: width - upright.left,
                bottom: height - upright.top
            )
        case .clockwise270:
            Region(left: width - upright.bottom, top: upright.left, right: width - upright.top, bottom: upright.right)
        }
    }
}
