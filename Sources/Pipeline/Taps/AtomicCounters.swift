internal import Synchronization

/// A fixed number of counters that any thread may raise without a lock.
final class AtomicCounters: @unchecked Sendable {
    // Safe because: the memory is set up in `init`, stays at one address, and holds atomics only.
    private let storage: UnsafeMutablePointer<Atomic<UInt64>>
    let count: Int

    init(count: Int) {
        self.count = count
        storage = .allocate(capacity: count)
        for index in 0..<count { (storage + index).initialize(to: Atomic(0)) }
    }

    deinit {
        storage.deinitialize(count: count)
        storage.deallocate()
    }

    /// Raises a counter.
    func add(_ amount: UInt64 = 1, to index: Int) {
        precondition(index >= 0 && index < count)
        (storage + index).pointee.wrappingAdd(amount, ordering: .relaxed)
    }

    /// Raises a counter to a value unless it is higher already.
    func raise(_ index: Int, to value: UInt64) {
        precondition(index >= 0 && index < count)
        (storage + index).pointee.max(value, ordering: .relaxed)
    }

    /// The present value of a counter.
    func value(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index < count)
        return (storage + index).pointee.load(ordering: .relaxed)
    }
}
