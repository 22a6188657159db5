internal import Synchronization

/// A wish to stop, shared by whoever wishes and whoever works.
///
/// Thread-safe. Long loops look at ``isCancelled`` once a frame; threads that wait are woken by handlers.
public final class CancellationFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    private let handlers = Mutex(Handlers())

    private struct Handlers: Sendable {
        var next = 0
        var list: [Int: @Sendable () -> Void] = [:]
    }

    /// Makes a flag that is not set.
    public init() {}

    /// Whether somebody wished to stop.
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }

    /// Wishes to stop; only the first call has an effect.
    ///
    /// Takes a lock: a signal handler must hand over to a thread that calls this.
    public func cancel() {
        guard !flag.exchange(true, ordering: .acquiringAndReleasing) else { return }
        let list = handlers.withLock { handlers in
            defer { handlers.list = [:] }
            return handlers.list
        }
        for handler in list.values { handler() }
    }

    /// Throws when somebody wished to stop.
    ///
    /// - Throws: `CancellationError`.
    public func check() throws {
        if isCancelled { throw CancellationError() }
    }

    /// Runs `body`; when the flag is or becomes set meanwhile, `handler` is called once, on the cancelling thread.
    public func withHandler<R>(_ handler: @escaping @Sendable () -> Void, _ body: () throws -> R) rethrows -> R {
        let key = handlers.withLock { handlers in
            handlers.next += 1
            handlers.list[handlers.next] = handler
            return handlers.next
        }
        // Set before or while the handler was added: `cancel()` may have missed it.
        if isCancelled, let missed = remove(key) { missed() }
        defer { _ = remove(key) }
        return try body()
    }

    private func remove(_ key: Int) -> (@Sendable () -> Void)? {
        handlers.withLock { $0.list.removeValue(forKey: key) }
    }
}
