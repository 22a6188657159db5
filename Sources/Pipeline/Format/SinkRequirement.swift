public import MediaCore

/// What the end of a pipeline, an encoder mostly, accepts.
public struct SinkRequirement: Sendable, Hashable {
    /// The accepted layouts, the preferred ones first.
    public var pixelFormats: [PixelFormat]
    /// Where the frames may be, the preferred place first.
    public var memory: [MemoryDomain]
    /// The size that every frame must have, or `nil` when it may be any.
    public var size: PictureSize?
    /// Whether the picture must be turned as it is seen, because nothing behind it can say that it is not.
    public var isUpright: Bool

    /// Makes a requirement.
    ///
    /// - Precondition: neither list is empty.
    public init(
        pixelFormats: [PixelFormat],
        memory: [MemoryDomain] = [.host],
        size: PictureSize? = nil,
        isUpright: Bool = false
    ) {
        precondition(!pixelFormats.isEmpty && !memory.isEmpty, "a sink accepts at least one format in one place")
        self.pixelFormats = pixelFormats
        self.memory = memory
        self.size = size
        self.isUpright = isUpright
    }

    /// The accepted format nearest to `format`: itself where possible, otherwise what loses least of colour, depth and
    /// chroma, then what adds least; the order of the lists decides between equals.
    public func nearest(to format: VideoFormat) -> VideoFormat {
        var result = isUpright ? format.upright : format
        if !memory.contains(format.memory) { result.memory = memory[0] }
        if let size { (result.width, result.height) = (size.width, size.height) }
        let best = pixelFormats.indices.min { Loss(format.pixelFormat, self, $0) < Loss(format.pixelFormat, self, $1) }
        result.pixelFormat = pixelFormats[best ?? 0]
        return result
    }

    /// What going from one layout to another costs, worst loss first.
    private struct Loss: Comparable {
        let color: Int
        let depth: Int
        let chroma: Int
        let growth: Int
        let relayout: Int
        let rank: Int

        init(_ from: PixelFormat, _ sink: SinkRequirement, _ index: Int) {
            let to = sink.pixelFormats[index]
            color = from.chroma != .none && to.chroma == .none ? 1 : 0
            depth = max(0, from.bitDepth - to.bitDepth)
            chroma = max(0, from.chroma.order - to.chroma.order)
            growth = max(0, to.bitDepth - from.bitDepth) + max(0, to.chroma.order - from.chroma.order)
            relayout = from.hasInterleavedChroma == to.hasInterleavedChroma ? 0 : 1
            rank = index
        }

        static func < (a: Loss, b: Loss) -> Bool {
            (a.color, a.depth, a.chroma, a.growth, a.relayout, a.rank)
                < (b.color, b.depth, b.chroma, b.growth, b.relayout, b.rank)
        }
    }
}

/// Width and height in luma samples.
public struct PictureSize: Sendable, Hashable {
    /// Samples in a row.
    public let width: Int
    /// Rows.
    public let height: Int

    /// Makes a size.
    ///
    /// - Precondition: both are positive.
    public init(width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a picture has a positive size")
        self.width = width
        self.height = height
    }
}

extension PixelFormat.Chroma {
    /// How much chroma there is.
    fileprivate var order: Int {
        switch self {
        case .none: 0
        case .half420: 1
        case .half422: 2
        case .full444: 3
        }
    }
}
