/// A run of sound on its way through audio stages: planar float samples, 1 being full scale.
///
/// One block is filled again and again, so that steady state allocates nothing. Confined to one thread.
public final class AudioBlock {
    /// Samples of every channel; only the first ``count`` of each are valid.
    public var planes: [[Float]]
    /// Valid samples a channel.
    public var count = 0
    /// The place of the first sample: samples since the beginning of the result.
    public var position: Int64 = 0
    /// Room for so many samples a channel.
    public let capacity: Int

    /// Makes an empty block.
    public init(channelCount: Int, capacity: Int) {
        self.capacity = capacity
        planes = (0..<channelCount).map { _ in [Float](repeating: 0, count: capacity) }
    }

    /// Number of channels.
    public var channelCount: Int { planes.count }

    /// Removes samples from the beginning.
    public func dropFirst(_ dropped: Int) {
        let dropped = min(max(0, dropped), count)
        guard dropped > 0 else { return }
        let kept = count - dropped
        for channel in planes.indices {
            planes[channel].withUnsafeMutableBufferPointer { samples in
                guard let base = samples.baseAddress else { return }
                base.update(from: base + dropped, count: kept)
            }
        }
        count = kept
        position += Int64(dropped)
    }

    /// Fills the block with silence.
    public func silence(_ count: Int) {
        precondition(count <= capacity, "more silence than room")
        for channel in planes.indices {
            planes[channel].withUnsafeMutableBufferPointer { samples in
                samples.baseAddress?.update(repeating: 0, count: count)
            }
        }
        self.count = count
    }
}
