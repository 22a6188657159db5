internal import Pipeline

/// A counting semaphore with which tests hold fake stages and let them go, instead of sleeping.
public final class ThreadGate: @unchecked Sendable {
    // Safe because: `permits` is touched with the lock held only.
    private let condition = Condition()
    private var permits: Int

    /// Makes a gate.
    ///
    /// - Parameter permits: how many may pass at once without waiting.
    public init(permits: Int = 0) { self.permits = permits }

    /// Waits for a permit and takes it.
    public func pass() {
        condition.withLock {
            while permits == 0 { condition.wait() }
            permits -= 1
        }
    }

    /// Gives permits.
    public func open(_ count: Int = 1) {
        condition.withLock {
            permits += count
            condition.broadcast()
        }
    }
}
