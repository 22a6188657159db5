public import Pipeline
internal import Synchronization

/// A clock that stands still until a test moves it.
///
/// Thread-safe. Moving it wakes every thread that waits through it.
public final class MockClock: PipelineClock {
    private let state: Mutex<State>

    private struct State: Sendable {
        var now: MonotonicInstant
        var waiting: [Condition] = []
    }

    /// Makes a clock that shows the given moment.
    public init(_ start: MonotonicInstant = MonotonicInstant(nanoseconds: 1_000_000_000)) {
        state = Mutex(State(now: start))
    }

    /// The moment that was set last.
    public var now: MonotonicInstant { state.withLock { $0.now } }

    /// Moves the clock forward.
    ///
    /// - Precondition: the duration is not negative.
    public func advance(by duration: Duration) {
        precondition(duration >= .zero, "a monotonic clock never goes back")
        let waiting = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            return state.waiting
        }
        // With its lock, so that a thread between its look at the clock and its wait is not missed.
        for condition in waiting { condition.withLock { condition.broadcast() } }
    }

    /// Waits until the condition is signalled or the clock is moved.
    public func wait(on condition: Condition, until deadline: MonotonicInstant) {
        let mustWait = state.withLock { state in
            guard state.now < deadline else { return false }
            state.waiting.append(condition)
            return true
        }
        guard mustWait else { return }
        condition.wait()
        state.withLock { state in
            if let index = state.waiting.firstIndex(where: { $0 === condition }) { state.waiting.remove(at: index) }
        }
    }
}
