/// A first-in first-out queue of packets, which cannot be elements of an array because they have one owner each.
public struct PacketQueue: ~Copyable {
    private var storage: UnsafeMutablePointer<Packet>
    private var capacity = 8
    private var head = 0
    /// The number of packets inside.
    public private(set) var count = 0

    /// Makes an empty queue.
    public init() { storage = .allocate(capacity: capacity) }

    deinit {
        for index in 0..<count { (storage + (head + index) % capacity).deinitialize(count: 1) }
        storage.deallocate()
    }

    /// Adds a packet at the end.
    public mutating func append(_ packet: consuming Packet) {
        if count == capacity {
            let larger = UnsafeMutablePointer<Packet>.allocate(capacity: capacity * 2)
            for index in 0..<count { (larger + index).initialize(to: (storage + (head + index) % capacity).move()) }
            storage.deallocate()
            storage = larger
            capacity *= 2
            head = 0
        }
        (storage + (head + count) % capacity).initialize(to: packet)
        count += 1
    }

    /// Removes the oldest packet.
    public mutating func popFirst() -> Packet? {
        guard count > 0 else { return nil }
        let packet = (storage + head).move()
        head = (head + 1) % capacity
        count -= 1
        return packet
    }
}
