internal import Glibc

/// A lock with a condition variable, for named threads that wait for each other.
///
/// Synchronization has a `Mutex` but nothing to wait on, and the thread sanitizer does not see a `Mutex` that had to wait
/// (Swift 6.3 on Linux), so that the pipeline uses this lock throughout. A waiting thread blocks, so this never belongs on the
/// cooperative pool. Timed waits follow `CLOCK_MONOTONIC`.
///
/// Source: `pthread_cond_wait(3p)`.
public final class Condition: @unchecked Sendable {
    // Safe because: the pthread functions are thread-safe, and both objects stay at one address until `deinit`.
    private let mutex: LockStorage
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    /// Makes a condition.
    ///
    /// - Parameter other: a condition whose lock this one uses too, so that one lock guards two reasons to wait.
    public init(sharingLockOf other: Condition? = nil) {
        mutex = other?.mutex ?? LockStorage()
        let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        // Uninitialised memory, not `pthread_condattr_t()`: which module owns that initialiser depends on the order in
        // which the compiler loads C modules (docs/pitfalls.md). The `_init` functions fill it.
        withUnsafeTemporaryAllocation(of: pthread_condattr_t.self, capacity: 1) { attributes in
            guard let attributes = attributes.baseAddress else { preconditionFailure("no memory for one attribute") }
            pthread_condattr_init(attributes)
            pthread_condattr_setclock(attributes, CLOCK_MONOTONIC)
            let result = pthread_cond_init(condition, attributes)
            precondition(result == 0, "pthread_cond_init failed")
            pthread_condattr_destroy(attributes)
        }
        self.condition = condition
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deinitialize(count: 1)
        condition.deallocate()
    }

    /// Takes the lock; the caller gives it back with ``unlock()`` on the same thread.
    public func lock() { pthread_mutex_lock(mutex.pointer) }

    /// Gives the lock back.
    public func unlock() { pthread_mutex_unlock(mutex.pointer) }

    /// Runs `body` with the lock held.
    public func withLock<R: ~Copyable, E>(_ body: () throws(E) -> R) throws(E) -> R {
        lock()
        defer { unlock() }
        return try body()
    }

    /// Gives the lock back, waits for a signal and takes the lock again; may also wake without a signal.
    ///
    /// The caller holds the lock.
    public func wait() { pthread_cond_wait(condition, mutex.pointer) }

    /// Like ``wait()``, but not beyond a moment of the monotonic clock.
    ///
    /// The caller holds the lock. Code that has a clock of its own waits by ``PipelineClock/wait(on:until:)``.
    ///
    /// - Returns: `false` when the moment has come without a signal.
    @discardableResult
    public func wait(until deadline: MonotonicInstant) -> Bool {
        var time = timespec(
            tv_sec: Int(deadline.nanoseconds / 1_000_000_000),
            tv_nsec: Int(deadline.nanoseconds % 1_000_000_000)
        )
        return pthread_cond_timedwait(condition, mutex.pointer, &time) == 0
    }

    /// Wakes one waiting thread.
    public func signal() { pthread_cond_signal(condition) }

    /// Wakes all waiting threads.
    public func broadcast() { pthread_cond_broadcast(condition) }
}

/// A mutex that several conditions may share.
private final class LockStorage {
    let pointer: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        pointer = .allocate(capacity: 1)
        let result = pthread_mutex_init(pointer, nil)
        precondition(result == 0, "pthread_mutex_init failed")
    }

    deinit {
        pthread_mutex_destroy(pointer)
        pointer.deinitialize(count: 1)
        pointer.deallocate()
    }
}
