internal import Synchronization

/// A list that several threads may append to, for tests that collect what happened.
public final class Collected<Element: Sendable>: Sendable {
    private let list = Mutex<[Element]>([])

    /// Makes an empty list.
    public init() {}

    /// Appends.
    public func append(_ element: Element) { list.withLock { $0.append(element) } }

    /// Everything so far.
    public var all: [Element] { list.withLock { $0 } }

    /// How many there are.
    public var count: Int { list.withLock { $0.count } }
}
