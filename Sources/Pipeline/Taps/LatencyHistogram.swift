/// How long something took, many times over: a histogram whose percentiles are right to 1.6 %.
///
/// Buckets are logarithmic with 32 linear steps in each power of two, from 1 ns to 137 s; longer times count in the last
/// bucket (the maximum stays exact). Recording takes no lock and allocates nothing; any thread may record while another
/// one takes a snapshot, which then may miss what is being recorded.
public final class LatencyHistogram: Sendable {
    private static let stepBits = 5
    private static let steps = 1 << stepBits
    private static let highestBit = 36
    static let bucketCount = (highestBit - stepBits + 2) * steps

    private let buckets = AtomicCounters(count: LatencyHistogram.bucketCount)
    private let totals = AtomicCounters(count: 2)

    /// Makes an empty histogram.
    public init() {}

    /// Records one duration; negative ones count as zero.
    public func record(nanoseconds: Int64) {
        let value = UInt64(max(0, nanoseconds))
        buckets.add(to: Self.bucket(of: value))
        totals.add(value, to: 0)
        totals.raise(1, to: value)
    }

    /// Records one duration.
    public func record(_ duration: Duration) { record(nanoseconds: duration.wholeNanoseconds) }

    /// What was recorded up to now.
    public func snapshot() -> Snapshot {
        var count: UInt64 = 0
        for index in 0..<Self.bucketCount { count += buckets.value(index) }
        let maximum = totals.value(1)
        guard count > 0 else { return Snapshot() }
        func percentile(_ share: Double) -> Duration {
            let rank = max(1, UInt64((Double(count) * share).rounded(.up)))
            var seen: UInt64 = 0
            for index in 0..<Self.bucketCount {
                seen += buckets.value(index)
                if seen >= rank { return .nanoseconds(Int64(min(Self.middle(of: index), maximum))) }
            }
            return .nanoseconds(Int64(maximum))
        }
        let total = totals.value(0)
        return Snapshot(
            count: Int(count),
            total: .nanoseconds(Int64(total)),
            mean: .nanoseconds(Int64(total / count)),
            p50: percentile(0.5),
            p90: percentile(0.9),
            p99: percentile(0.99),
            maximum: .nanoseconds(Int64(maximum))
        )
    }

    /// Figures of a histogram at one moment; all zero when nothing was recorded.
    public struct Snapshot: Sendable, Equatable {
        /// How many durations were recorded.
        public var count = 0
        /// Their sum.
        public var total = Duration.zero
        /// Their mean.
        public var mean = Duration.zero
        /// Half of them were not longer.
        public var p50 = Duration.zero
        /// Nine of ten were not longer.
        public var p90 = Duration.zero
        /// All but one of a hundred were not longer.
        public var p99 = Duration.zero
        /// The longest one, exactly.
        public var maximum = Duration.zero
    }

    /// The bucket of a value: the value itself below 32, then its exponent and the five bits below the leading one.
    static func bucket(of value: UInt64) -> Int {
        guard value >= UInt64(steps) else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        guard exponent <= highestBit else { return bucketCount - 1 }
        let shift = exponent - stepBits
        return (shift + 1) * steps + Int(value >> UInt64(shift)) - steps
    }

    /// The value in the middle of a bucket.
    static func middle(of bucket: Int) -> UInt64 {
        guard bucket >= steps else { return UInt64(bucket) }
        let shift = UInt64(bucket / steps - 1)
        let lowest = UInt64(bucket % steps + steps) << shift
        return lowest + (1 << shift) / 2
    }
}
