/// A queue of fixed capacity between named threads, for elements that have one owner.
///
/// **Bound and drop rule.** The capacity is given once and nothing is allocated afterwards. ``send(_:)`` waits while the
/// channel is full, so that nothing is ever dropped; ``offerNewest(_:)`` never waits and drops the *oldest* element of a
/// full channel. Any number of threads may send and receive; elements leave in the order in which they were accepted.
///
/// **Ending.** ``close(throwing:)`` lets the receivers take what is inside and then tells them the end or the error;
/// ``cancel()`` drops what is inside and wakes everybody at once.
///
/// Waiting blocks the thread: never call ``send(_:)`` or ``receive()`` on the cooperative pool.
public final class BoundedChannel<Element: ~Copyable & Sendable>: @unchecked Sendable {
    // Safe because: every stored variable is touched with the lock held only.
    private let notEmpty = Condition()
    private let notFull: Condition
    private let storage: UnsafeMutablePointer<Element>
    private var head = 0
    private var used = 0
    private var waitingReceivers = 0
    private var waitingSenders = 0
    private var end = End.open
    private var failure: (any Error)?
    private var dropped = 0

    private enum End { case open, closed, cancelled }

    /// How many elements fit.
    public let capacity: Int

    /// What became of an offered element.
    public enum Offer: Sendable, Equatable {
        /// It is in the channel.
        case accepted
        /// It is in the channel; the oldest one had to go.
        case replacedOldest
        /// The channel is closed or cancelled; the element is gone.
        case refused
    }

    /// Makes an empty channel.
    ///
    /// - Precondition: the capacity is positive.
    public init(capacity: Int) {
        precondition(capacity > 0, "a channel needs a positive capacity")
        self.capacity = capacity
        notFull = Condition(sharingLockOf: notEmpty)
        storage = .allocate(capacity: capacity)
    }

    deinit {
        for index in 0..<used { (storage + (head + index) % capacity).deinitialize(count: 1) }
        storage.deallocate()
    }

    /// Puts an element in, after waiting for room.
    ///
    /// - Returns: `false` when the channel is closed or cancelled, also while waiting; the element is gone then.
    public func send(_ element: consuming Element) -> Bool {
        notEmpty.lock()
        while used == capacity && end == .open {
            waitingSenders += 1
            notFull.wait()
            waitingSenders -= 1
        }
        guard end == .open else {
            // Unlocked first: the element is released on return, and releasing one may run foreign code.
            notEmpty.unlock()
            return false
        }
        append(element)
        let wake = waitingReceivers > 0
        notEmpty.unlock()
        if wake { notEmpty.signal() }
        return true
    }

    /// Puts an element in without waiting; a full channel drops its oldest element, which is counted.
    public func offerNewest(_ element: consuming Element) -> Offer {
        notEmpty.lock()
        guard end == .open else {
            notEmpty.unlock()
            return .refused
        }
        var oldest: Element?
        if used == capacity {
            oldest = removeFirst()
            dropped += 1
        }
        append(element)
        let wake = waitingReceivers > 0
        notEmpty.unlock()
        if wake { notEmpty.signal() }
        return oldest == nil ? .accepted : .replacedOldest
    }

    /// Takes the oldest element out, after waiting for one.
    ///
    /// - Returns: `nil` when the channel was closed and everything was taken.
    /// - Throws: the error that the channel was closed with, once everything was taken; `CancellationError` when it was
    ///   cancelled.
    public func receive() throws -> Element? {
        notEmpty.lock()
        while used == 0 && end == .open {
            waitingReceivers += 1
            notEmpty.wait()
            waitingReceivers -= 1
        }
        guard used > 0 else {
            let (end, failure) = (end, failure)
            notEmpty.unlock()
            if end == .cancelled { throw CancellationError() }
            if let failure { throw failure }
            return nil
        }
        let element = removeFirst()
        let wake = waitingSenders > 0
        notEmpty.unlock()
        if wake { notFull.signal() }
        return element
    }

    /// Takes the oldest element out if there is one; never waits.
    public func tryReceive() -> Element? {
        notEmpty.lock()
        guard used > 0 else {
            notEmpty.unlock()
            return nil
        }
        let element = removeFirst()
        let wake = waitingSenders > 0
        notEmpty.unlock()
        if wake { notFull.signal() }
        return element
    }

    /// Accepts nothing more; what is inside can still be received. Without effect on an ended channel.
    ///
    /// - Parameter error: what receivers get after the last element instead of the end.
    public func close(throwing error: (any Error)? = nil) {
        notEmpty.lock()
        if end == .open {
            end = .closed
            failure = error
        }
        notEmpty.unlock()
        notEmpty.broadcast()
        notFull.broadcast()
    }

    /// Drops what is inside, accepts nothing more and wakes both sides.
    public func cancel() {
        notEmpty.lock()
        end = .cancelled
        notEmpty.unlock()
        notEmpty.broadcast()
        notFull.broadcast()
        // One by one, so that no element is released with the lock held.
        while tryReceive() != nil {}
    }

    /// How many elements are inside at this moment.
    public var count: Int { notEmpty.withLock { used } }

    /// How many elements ``offerNewest(_:)`` dropped so far.
    public var droppedCount: Int { notEmpty.withLock { dropped } }

    private func append(_ element: consuming Element) {
        var index = head + used
        if index >= capacity { index -= capacity }
        (storage + index).initialize(to: element)
        used += 1
    }

    private func removeFirst() -> Element {
        let element = (storage + head).move()
        head += 1
        if head == capacity { head = 0 }
        used -= 1
        return element
    }
}
