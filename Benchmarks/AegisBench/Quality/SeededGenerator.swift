/// A small random generator that gives the same numbers on every machine: SplitMix64 (Steele, Lea, Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Starts at a place that depends on a text only.
    init(seed: String) {
        // FNV-1a: Swift's own hashes change from run to run.
        state = seed.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A nearly normal number with mean 0 and standard deviation 1: 64 tossed coins.
    mutating func nextNormal() -> Float {
        Float(next().nonzeroBitCount - 32) * 0.25
    }
}
