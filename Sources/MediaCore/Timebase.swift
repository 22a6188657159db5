/// The duration of one tick as an exact fraction of a second.
///
/// A timebase of 1/30000 means that 30000 ticks make one second. Both parts are positive and the fraction is kept as
/// given (not reduced), because containers store it that way.
public struct Timebase: Hashable, Sendable {
    /// Seconds in the numerator of one tick, at least 1.
    public let numerator: Int32
    /// Parts of a second in the denominator of one tick, at least 1.
    public let denominator: Int32

    /// Makes a timebase of `numerator/denominator` seconds a tick.
    ///
    /// - Precondition: both parts are positive.
    public init(_ numerator: Int32, _ denominator: Int32) {
        precondition(numerator > 0 && denominator > 0, "a timebase needs two positive parts")
        self.numerator = numerator
        self.denominator = denominator
    }

    /// One tick is a microsecond.
    public static let microseconds = Timebase(1, 1_000_000)
    /// One tick is a nanosecond.
    public static let nanoseconds = Timebase(1, 1_000_000_000)
    /// One tick is 1/90000 s, the clock of MPEG-TS and RTP video.
    public static let mpeg = Timebase(1, 90_000)
}

extension Timebase: CustomStringConvertible {
    /// The fraction, for example `1/30000`.
    public var description: String { "\(numerator)/\(denominator)" }
}
