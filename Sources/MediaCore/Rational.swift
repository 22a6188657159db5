/// An exact fraction, used for frame rates and sample aspect ratios.
public struct Rational: Hashable, Sendable {
    /// The numerator.
    public let numerator: Int32
    /// The denominator, never 0.
    public let denominator: Int32

    /// Makes a fraction.
    ///
    /// - Precondition: the denominator is positive.
    public init(_ numerator: Int32, _ denominator: Int32) {
        precondition(denominator > 0, "a fraction needs a positive denominator")
        self.numerator = numerator
        self.denominator = denominator
    }

    /// The fraction as a floating-point number.
    public var value: Double { Double(numerator) / Double(denominator) }

    /// The fraction with two decimals at most, for people: `29.97`, `25`.
    public var decimal: String {
        let hundredths = (value * 100).rounded() / 100
        return Int(exactly: hundredths).map { "\($0)" } ?? "\(hundredths)"
    }
}

extension Rational: CustomStringConvertible {
    /// The fraction, for example `30000/1001`.
    public var description: String { "\(numerator)/\(denominator)" }
}
