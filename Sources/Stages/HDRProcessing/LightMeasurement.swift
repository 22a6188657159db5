/// How bright one frame is: what the table of its shot depends on, and what each table would make of it.
struct LightMeasurement: Codable, Sendable, Equatable {
    /// For HDR the PQ signal that 99.95 % of the pixels stay below, by their largest component; for ordinary video the
    /// signal that 98 % stay below, by ``HighlightExpansion/norm(ofSignal:weights:)``.
    var level: Float
    /// The brightest component of the result in cd/m², for every headroom step; of the input where nothing is converted
    /// to HDR.
    var peaks: [Float]
    /// The mean over all pixels of the brightest component in cd/m², for every headroom step.
    var averages: [Float]
    /// Whether the frame carried HDR10+ or Dolby Vision metadata, which hold for the input's light only.
    var hasDynamicMetadata: Bool
}
