internal import CKernels

/// Kernels without state of their own.
public enum PixelKernels {
    /// Scales limited-range 8-bit planes to full range; the destination may be the source.
    public static func expandRange(_ source: GridImage<UInt8>, into destination: GridImage<UInt8>) {
        source.requireSize(of: destination.y)
        precondition(source.hasChroma == destination.hasChroma, "both images have chroma, or none")
        aegis_expand_range(source.y.base, destination.y.base, source.y.count, false)
        if let u = source.u, let v = source.v, let toU = destination.u, let toV = destination.v {
            aegis_expand_range(u.base, toU.base, u.count, true)
            aegis_expand_range(v.base, toV.base, v.count, true)
        }
    }

    /// Mean of the absolute differences of two planes: a cut shows as a large one.
    public static func meanAbsoluteDifference(_ first: Grid<UInt8>, _ second: Grid<UInt8>) -> Float {
        first.requireSameSize(as: second)
        return Float(aegis_sum_absolute_difference(first.base, second.base, first.count)) / Float(first.count)
    }

    /// Converts 8-bit planes to planar RGB in 0...1.
    ///
    /// - Parameters:
    ///   - source: The planes in the stream's range; gray without chroma.
    ///   - matrix: The stream's weights and range.
    ///   - rgb: Room for three planes one after the other (NCHW): `3 * source.y.count` floats.
    public static func convertToRGB(
        _ source: GridImage<UInt8>,
        matrix: YUVMatrix,
        into rgb: UnsafeMutableBufferPointer<Float>
    ) {
        let count = source.y.count
        precondition(rgb.count == 3 * count, "room for three planes is needed")
        guard let base = rgb.baseAddress else { return }
        var matrix = matrix.c
        aegis_yuv_to_rgb(
            &matrix,
            source.y.base,
            source.u?.base,
            source.v?.base,
            count,
            base,
            base + count,
            base + 2 * count
        )
    }

    /// Turns a plane clockwise by quarter turns (0...3); the destination has the turned size.
    public static func rotate(_ source: Grid<UInt8>, quarterTurns: Int, into destination: Grid<UInt8>) {
        checkRotation(source, quarterTurns, destination)
        aegis_rotate_u8(source.base, Int32(source.width), Int32(source.height), Int32(quarterTurns), destination.base)
    }

    /// Turns a plane clockwise by quarter turns (0...3); the destination has the turned size.
    public static func rotate(_ source: Grid<Float>, quarterTurns: Int, into destination: Grid<Float>) {
        checkRotation(source, quarterTurns, destination)
        aegis_rotate_f32(source.base, Int32(source.width), Int32(source.height), Int32(quarterTurns), destination.base)
    }

    /// Takes `current` where it differs from `mask` by more than a threshold, else `mask`.
    public static func pickChanged(
        current: Grid<Float>,
        mask: Grid<Float>,
        threshold: Float,
        into result: Grid<Float>
    ) {
        current.requireSameSize(as: mask)
        current.requireSameSize(as: result)
        aegis_pick_changed(current.base, mask.base, threshold, current.count, result.base)
    }

    private static func checkRotation<Sample>(
        _ source: Grid<Sample>,
        _ quarterTurns: Int,
        _ destination: Grid<Sample>
    ) {
        precondition((0...3).contains(quarterTurns), "quarter turns are 0 to 3")
        let swapped = quarterTurns % 2 == 1
        precondition(
            destination.width == (swapped ? source.height : source.width)
                && destination.height == (swapped ? source.width : source.height),
            "the destination does not have the turned size"
        )
        precondition(source !== destination, "rotation does not work in place")
    }
}

/// A stream's conversion from YUV to RGB.
public struct YUVMatrix: Sendable {
    private let weightRed: Double, weightBlue: Double
    private let isFullRange: Bool

    /// Luma weights of red and blue (BT.601: 0.299, 0.114; BT.709: 0.2126, 0.0722; BT.2020: 0.2627, 0.0593).
    public init(weightRed: Double, weightBlue: Double, isFullRange: Bool) {
        precondition(weightRed > 0 && weightBlue > 0 && weightRed + weightBlue < 1, "weights of a luma sum")
        self.weightRed = weightRed
        self.weightBlue = weightBlue
        self.isFullRange = isFullRange
    }

    var c: aegis_yuv_matrix { aegis_yuv_matrix_make(weightRed, weightBlue, isFullRange) }
}
