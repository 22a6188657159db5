/// How R'G'B' is coded as Y'CbCr: depth, luma weights and range (ITU-T H.273, clause 8.3).
public struct ColorEncoding: Hashable, Sendable {
    /// Significant bits of a sample, 8...12.
    public let depth: Int
    /// Luma weights of red and blue.
    public let weightRed: Float, weightBlue: Float
    /// False for limited range: luma 16...235, chroma 16...240 at 8 bits.
    public let isFullRange: Bool

    private let lumaOffset: Float, lumaScale: Float, chromaOffset: Float, chromaScale: Float

    /// Luma weights of red and blue (BT.601: 0.299, 0.114; BT.709: 0.2126, 0.0722; BT.2020: 0.2627, 0.0593).
    public init(depth: Int, weightRed: Double, weightBlue: Double, isFullRange: Bool) {
        precondition((8...12).contains(depth), "samples have 8 to 12 bits")
        precondition(weightRed > 0 && weightBlue > 0 && weightRed + weightBlue < 1, "weights of a luma sum")
        self.depth = depth
        self.weightRed = Float(weightRed)
        self.weightBlue = Float(weightBlue)
        self.isFullRange = isFullRange
        let unit = Float(1 << (depth - 8)), top = Float((1 << depth) - 1)
        lumaOffset = isFullRange ? 0 : 16 * unit
        lumaScale = isFullRange ? top : 219 * unit
        chromaOffset = 128 * unit
        chromaScale = isFullRange ? top : 224 * unit
    }

    /// R'G'B' of a code (Y', Cb, Cr); 0...1 for colours inside the gamut.
    public func decode(_ code: SIMD3<Float>) -> SIMD3<Float> {
        let luma = (code.x - lumaOffset) / lumaScale
        let blue = (code.y - chromaOffset) / chromaScale * 2 * (1 - weightBlue)
        let red = (code.z - chromaOffset) / chromaScale * 2 * (1 - weightRed)
        let green = -(weightRed * red + weightBlue * blue) / (1 - weightRed - weightBlue)
        return SIMD3(luma + red, luma + green, luma + blue)
    }

    /// The code (Y', Cb, Cr) of R'G'B', not rounded and not clamped.
    public func encode(_ rgb: SIMD3<Float>) -> SIMD3<Float> {
        let luma = weightRed * rgb.x + (1 - weightRed - weightBlue) * rgb.y + weightBlue * rgb.z
        let blue = (rgb.z - luma) / (2 * (1 - weightBlue)), red = (rgb.x - luma) / (2 * (1 - weightRed))
        return SIMD3(
            luma * lumaScale + lumaOffset,
            blue * chromaScale + chromaOffset,
            red * chromaScale + chromaOffset
        )
    }

    /// The codes of luma and of chroma that mean something: the whole range where the range is full.
    public var legalRange: (luma: ClosedRange<Int>, chroma: ClosedRange<Int>) {
        let unit = 1 << (depth - 8)
        return isFullRange
            ? (0...(1 << depth) - 1, 0...(1 << depth) - 1)
            : (16 * unit...235 * unit, 16 * unit...240 * unit)
    }
}

/// Which codes a colour table may produce.
public enum ColorLimits: Sendable {
    /// Luma 16...235 and chroma 16...240 at 8 bits where the range is limited.
    case legal
    /// Every code, which keeps super-white.
    case full
}

/// Where chroma samples lie.
public enum ChromaSiting: Sendable, CaseIterable {
    /// On the first of two columns, between two rows: MPEG-2 and later.
    case left
    /// Between columns and rows: JPEG, MPEG-1.
    case center
    /// On the first column and the first row: BT.2020.
    case topLeft

    /// The siting behind libavutil's `AVChromaLocation`; unknown ones are taken as left.
    public init(chromaLocation: UInt8) {
        switch chromaLocation {
        case 2: self = .center
        case 3: self = .topLeft
        default: self = .left
        }
    }
}
