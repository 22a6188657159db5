public import FFmpegKit
public import MediaCore

/// Which pictures a file holds, when they are shown and where decoding can start: the result of reading all packets of
/// one stream without decoding them.
///
/// Progress, trimming and segment boundaries are planned from it. What is rendered follows the decoded frames.
public struct FrameTable: Sendable, Equatable {
    /// A place where decoding can start.
    public struct Keyframe: Sendable, Equatable {
        /// Its place in presentation order.
        public let index: Int
        /// Its presentation time in ticks.
        public let ticks: Int64
        /// The time to seek to: presentation or decoding time, whichever the container's index goes by.
        public let seekTicks: Int64

        /// Makes a keyframe.
        public init(index: Int, ticks: Int64, seekTicks: Int64) {
            self.index = index
            self.ticks = ticks
            self.seekTicks = seekTicks
        }
    }

    /// Presentation times in ticks, in order.
    public let ticks: [Int64]
    /// Where decoding can start, in order.
    public let keyframes: [Keyframe]
    /// Seconds a tick.
    public let timebase: Timebase
    /// Duration of the last frame in ticks; 0 when unknown.
    public let lastDuration: Int64
    /// Whether every picture had its own time, so that the table can be trusted for cutting.
    public let isComplete: Bool
    /// What the container's index promised minus what could be read; 0 when nothing is missing.
    public let missingFrames: Int

    /// Makes a table.
    public init(
        ticks: [Int64],
        keyframes: [Keyframe],
        timebase: Timebase,
        lastDuration: Int64,
        isComplete: Bool,
        missingFrames: Int
    ) {
        self.ticks = ticks
        self.keyframes = keyframes
        self.timebase = timebase
        self.lastDuration = lastDuration
        self.isComplete = isComplete
        self.missingFrames = missingFrames
    }

    /// Reads all packets of a stream.
    ///
    /// - Parameters:
    ///   - demuxer: a freshly opened file; it is at its end afterwards.
    ///   - stream: the stream to look at.
    ///   - others: streams to read along with it.
    ///   - onPacket: gets every packet of all of them.
    /// - Throws: ``FFmpegError`` when interrupted. Damage in the middle ends the table where it is.
    public init(
        scanning demuxer: Demuxer,
        stream: StreamDescription,
        along others: Set<Int> = [],
        onPacket: (borrowing Packet) -> Void = { _ in }
    ) throws {
        demuxer.select(streams: others.union([stream.index]))
        // MP4 and Matroska look for a keyframe *shown* at or before the time, the others for one decoded by then. The
        // wrong one lands a whole group of pictures too early, or too late.
        let seeksByPresentation = ["mov", "matroska"].contains { demuxer.formatName.hasPrefix($0) }
        var times: [Int64] = []
        var starts: [(ticks: Int64, seekTicks: Int64)] = []
        var withoutTime = 0
        var packets = 0
        var last: (ticks: Int64, duration: Int64) = (.min, 0)
        if let promised = stream.frameCount { times.reserveCapacity(min(promised, 1 << 22)) }
        reading: while true {
            do {
                guard let packet = try demuxer.read() else { break reading }
                onPacket(packet)
                guard packet.streamIndex == stream.index else { continue }
                packets += 1
                // An edit list keeps pictures that are needed for decoding but not shown.
                if packet.isDiscarded { continue }
                guard let ticks = packet.presentationTicks else {
                    withoutTime += 1
                    continue
                }
                times.append(ticks)
                if packet.isKeyframe {
                    let decoding = min(packet.decodingTicks ?? ticks, ticks)
                    starts.append((ticks, seeksByPresentation ? ticks : decoding))
                }
                if ticks >= last.ticks { last = (ticks, packet.durationTicks) }
            } catch let error where FFmpegError.Code.interrupted ~= error {
                throw error
            } catch {
                break reading
            }
        }
        times.sort()
        var keyframes: [Keyframe] = []
        for start in starts.sorted(by: { $0.ticks < $1.ticks }) {
            keyframes.append(
                Keyframe(
                    index: times.partitioningIndex { $0 >= start.ticks },
                    ticks: start.ticks,
                    seekTicks: start.seekTicks
                )
            )
        }
        let hasRepeats = zip(times, times.dropFirst()).contains { $0 == $1 }
        self.init(
            ticks: times,
            keyframes: keyframes,
            timebase: stream.timebase,
            lastDuration: max(0, last.duration),
            isComplete: withoutTime == 0 && !hasRepeats && !times.isEmpty,
            missingFrames: max(0, (stream.frameCount ?? 0) - packets)
        )
    }

    /// The number of frames shown in a range of time.
    public func count(from start: Int64?, to end: Int64?) -> Int {
        let first = start.map { start in ticks.partitioningIndex { $0 >= start } } ?? 0
        let last = end.map { end in ticks.partitioningIndex { $0 >= end } } ?? ticks.count
        return max(0, last - first)
    }

    /// Length from the first to the end of the last frame, in seconds.
    public var seconds: Double {
        guard let first = ticks.first, let last = ticks.last else { return 0 }
        return MediaTime(ticks: last - first + lastDuration, timebase: timebase).seconds
    }
}

extension Array {
    /// The first index whose element satisfies a predicate that is false up to some index and true from there on.
    func partitioningIndex(where belongsInSecondPart: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if belongsInSecondPart(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
