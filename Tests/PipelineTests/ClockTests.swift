import MediaTestKit
import Pipeline
import Testing

@Suite struct ClockTests {
    @Test(arguments: [
        (Duration.zero, Int64(0)), (.nanoseconds(7), 7), (.seconds(2) + .nanoseconds(1), 2_000_000_001),
        (.nanoseconds(-1_500_000_001), -1_500_000_001), (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
    ])
    func durationsBecomeWholeNanoseconds(duration: Duration, nanoseconds: Int64) {
        #expect(duration.wholeNanoseconds == nanoseconds)
    }

    @Test func instantsDoNotOverflow() {
        let instant = MonotonicInstant(nanoseconds: .max - 5)
        #expect(instant.advanced(byNanoseconds: 4).nanoseconds == .max - 1)
        #expect(instant.advanced(byNanoseconds: 100) == .distantFuture)
        #expect(instant.advanced(by: .seconds(1)) == .distantFuture)
        #expect(MonotonicInstant(nanoseconds: 5).duration(to: MonotonicInstant(nanoseconds: 8)) == .nanoseconds(3))
    }

    @Test func theMonotonicClockGoesForwardAndEndsWaits() {
        let clock = MonotonicClock()
        let start = clock.now
        let condition = Condition()
        let deadline = start.advanced(byNanoseconds: 1_000_000)
        condition.withLock {
            while clock.now < deadline { clock.wait(on: condition, until: deadline) }
        }
        #expect(clock.now >= deadline)
    }

    @Test func movingTheMockClockWakesWhoWaits() throws {
        let clock = MockClock()
        let deadline = clock.now.advanced(by: .seconds(3600))
        let condition = Condition()
        let thread = try NamedThread(name: "sleeper") {
            condition.withLock {
                while clock.now < deadline { clock.wait(on: condition, until: deadline) }
            }
        }
        clock.advance(by: .seconds(3599))
        #expect(!thread.isFinished)
        clock.advance(by: .seconds(1))
        try thread.join()
        #expect(clock.now == deadline)
    }
}
