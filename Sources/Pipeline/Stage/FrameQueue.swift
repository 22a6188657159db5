public import FFmpegKit

/// A first-in first-out queue of frames, which cannot be elements of an array because they have one owner each.
///
/// Grows by doubling and never shrinks, so that steady state allocates nothing.
public struct FrameQueue: ~Copyable {
    private var storage: UnsafeMutablePointer<VideoFrame>
    private var capacity: Int
    private var head = 0
    /// The number of frames inside.
    public private(set) var count = 0

    /// Makes an empty queue.
    public init(initialCapacity: Int = 4) {
        capacity = max(1, initialCapacity)
        storage = .allocate(capacity: capacity)
    }

    deinit {
        for index in 0..<count {
            (storage + (head + index) % capacity).deinitialize(count: 1)
        }
        storage.deallocate()
    }

    /// Whether there is nothing inside.
    public var isEmpty: Bool { count == 0 }

    /// Adds a frame at the end.
    public mutating func append(_ frame: consuming VideoFrame) {
        if count == capacity { grow() }
        (storage + (head + count) % capacity).initialize(to: frame)
        count += 1
    }

    /// Removes the oldest frame.
    public mutating func popFirst() -> VideoFrame? {
        guard count > 0 else { return nil }
        let frame = (storage + head).move()
        head = (head + 1) % capacity
        count -= 1
        return frame
    }

    /// Lends a frame by its age, 0 being the oldest.
    ///
    /// - Precondition: `index` is below `count`.
    public func withFrame<R: ~Copyable, E>(
        at index: Int,
        _ body: (borrowing VideoFrame) throws(E) -> R
    ) throws(E) -> R {
        precondition(index >= 0 && index < count)
        return try body(storage[(head + index) % capacity])
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<VideoFrame>.allocate(capacity: capacity * 2)
        for index in 0..<count {
            (larger + index).initialize(to: (storage + (head + index) % capacity).move())
        }
        storage.deallocate()
        storage = larger
        capacity *= 2
        head = 0
    }
}
