public import Pipeline

/// A clock that stands still until a test moves it.
///
/// Thread-safe. Moving it wakes every thread that waits through it.
public final class MockClock: PipelineClock, @unchecked Sendable {
    // Safe because: both variables are touched with the lock held only.
    private let lock = Condition()
    private var moment: MonotonicInstant
    private var waiting: [Condition] = []

    /// Makes a clock that shows the given moment.
    public init(_ start: MonotonicInstant = MonotonicInstant(nanoseconds: 1_000_000_000)) {
        moment = start
    }

    /// The moment that was set last.
    public var now: MonotonicInstant { lock.withLock { moment } }

    /// Moves the clock forward.
    ///
    /// - Precondition: the duration is not negative.
    public func advance(by duration: Duration) {
        precondition(duration >= .zero, "a monotonic clock never goes back")
        let waiting = lock.withLock {
            moment = moment.advanced(by: duration)
            return self.waiting
        }
        // With its lock, so that a thread between its look at the clock and its wait is not missed.
        for condition in waiting { condition.withLock { condition.broadcast() } }
    }

    /// Waits until the condition is signalled or the clock is moved.
    public func wait(on condition: Condition, until deadline: MonotonicInstant) {
        let mustWait = lock.withLock {
            guard moment < deadline else { return false }
            waiting.append(condition)
            return true
        }
        guard mustWait else { return }
        condition.wait()
        lock.withLock {
            if let index = waiting.firstIndex(where: { $0 === condition }) { waiting.remove(at: index) }
        }
    }
}
