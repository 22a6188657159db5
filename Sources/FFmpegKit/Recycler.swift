internal import Synchronization

/// Keeps freed libav structures for the next use, so that a packet or frame in steady state allocates nothing here.
///
/// Thread-safe. At most `capacity` idle structures are kept.
final class Recycler<Element>: Sendable {
    /// Addresses instead of pointers, because pointers are not `Sendable` and a `Mutex` only guards what is.
    private let idle: Mutex<[UInt]>
    private let capacity: Int
    private let release: @Sendable (UnsafeMutablePointer<Element>) -> Void

    init(capacity: Int, release: @escaping @Sendable (UnsafeMutablePointer<Element>) -> Void) {
        var addresses: [UInt] = []
        addresses.reserveCapacity(capacity)
        idle = Mutex(addresses)
        self.capacity = capacity
        self.release = release
    }

    /// An idle structure, or `nil` when there is none.
    func take() -> UnsafeMutablePointer<Element>? {
        UnsafeMutablePointer(bitPattern: idle.withLock { $0.popLast() } ?? 0)
    }

    /// Takes back a structure that holds no references any more.
    func put(_ pointer: UnsafeMutablePointer<Element>) {
        let address = UInt(bitPattern: pointer)
        let kept = idle.withLock { addresses in
            guard addresses.count < capacity else { return false }
            addresses.append(address)
            return true
        }
        if !kept { release(pointer) }
    }

    deinit {
        for address in idle.withLock({ $0 }) {
            if let pointer = UnsafeMutablePointer<Element>(bitPattern: address) { release(pointer) }
        }
    }
}
