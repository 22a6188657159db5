/// How code values map to light: the four colour tags of a stream.
///
/// Raw values are the code points of ITU-T H.273, which libavutil uses too. `unspecified` (2) is kept as it is: Aegis
/// does not invent tags that a file does not carry.
public struct ColorDescription: Hashable, Sendable {
    /// Chromaticities of the primaries: H.273 `ColourPrimaries`; 1 BT.709, 9 BT.2020, 2 unspecified.
    public var primaries: UInt8
    /// Transfer function: H.273 `TransferCharacteristics`; 1 BT.709, 16 PQ, 18 HLG, 2 unspecified.
    public var transfer: UInt8
    /// Luma/chroma matrix: H.273 `MatrixCoefficients`; 1 BT.709, 5 and 6 BT.601, 9 BT.2020, 2 unspecified.
    public var matrix: UInt8
    /// Whether code values use the full range; `nil` when the stream does not say (then limited is meant).
    public var isFullRange: Bool?
    /// Where chroma samples lie: libavutil's `AVChromaLocation`; 0 unspecified, 1 left, 2 centre, 3 top-left.
    public var chromaLocation: UInt8

    /// Makes a description; everything is unspecified by default.
    public init(
        primaries: UInt8 = 2,
        transfer: UInt8 = 2,
        matrix: UInt8 = 2,
        isFullRange: Bool? = nil,
        chromaLocation: UInt8 = 0
    ) {
        self.primaries = primaries
        self.transfer = transfer
        self.matrix = matrix
        self.isFullRange = isFullRange
        self.chromaLocation = chromaLocation
    }

    /// No tags at all.
    public static let unspecified = ColorDescription()
    /// BT.709, limited range: ordinary HD video.
    public static let bt709 = ColorDescription(primaries: 1, transfer: 1, matrix: 1, isFullRange: false)
    /// What RGB pictures become: sRGB light behind a BT.709 matrix, limited range.
    public static let sRGBAsBT709 = ColorDescription(primaries: 1, transfer: 13, matrix: 1, isFullRange: false)

    /// The luma weights of red and blue, with the usual guess by picture height where the stream is silent.
    ///
    /// - Parameter height: height of the picture: unspecified video of 576 rows or fewer is taken as BT.601.
    public func lumaWeights(height: Int) -> (red: Float, blue: Float) {
        switch matrix {
        case 1: (0.2126, 0.0722)
        case 5, 6: (0.299, 0.114)
        case 7: (0.212, 0.087)
        case 9, 10: (0.2627, 0.0593)
        default: height > 576 ? (0.2126, 0.0722) : (0.299, 0.114)
        }
    }

    /// Whether the transfer function is PQ (16) or HLG (18).
    public var isHDR: Bool { transfer == 16 || transfer == 18 }
}
