internal import Synchronization

/// A wish to stop, shared by whoever wishes and whoever works.
///
/// Thread-safe. Long loops look at ``isCancelled`` once a frame; threads that wait are woken by handlers.
public final class CancellationFlag: @unchecked Sendable {
    // Safe because: the flag is atomic, the rest is touched with the lock held only.
    private let flag = Atomic<Bool>(false)
    private let lock = Condition()
    private var handlers: [Int: @Sendable () -> Void] = [:]
    private var nextKey = 0

    /// Makes a flag that is not set.
    public init() {}

    /// Whether somebody wished to stop.
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }

    /// Wishes to stop; only the first call has an effect.
    ///
    /// Takes a lock: a signal handler must hand over to a thread that calls this.
    public func cancel() {
        guard !flag.exchange(true, ordering: .acquiringAndReleasing) else { return }
        let called = lock.withLock {
            defer { handlers = [:] }
            return handlers
        }
        for handler in called.values { handler() }
    }

    /// Throws when somebody wished to stop.
    ///
    /// - Throws: `CancellationError`.
    public func check() throws {
        if isCancelled { throw CancellationError() }
    }

    /// Runs `body`; when the flag is or becomes set meanwhile, `handler` is called once, on the cancelling thread.
    public func withHandler<R>(_ handler: @escaping @Sendable () -> Void, _ body: () throws -> R) rethrows -> R {
        let key = lock.withLock {
            nextKey += 1
            handlers[nextKey] = handler
            return nextKey
        }
        // Set before or while the handler was added: `cancel()` may have missed it.
        if isCancelled, let missed = remove(key) { missed() }
        defer { _ = remove(key) }
        return try body()
    }

    private func remove(_ key: Int) -> (@Sendable () -> Void)? {
        lock.withLock { handlers.removeValue(forKey: key) }
    }
}
