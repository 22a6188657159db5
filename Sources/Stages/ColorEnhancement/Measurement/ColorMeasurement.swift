/// What `color_enhancement` measures in one frame.
struct ColorMeasurement: Codable, Sendable, Equatable {
    /// The colour of the light, as ln(red/green) and ln(blue/green) of linear light; (0, 0) is neutral.
    var illuminant = SIMD2<Float>()
    /// How far ``illuminant`` can be trusted: 0 not at all (no colour, too dark, all clipped), 1 fully.
    var confidence: Float = 0
    /// The share of the visible picture that is grey already, bright parts counting more. Pictures in neutral light have
    /// some; under a coloured light hardly anything is grey by chance.
    var neutral: Float = 0
    /// Luma signals (0 black, 1 white) below which 0.5, 5, 95 and 99.5 % of the picture lie.
    var black: Float = 0, dark: Float = 0, bright: Float = 1, white: Float = 1
    /// Mean saturation of what is not dark, 0...1.
    var saturation: Float = 0
    /// Share of the picture that has the colour of skin.
    var skin: Float = 0
    /// Histograms of luma for ``TileHistograms``; twice a second only, otherwise `nil`.
    var tiles: TileHistograms?
}

/// Histograms of luma in the tiles of a frame: what local contrast is decided from.
struct TileHistograms: Codable, Sendable, Equatable {
    /// Tiles across and down.
    static let columns = 8, rows = 8
    /// Bins over the luma signals 0...1.
    static let bins = 16

    /// Shares in 1/255, rounded, tile by tile.
    var shares: [UInt8]

    /// Histograms without anything.
    static let empty = TileHistograms(shares: [UInt8](repeating: 0, count: columns * rows * bins))
}
