/// A moment on a monotonic clock, in whole nanoseconds since an origin of the clock's choice.
public struct MonotonicInstant: Hashable, Sendable {
    /// Nanoseconds since the clock's origin.
    public let nanoseconds: Int64

    /// Makes a moment.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// A moment that never comes.
    public static let distantFuture = MonotonicInstant(nanoseconds: .max)

    /// The moment some nanoseconds later; the distant future when that is beyond what can be counted.
    public func advanced(byNanoseconds nanoseconds: Int64) -> MonotonicInstant {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return overflow ? .distantFuture : MonotonicInstant(nanoseconds: sum)
    }

    /// Nanoseconds from this moment to another one.
    public func nanoseconds(to other: MonotonicInstant) -> Int64 { other.nanoseconds - nanoseconds }
}

extension MonotonicInstant: InstantProtocol {
    /// The moment some time later.
    public func advanced(by duration: Duration) -> MonotonicInstant {
        advanced(byNanoseconds: duration.wholeNanoseconds)
    }

    /// The time from this moment to another one.
    public func duration(to other: MonotonicInstant) -> Duration { .nanoseconds(nanoseconds(to: other)) }

    /// Whether the left moment is earlier.
    public static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

extension Duration {
    /// The duration in nanoseconds, rounded toward zero and limited to 64 bits.
    ///
    /// Hot paths count nanoseconds: a `Duration` is a 128-bit number of attoseconds.
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carry ? (seconds < 0 ? .min : .max) : sum
    }
}
