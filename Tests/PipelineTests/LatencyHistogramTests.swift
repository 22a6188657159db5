import MediaTestKit
import Testing

@testable import Pipeline

@Suite struct LatencyHistogramTests {
    @Test func anEmptyOneIsAllZero() {
        #expect(LatencyHistogram().snapshot() == LatencyHistogram.Snapshot())
    }

    @Test func bucketsFollowEachOtherAndAreNarrow() {
        var last = 0
        var value: UInt64 = 0
        while value < 100_000_000_000 {
            let bucket = LatencyHistogram.bucket(of: value)
            #expect(bucket == last || bucket == last + 1)
            last = bucket
            let middle = Double(LatencyHistogram.middle(of: bucket))
            #expect(abs(middle - Double(value)) <= Double(value) / 63)
            value += max(1, value / 70)
        }
        #expect(last < LatencyHistogram.bucketCount)
        #expect(LatencyHistogram.bucket(of: .max) == LatencyHistogram.bucketCount - 1)
    }

    @Test func percentilesAreRightToAFewPercent() {
        let histogram = LatencyHistogram()
        for microseconds in 1...1000 { histogram.record(.microseconds(microseconds)) }
        let snapshot = histogram.snapshot()
        #expect(snapshot.count == 1000)
        #expect(snapshot.total == .microseconds(500_500))
        #expect(snapshot.mean == .nanoseconds(500_500))
        #expect(snapshot.maximum == .milliseconds(1))
        #expect(abs(snapshot.p50 / .microseconds(500) - 1) < 0.017)
        #expect(abs(snapshot.p90 / .microseconds(900) - 1) < 0.017)
        #expect(abs(snapshot.p99 / .microseconds(990) - 1) < 0.017)
    }

    @Test func aSingleValueIsEveryPercentile() {
        let histogram = LatencyHistogram()
        histogram.record(nanoseconds: -5)
        #expect(histogram.snapshot().maximum == .zero)
        let other = LatencyHistogram()
        other.record(.seconds(1000))
        let snapshot = other.snapshot()
        #expect(snapshot.maximum == .seconds(1000))
        #expect(snapshot.p50 > .seconds(130))
    }

    @Test func countsWhatManyThreadsRecord() throws {
        let tap = StageTap(name: "busy")
        let threads = try (0..<4).map { _ in
            try NamedThread(name: "recorder") {
                for value in 0..<5_000 {
                    tap.countIn()
                    tap.latency.record(nanoseconds: Int64(value))
                    tap.drops.count(value % 2 == 0 ? .late : .reused)
                    tap.countOut()
                }
            }
        }
        for thread in threads { try thread.join() }
        let snapshot = tap.snapshot()
        #expect(snapshot.framesIn == 20_000)
        #expect(snapshot.framesOut == 20_000)
        #expect(snapshot.latency.count == 20_000)
        #expect(snapshot.latency.maximum == .nanoseconds(4_999))
        #expect(snapshot.drops == [.late: 10_000, .reused: 10_000])
    }

    @Test func causesHaveDistinctLabels() {
        #expect(Set(DropCause.allCases.map(\.label)).count == DropCause.allCases.count)
        #expect(DropCause.allCases.map(\.rawValue) == Array(0..<DropCause.allCases.count))
    }
}
