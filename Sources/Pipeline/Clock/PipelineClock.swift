internal import Glibc

/// Where the pipeline gets its time from, and how it waits for it.
///
/// Deadlines, hang detection and measurements all go through a clock, so that tests move time by hand.
public protocol PipelineClock: Sendable {
    /// The present moment; never goes back.
    var now: MonotonicInstant { get }

    /// Waits on a condition until it is signalled or the moment has come; may also return early without a reason.
    ///
    /// The caller holds the condition's lock, which is given back while waiting. ``MonotonicInstant/distantFuture``
    /// waits for a signal only.
    func wait(on condition: Condition, until deadline: MonotonicInstant)
}

/// The machine's monotonic clock.
public struct MonotonicClock: PipelineClock {
    /// Makes the clock.
    public init() {}

    /// The time of `CLOCK_MONOTONIC`.
    public var now: MonotonicInstant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Waits on the condition itself.
    public func wait(on condition: Condition, until deadline: MonotonicInstant) {
        if deadline == .distantFuture {
            condition.wait()
        } else {
            condition.wait(until: deadline)
        }
    }
}
