internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// Reads one track of a file from beginning to end as blocks that follow each other without gaps. Confined to one thread.
///
/// Every pass over a track reads the same samples at the same places. Missing sound becomes silence, so that what follows
/// is heard when it should be.
final class AudioTrackReader {
    private let demuxer: Demuxer
    private let stream: StreamDescription
    private let timeline: AudioTimeline
    private let decoder: AudioDecoder
    private let converter: AudioResampler
    private let clock: FloatResampler?
    private let channelCount: Int
    private var pending: [[Float]]
    private var pendingFirst = 0
    private var position: Int64?
    private var silenceDue: Int64 = 0
    private var state = State.reading
    private enum State { case reading, draining, finished }

    /// Packets that the decoder refused.
    var damagedPackets: Int { decoder.damagedPacketCount }
    /// Why reading stopped before the end, if it did.
    private(set) var readFailure: FFmpegError?

    init(_ demuxer: Demuxer, stream: StreamDescription, timeline: AudioTimeline) throws {
        self.demuxer = demuxer
        demuxer.select(streams: [stream.index])
        self.stream = stream
        self.timeline = timeline
        decoder = try AudioDecoder(stream: stream)
        converter = try AudioResampler(to: timeline.format)
        channelCount = timeline.format.channels?.count ?? 1
        pending = (0..<channelCount).map { _ in [] }
        let rates = timeline.clockRates
        clock =
            timeline.clockRatio == 1
            ? nil : try FloatResampler(channelCount: channelCount, from: rates.from, to: rates.to)
    }

    /// Fills a block with the next sound.
    ///
    /// - Returns: `false` at the end.
    func next(into block: AudioBlock) throws -> Bool {
        while true {
            while available < block.capacity, state != .finished, silenceDue == 0 { try read() }
            if available > 0 {
                take(into: block)
            } else if silenceDue > 0 {
                fillSilence(block)
            } else {
                return false
            }
            if block.position >= timeline.end { return false }
            cut(block)
            if block.count > 0 { return true }
        }
    }

    private var available: Int { pending[0].count - pendingFirst }

    private func take(into block: AudioBlock) {
        let count = min(block.capacity, available)
        for channel in pending.indices {
            pending[channel].withUnsafeBufferPointer { source in
                block.planes[channel].withUnsafeMutableBufferPointer { target in
                    for index in 0..<count {
                        // One sample that is no number would silence every filter behind.
                        let sample = source[pendingFirst + index]
                        target[index] = sample.isFinite ? min(max(sample, -64), 64) : 0
                    }
                }
            }
        }
        pendingFirst += count
        if pendingFirst == pending[0].count || pendingFirst > 65_536 {
            for channel in pending.indices { pending[channel].removeFirst(pendingFirst) }
            pendingFirst = 0
        }
        advance(block, count)
    }

    private func fillSilence(_ block: AudioBlock) {
        let count = Int(min(Int64(block.capacity), silenceDue))
        block.silence(count)
        silenceDue -= Int64(count)
        // What was decoded behind the gap waits in `held`.
        if silenceDue == 0, let held {
            for channel in pending.indices { pending[channel].append(contentsOf: held[channel]) }
            self.held = nil
        }
        advance(block, count)
    }

    private var held: [[Float]]?

    private func advance(_ block: AudioBlock, _ count: Int) {
        block.count = count
        block.position = position ?? 0
        position = block.position + Int64(count)
    }

    /// Leaves out what the user does not want.
    private func cut(_ block: AudioBlock) {
        if block.position < timeline.first {
            block.dropFirst(Int(min(Int64(block.count), timeline.first - block.position)))
        }
        if block.position + Int64(block.count) > timeline.end {
            block.count = Int(max(0, timeline.end - block.position))
        }
    }

    // MARK: - Decoding

    private func read() throws {
        if let frame = try decoder.receive() {
            if let converted = try converter.convert(frame) { try append(converted) }
            return
        }
        switch state {
        case .reading:
            guard let packet = try nextPacket() else {
                try decoder.finish()
                state = .draining
                return
            }
            packet.shift(byTicks: -timeline.range.origin.rescaled(to: packet.timebase).ticks)
            try decoder.send(packet)
        case .draining:
            if let rest = try converter.convert(nil) { try append(rest) }
            try clock?.convert(nil, appendingTo: &pending)
            state = .finished
        case .finished: return
        }
    }

    private func nextPacket() throws -> Packet? {
        do {
            return try demuxer.read()
        } catch {
            if FFmpegError.Code.interrupted ~= error { throw error }
            readFailure = error
            return nil
        }
    }

    private func append(_ frame: consuming AudioFrame) throws {
        let ticks = frame.presentationTicks ?? 0
        if position == nil { position = ticks }
        let next = (position ?? 0) + Int64(available)
        if let clock {
            try clock.convert(copy(frame), count: frame.sampleCount, appendingTo: &pending)
        } else if ticks > next, ticks <= timeline.limit {
            silenceDue = ticks - next
            held = copy(frame)
        } else {
            for channel in pending.indices {
                frame.withFloatChannel(channel) { samples in
                    samples.withUnsafeBufferPointer { pending[channel].append(contentsOf: $0) }
                }
            }
        }
    }

    private func copy(_ frame: borrowing AudioFrame) -> [[Float]] {
        (0..<channelCount).map { channel in
            frame.withFloatChannel(channel) { $0.withUnsafeBufferPointer { Array($0) } }
        }
    }
}
