internal import Pipeline

/// A list that several threads may append to, for tests that collect what happened.
public final class Collected<Element: Sendable>: @unchecked Sendable {
    // Safe because: `list` is touched with the lock held only.
    // A pthread lock, because the thread sanitizer does not see a `Mutex` that had to wait (Swift 6.3, Linux).
    private let lock = Condition()
    private var list: [Element] = []

    /// Makes an empty list.
    public init() {}

    /// Appends.
    public func append(_ element: Element) { lock.withLock { list.append(element) } }

    /// Everything so far.
    public var all: [Element] { lock.withLock { list } }

    /// How many there are.
    public var count: Int { lock.withLock { list.count } }
}
