internal import FFmpegKit
internal import MediaCore

/// What reading all packets of a file tells, without decoding one.
struct InputScan {
    /// The frames of the wanted stream; `nil` when none is processed.
    let table: FrameTable?
    /// How packets are moved because the file's clock jumps.
    let clockShifts: ClockShifts

    /// Reads a file to its end.
    ///
    /// - Parameters:
    ///   - demuxer: the freshly opened file; it is at its end afterwards.
    ///   - stream: the stream whose frames are wanted, or `nil`.
    ///   - interrupt: raised by another thread to stop reading.
    /// - Throws: ``FFmpegError`` when interrupted.
    init(_ demuxer: Demuxer, stream: StreamDescription?, interrupt: Demuxer.Interrupt) throws {
        guard demuxer.clockMayJump, let clock = stream ?? demuxer.streams.first(where: \.hasClock) else {
            table = try stream.map { try FrameTable(scanning: demuxer, stream: $0) }
            clockShifts = ClockShifts()
            return
        }
        var finder = ClockJumpFinder()
        let others = demuxer.streams.filter(\.hasClock).map(\.index)
        let asRead = try FrameTable(scanning: demuxer, stream: clock, along: Set(others)) { packet in
            finder.add(ClockJumpFinder.Sample(packet), track: packet.streamIndex, timebase: packet.timebase)
        }
        clockShifts = finder.shifts()
        if stream != nil, !clockShifts.isEmpty {
            // Only now is it known what the times should have been.
            let again = try Demuxer(path: demuxer.path, interrupt: interrupt)
            again.clockShifts = clockShifts
            table = try FrameTable(scanning: again, stream: clock)
        } else {
            table = stream == nil ? nil : asRead
        }
    }
}

extension StreamDescription {
    /// Whether its packets follow each other closely enough to tell how the file's clock runs.
    fileprivate var hasClock: Bool { (kind == .video || kind == .audio) && !isAttachedPicture }
}

extension ClockShifts {
    /// What the user should know about them; `nil` when there are none.
    func notice(for path: String) -> String? {
        guard let first = shifts.first else { return nil }
        let many = shifts.count > 1 ? "\(shifts.count) times, first by" : "by"
        let seconds = (-first.offset.seconds * 1000).rounded() / 1000
        return "the clock of \(path) jumps \(many) \(seconds) s: what follows was moved so that the film goes on "
            + "without a break"
    }
}
