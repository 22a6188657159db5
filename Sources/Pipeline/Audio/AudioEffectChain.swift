/// Runs effects one after the other and removes their latency: what comes out lies where it was. Confined to one thread.
public final class AudioEffectChain {
    private let instances: [any AudioEffectInstance]
    private let latency: Int
    private var toDrop: Int
    private var position: Int64?

    /// Makes a chain for one pass over a track.
    public init(_ plans: [any AudioEffectPlan]) throws {
        instances = try plans.map { try $0.makeInstance() }
        latency = plans.reduce(0) { $0 + $1.latency }
        toDrop = latency
    }

    /// Processes a block in place; blocks follow each other without gaps. It comes out shorter, or empty, at the beginning
    /// of the track.
    public func process(_ block: AudioBlock) throws {
        // What comes out first belongs to what went in first.
        var place = position ?? block.position
        for instance in instances { try instance.process(block) }
        if toDrop > 0 {
            let dropped = min(toDrop, block.count)
            block.dropFirst(dropped)
            toDrop -= dropped
        }
        block.position = place
        place += Int64(block.count)
        position = place
    }

    /// Gets out what is still inside, after the last block.
    ///
    /// - Parameters:
    ///   - block: is filled again and again.
    ///   - body: takes each piece of sound.
    public func flush(_ block: AudioBlock, _ body: (AudioBlock) throws -> Void) throws {
        var left = latency
        while left > 0 {
            let count = min(left, block.capacity)
            block.silence(count)
            try process(block)
            if block.count > 0 { try body(block) }
            left -= count
        }
    }
}
