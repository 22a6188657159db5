internal import FFmpegKit
internal import MediaCore

/// Finds the places where the clock of a file jumps: recordings joined with `cat`, streams that were interrupted.
///
/// Pure logic, fed with the packets of all sound and pictures. A jump counts when the decoding time of a track goes back,
/// or leaps by more than ten seconds, and no other track runs through the same place: then it is the clock that jumped
/// and not one track that has a hole.
struct ClockJumpFinder {
    /// What the finder looks at in a packet; times in ticks of the track's timebase.
    struct Sample {
        var position: Int64?
        var presentationTicks: Int64?
        var decodingTicks: Int64?
        var durationTicks: Int64
    }

    /// A place where one track breaks off.
    private struct Break {
        let track: Int
        /// Where the last packet before it begins.
        let after: Int64
        /// Where the first packet behind it begins.
        let before: Int64
        /// Whether it can only be explained by the clock.
        let isCertain: Bool
        /// When the part before it is over.
        let end: Int64
        /// The earliest presentation time behind it.
        var begin: Int64
    }

    private struct Track {
        let timebase: Timebase
        var first: Int64
        var last: Int64
        var decoding: Int64
        var duration: Int64
        /// The end of the latest picture since the last break.
        var end: Int64
        /// The break that still looks for its earliest presentation time, and for how many packets more.
        var open: (index: Int, packets: Int)?
    }

    /// A player waits that long for a late packet; more is no gap in the programme but another clock (as in ffmpeg).
    private static let longestGapSeconds: Int64 = 10
    /// Packets after a break among which one may be shown before the first: more than any codec reorders.
    private static let reorderedPackets = 32

    private var tracks: [Int: Track] = [:]
    private var breaks: [Break] = []

    /// Looks at the next packet of a track, in file order.
    mutating func add(_ sample: Sample, track index: Int, timebase: Timebase) {
        guard let decoding = sample.decodingTicks ?? sample.presentationTicks else { return }
        let presentation = sample.presentationTicks ?? decoding
        guard var track = tracks[index] else {
            // What lies before the first packet with a place cannot be told apart from it.
            guard let position = sample.position else { return }
            tracks[index] = Track(
                timebase: timebase,
                first: position,
                last: position,
                decoding: decoding,
                duration: max(0, sample.durationTicks),
                end: presentation + max(0, sample.durationTicks)
            )
            return
        }
        let second = max(1, Int64(timebase.denominator) / Int64(timebase.numerator))
        let step = decoding - (track.decoding + track.duration)
        let isBreak = decoding < track.decoding || step > Self.longestGapSeconds * second / 2
        if isBreak, let position = sample.position, position > track.last {
            breaks.append(
                Break(
                    track: index,
                    after: track.last,
                    before: position,
                    isCertain: step < -second / 10 || step > Self.longestGapSeconds * second,
                    end: track.end,
                    begin: presentation
                )
            )
            track.open = (breaks.count - 1, Self.reorderedPackets)
            track.end = presentation
        } else if let open = track.open {
            breaks[open.index].begin = min(breaks[open.index].begin, presentation)
            track.open = open.packets > 1 ? (open.index, open.packets - 1) : nil
        }
        // Without a duration the last step is the best guess.
        let duration = sample.durationTicks > 0 ? sample.durationTicks : isBreak ? 0 : max(0, decoding - track.decoding)
        track.last = max(track.last, sample.position ?? track.last)
        track.decoding = decoding
        track.duration = duration
        track.end = max(track.end, presentation + duration)
        tracks[index] = track
    }

    /// Where the clock jumps, and how far what follows is moved: by one time for all tracks, so that they stay together,
    /// and so far that no track overlaps with itself.
    func shifts() -> ClockShifts {
        var result: [ClockShifts.Shift] = []
        var total = MediaTime.zero
        for group in groups() {
            let after = group.map(\.after).max() ?? 0
            let before = group.map(\.before).min() ?? 0
            let members = Set(group.map(\.track))
            let isBridged = tracks.contains { index, track in
                !members.contains(index) && track.first <= after && track.last >= before
            }
            let moves = group.compactMap { part in
                tracks[part.track].map { MediaTime(ticks: part.end - part.begin, timebase: $0.timebase) }
            }
            guard group.contains(where: \.isCertain), !isBridged, let move = moves.max() else { continue }
            total = result.isEmpty ? move : total + move
            result.append(ClockShifts.Shift(position: before, offset: total))
        }
        return ClockShifts(result)
    }

    /// Breaks of several tracks that can be the same jump: the stretches of the file in which they lie overlap.
    private func groups() -> [[Break]] {
        var result: [[Break]] = []
        var (low, high) = (Int64.min, Int64.min)
        for part in breaks.sorted(by: { ($0.after, $0.before) < ($1.after, $1.before) }) {
            if let group = result.last, part.after < high, part.before > low,
                !group.contains(where: { $0.track == part.track })
            {
                result[result.count - 1].append(part)
                (low, high) = (max(low, part.after), min(high, part.before))
            } else {
                result.append([part])
                (low, high) = (part.after, part.before)
            }
        }
        return result
    }
}

extension ClockJumpFinder.Sample {
    init(_ packet: borrowing Packet) {
        self.init(
            position: packet.position,
            presentationTicks: packet.presentationTicks,
            decodingTicks: packet.decodingTicks,
            durationTicks: packet.durationTicks
        )
    }
}
