internal import CKernels

/// What a small picture looks like in a few numbers: histograms, and the means and edges of a coarse grid.
///
/// Made once a picture and then compared with others in microseconds; holds no samples. One thread at a time.
public final class PictureSignature {
    private var signature = aegis_signature()
    private var lumaCount = 0
    private var chromaCount = 0

    /// The smallest plane that can be looked at.
    public static let minimumWidth = Int(AEGIS_SIGNATURE_COLUMNS)
    /// The smallest plane that can be looked at.
    public static let minimumHeight = Int(AEGIS_SIGNATURE_ROWS)

    /// Makes an empty signature.
    public init() {}

    /// Takes in a picture.
    ///
    /// - Parameters:
    ///   - y: luma, at least ``minimumWidth`` by ``minimumHeight``.
    ///   - u: the first chroma plane, of a size of its own but not below the minimum; `nil` for gray.
    ///   - v: the second chroma plane, as large as the first.
    public func update(y: Grid<UInt8>, u: Grid<UInt8>?, v: Grid<UInt8>?) {
        precondition(y.width >= Self.minimumWidth && y.height >= Self.minimumHeight, "the picture is too small")
        precondition((u == nil) == (v == nil), "there is one chroma plane without the other")
        if let u, let v {
            u.requireSameSize(as: v)
            precondition(u.width >= Self.minimumWidth && u.height >= Self.minimumHeight, "the chroma is too small")
        }
        lumaCount = y.count
        chromaCount = u?.count ?? 0
        aegis_signature_make(
            y.base,
            Int32(y.width),
            Int32(y.height),
            u?.base,
            v?.base,
            Int32(u?.width ?? 0),
            Int32(u?.height ?? 0),
            &signature
        )
    }

    /// How far two pictures of one size are apart.
    public func distance(to other: PictureSignature) -> PictureDistance {
        precondition(lumaCount == other.lumaCount && lumaCount > 0, "the pictures differ in size, or one is missing")
        var distance = aegis_signature_distance()
        aegis_signature_difference(&signature, &other.signature, &distance)
        let cells = Float(AEGIS_SIGNATURE_CELLS)
        return PictureDistance(
            movedCells: Float(distance.moved_cells) / cells,
            stillCells: Float(distance.still_cells) / cells,
            luma: Float(distance.luma) / Float(8 * lumaCount),
            chroma: chromaCount > 0 ? Float(distance.chroma) / Float(8 * chromaCount) : 0
        )
    }
}

/// How far two pictures are apart, seen in four ways.
public struct PictureDistance: Sendable, Equatable {
    /// Mean difference of the grid's cells in code values, each cell compared with the best of those around it: stays
    /// small when the camera pans.
    public let movedCells: Float
    /// The same, each cell compared with the one in its place.
    public let stillCells: Float
    /// Share of the luma that has other values, 0–1.
    public let luma: Float
    /// Share of the chroma that has other values, 0–1; 0 for gray.
    public let chroma: Float
}
