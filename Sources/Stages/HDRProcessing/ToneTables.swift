internal import Kernels
internal import MediaCore
internal import Synchronization

/// The tables of a conversion, baked when a shot first needs them and shared by all threads.
final class ToneTables: Sendable {
    /// How fine tables are.
    enum Resolution: Sendable {
        /// Errors of interpolation below a visible step: ΔE_ITP of about 1 in the mean.
        case full
        /// Enough for tests, and baked fast by debug builds.
        case coarse

        /// Cells along luma and along each chroma axis.
        func cells(_ kind: RangeConversion.Kind) -> (luma: Int, chroma: Int) {
            switch kind {
            // PQ packs most colours near the neutral axis: chroma needs the finer steps.
            case .toSDR, .displayHLG: self == .full ? (32, 64) : (32, 16)
            // A node for each code of eight bits, because the curve ends at one of them.
            case .expand: self == .full ? (256, 32) : (256, 16)
            }
        }
    }

    private struct Key: Hashable, Sendable {
        let conversion: RangeConversion
        let input: ColorEncoding
        let output: ColorEncoding
        let step: Int
    }

    private let resolution: Resolution
    private let tables = Mutex<[Key: ColorLUT]>([:])

    init(_ resolution: Resolution = .full) { self.resolution = resolution }

    /// The table of a headroom step. Blocks for a tenth of a second when it is new.
    func table(
        _ conversion: RangeConversion,
        from input: ColorEncoding,
        to output: ColorEncoding,
        step: Int
    ) -> ColorLUT {
        let key = Key(conversion: conversion, input: input, output: output, step: step)
        // With the lock held, so that threads that need the same table do not bake it twice.
        return tables.withLock { tables in
            if let table = tables[key] { return table }
            let cells = resolution.cells(conversion.kind)
            let table = ColorLUT(
                from: input,
                to: output,
                lumaSteps: cells.luma,
                chromaSteps: cells.chroma,
                map: conversion.map(atStep: step)
            )
            tables[key] = table
            return table
        }
    }
}
