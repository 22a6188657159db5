extension MediaTime: Codable {
    /// Reads `[ticks, numerator, denominator]`.
    ///
    /// - Throws: `DecodingError` when a part is missing or a part of the timebase is not positive.
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        let ticks = try container.decode(Int64.self)
        let numerator = try container.decode(Int32.self)
        let denominator = try container.decode(Int32.self)
        guard numerator > 0, denominator > 0 else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "a timebase needs two positive parts, not \(numerator)/\(denominator)"
            )
        }
        self.init(ticks: ticks, timebase: Timebase(numerator, denominator))
    }

    /// Writes `[ticks, numerator, denominator]`, which is exact and short.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(ticks)
        try container.encode(timebase.numerator)
        try container.encode(timebase.denominator)
    }
}
