internal import Kernels

/// Decides the curves of local contrast: histogram equalisation in tiles, limited three times.
///
/// After K. Zuiderveld, "Contrast Limited Adaptive Histogram Equalization", Graphics Gems IV (1994): the histogram of each
/// tile is clipped, and its cumulated form is the curve. Only a part of it is applied; a curve keeps the mean brightness of
/// its tile, so that no halos appear around bright objects; and the mean change of a picture has a limit, which is higher
/// where contrast is missing.
enum LocalContrast {
    /// The curves of all tiles, `ToneGrid.nodes` each, in the grid's units, as limited or full range wants them.
    typealias Curves = [Int16]

    /// The steepest slope of the full equalisation.
    private static let clip: Float = 1.75
    /// The share of the equalisation that is applied.
    private static let mix: Float = 0.4

    private static let columns = TileHistograms.columns, rows = TileHistograms.rows, bins = TileHistograms.bins

    /// Curves for histograms.
    ///
    /// - Parameters:
    ///   - histograms: shares of luma, tile by tile; each tile's sum is 1, or 0 when nothing is known.
    ///   - spread: the distance of the picture's dark and bright luma signals.
    ///   - strength: 0 nothing, 0.7 the usual amount.
    ///   - isFullRange: the range of the frames.
    /// - Returns: `nil` when nothing is to be changed.
    static func curves(
        _ histograms: [Float],
        spread: Float,
        strength: Double,
        isFullRange: Bool
    ) -> Curves? {
        guard strength > 0 else { return nil }
        var differences = [Float](repeating: 0, count: columns * rows * (bins + 1))
        for tile in 0..<columns * rows { equalise(histograms, tile, &differences) }
        smooth(&differences)
        var change: Float = 0
        for tile in 0..<columns * rows {
            for bin in 0..<bins {
                let at = tile * (bins + 1) + bin
                change += histograms[tile * bins + bin] * abs(differences[at] + differences[at + 1]) / 2
            }
        }
        change /= Float(columns * rows)
        // Flat pictures get more.
        let need = 1 - ColorCorrection.step(0.35, 0.75, spread)
        let limit = (0.006 + 0.010 * need) * Float(strength / 0.7)
        guard change > 1e-4 else { return nil }
        let scale = min(mix * Float(strength / 0.7), limit / change)
        return nodes(differences, scale: scale, isFullRange: isFullRange)
    }

    /// The full equalisation of one tile minus the straight line, at the edges of the bins.
    private static func equalise(_ histograms: [Float], _ tile: Int, _ differences: inout [Float]) {
        let from = tile * bins, to = tile * (bins + 1)
        let ceiling = clip / Float(bins)
        var excess: Float = 0
        for bin in 0..<bins { excess += max(histograms[from + bin] - ceiling, 0) }
        var sum: Float = 0, mean: Float = 0, room: Float = 0
        for bin in 0..<bins {
            let before = sum
            sum += min(histograms[from + bin], ceiling) + excess / Float(bins)
            differences[to + bin + 1] = sum - Float(bin + 1) / Float(bins)
            let middle = (Float(bin) + 0.5) / Float(bins)
            mean += histograms[from + bin] * ((before + sum) / 2 - middle)
            room += histograms[from + bin] * 4 * middle * (1 - middle)
        }
        // The ends stay; what is taken back is taken where it can be.
        let isKnown = sum > 0.5 && room > 0.02
        for edge in 0...bins {
            let position = Float(edge) / Float(bins)
            differences[to + edge] =
                isKnown ? differences[to + edge] - mean / room * 4 * position * (1 - position) : 0
        }
    }

    /// Mixes each tile with its neighbours.
    private static func smooth(_ differences: inout [Float]) {
        let size = bins + 1
        func mixed(_ values: [Float], _ stride: Int, _ place: (Int) -> Int, _ count: Int) -> [Float] {
            var result = values
            for tile in 0..<columns * rows {
                let position = place(tile)
                let before = position > 0 ? tile - stride : tile, after = position + 1 < count ? tile + stride : tile
                for node in 0..<size {
                    result[tile * size + node] =
                        (values[before * size + node] + values[after * size + node]) / 4
                        + values[tile * size + node] / 2
                }
            }
            return result
        }
        differences = mixed(differences, 1, { $0 % columns }, columns)
        differences = mixed(differences, columns, { $0 / columns }, rows)
    }

    /// Differences at the nodes of a tone grid, which count all codes and not only the legal ones.
    private static func nodes(_ differences: [Float], scale: Float, isFullRange: Bool) -> Curves {
        let (offset, range): (Float, Float) = isFullRange ? (0, 255) : (16, 219)
        var curves = Curves()
        curves.reserveCapacity(columns * rows * ToneGrid.nodes)
        for tile in 0..<columns * rows {
            for node in 0..<ToneGrid.nodes {
                let signal = (Float(node) * 256 / Float(ToneGrid.nodes - 1) - offset) / range
                let place = min(max(signal, 0), 1) * Float(bins)
                let edge = min(Int(place), bins - 1)
                let share = place - Float(edge), at = tile * (bins + 1) + edge
                let difference = differences[at] * (1 - share) + differences[at + 1] * share
                curves.append(Int16((difference * scale * range / 256 * 32768).rounded()))
            }
        }
        return curves
    }
}
