internal import Kernels

/// Bakes a correction and the user's own table into one table.
enum ColorTable {
    /// - Parameters:
    ///   - correction: what is done first.
    ///   - cube: what is done then.
    ///   - encoding: of the frames, before and after.
    ///   - isQuick: a coarser table, for live streams that change it often.
    static func bake(
        _ correction: ColorCorrection,
        _ cube: CubeFile?,
        _ encoding: ColorEncoding,
        isQuick: Bool = false
    ) -> ColorLUT {
        let weights = SIMD3(
            encoding.weightRed,
            1 - encoding.weightRed - encoding.weightBlue,
            encoding.weightBlue
        )
        // A user's lattice may be as fine as it likes; curves are followed by more steps along luma.
        let isFine = (cube?.lattice?.size ?? 0) > 33
        let lumaSteps = cube?.curves != nil ? 128 : isFine ? 64 : 32
        let chromaSteps = isQuick && cube == nil ? 16 : isFine ? 64 : 32
        return ColorLUT(from: encoding, to: encoding, lumaSteps: lumaSteps, chromaSteps: chromaSteps) { signal in
            let corrected = correction.map(signal, weights: weights)
            return cube?.map(corrected) ?? corrected
        }
    }
}
