/// An exact point in time or length of time: a whole number of ticks of a timebase.
///
/// Comparison and arithmetic are exact over different timebases. There is no conversion to `Double` except for
/// display, because A/V sync is a guarantee and floating point is not.
public struct MediaTime: Sendable {
    /// The number of ticks; negative before the origin.
    public let ticks: Int64
    /// The length of one tick.
    public let timebase: Timebase

    /// Makes a time of `ticks` ticks of `timebase`.
    public init(ticks: Int64, timebase: Timebase) {
        self.ticks = ticks
        self.timebase = timebase
    }

    /// The origin, in microseconds.
    public static let zero = MediaTime(ticks: 0, timebase: .microseconds)

    /// How `rescaled(to:rounding:)` treats a time that lies between two ticks.
    public enum Rounding: Sendable {
        /// Toward negative infinity.
        case down
        /// Toward positive infinity.
        case up
        /// To the nearest tick, halves away from zero, as `av_rescale_q` does.
        case nearest
    }

    /// The same time in another timebase.
    ///
    /// - Parameters:
    ///   - target: the timebase of the result.
    ///   - rounding: what to do when the time lies between two ticks.
    /// - Precondition: the result fits 64 bits.
    public func rescaled(to target: Timebase, rounding: Rounding = .nearest) -> MediaTime {
        if target == timebase { return self }
        // Two 32-bit factors and 64-bit ticks need up to 127 bits.
        let numerator = Int128(ticks) * Int128(timebase.numerator) * Int128(target.denominator)
        let denominator = Int128(timebase.denominator) * Int128(target.numerator)
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        var result = quotient
        if remainder != 0 {
            switch rounding {
            case .down: if numerator < 0 { result -= 1 }
            case .up: if numerator > 0 { result += 1 }
            case .nearest:
                if remainder.magnitude * 2 >= denominator.magnitude { result += numerator < 0 ? -1 : 1 }
            }
        }
        return MediaTime(ticks: Int64(result), timebase: target)
    }

    /// The time in seconds, for display and reports only.
    public var seconds: Double {
        Double(ticks) * Double(timebase.numerator) / Double(timebase.denominator)
    }

    /// The time as a `Duration`, rounded to the nearest nanosecond.
    public var duration: Duration {
        .nanoseconds(rescaled(to: .nanoseconds).ticks)
    }

    /// The sum, in the timebase of the left operand.
    public static func + (left: MediaTime, right: MediaTime) -> MediaTime {
        MediaTime(ticks: left.ticks + right.rescaled(to: left.timebase).ticks, timebase: left.timebase)
    }

    /// The difference, in the timebase of the left operand.
    public static func - (left: MediaTime, right: MediaTime) -> MediaTime {
        MediaTime(ticks: left.ticks - right.rescaled(to: left.timebase).ticks, timebase: left.timebase)
    }
}

extension MediaTime: Comparable, Hashable {
    private var scaled: (value: Int128, denominator: Int128) {
        (Int128(ticks) * Int128(timebase.numerator), Int128(timebase.denominator))
    }

    /// Whether both are the same moment, whatever their timebases: 1 tick of 1/25 equals 2 ticks of 1/50.
    public static func == (left: MediaTime, right: MediaTime) -> Bool {
        let (a, b) = (left.scaled, right.scaled)
        return a.value * b.denominator == b.value * a.denominator
    }

    /// Whether the left time is earlier.
    public static func < (left: MediaTime, right: MediaTime) -> Bool {
        let (a, b) = (left.scaled, right.scaled)
        return a.value * b.denominator < b.value * a.denominator
    }

    /// Hashes the reduced fraction, so that equal times hash alike.
    public func hash(into hasher: inout Hasher) {
        var (a, b) = (scaled.value.magnitude, scaled.denominator.magnitude)
        while b != 0 { (a, b) = (b, a % b) }
        let divisor = Int128(a == 0 ? 1 : a)
        hasher.combine(scaled.value / divisor)
        hasher.combine(scaled.denominator / divisor)
    }
}

extension MediaTime: CustomStringConvertible {
    /// Ticks and timebase, for example `1001 × 1/30000 s`.
    public var description: String { "\(ticks) × \(timebase) s" }
}
