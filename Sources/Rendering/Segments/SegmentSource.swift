internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// The decoded frames of one segment, pre-roll included, in presentation order.
///
/// Confined to one thread. Opens the file for itself, so that segments are read side by side.
final class SegmentSource {
    private let path: String
    private let segment: Segment
    private let clockShifts: ClockShifts
    private let stream: StreamDescription
    private let interrupt: Demuxer.Interrupt
    /// The format that the stages agreed on; frames that differ (a size change in mid-stream) are converted to it.
    private let expectedFormat: VideoFormat?
    private var adapter: (source: VideoFormat, graph: VideoFilterGraph)?
    private let threadCount: Int
    private let acceleration: VideoDecoder.Acceleration
    private var demuxer: Demuxer
    private var decoder: VideoDecoder
    private var pendingPacket: Packet?
    /// Packets before the keyframe of this time are read and thrown away, where the container cannot find it.
    private var firstKeyframe: Int64?
    private var hasReachedEnd = false
    private var isFinished = false
    /// How many frames beyond the segment's end the stages still need to finish the last ones.
    private var framesAfterEnd: Int
    private var hasDecoded = false
    /// How far before the planned place the reader went back because the container's index was not exact.
    private var stepsBack = 0
    private var lastTicks: Int64?
    private var nominalDuration: Int64

    /// Frames that were decoded for nothing: before the segment and its pre-roll.
    private(set) var unusedFrames = 0
    /// Frames that were left out because the one before has the same time or a later one.
    private(set) var repeatedFrames = 0
    /// Frames that the decoder patched up.
    private(set) var damagedFrames = 0
    /// Why reading stopped before the end of the file, if it did.
    private(set) var readFailure: FFmpegError?

    init(
        path: String,
        stream: StreamDescription,
        segment: Segment,
        clockShifts: ClockShifts = ClockShifts(),
        expectedFormat: VideoFormat?,
        lookAheadFrames: Int = 0,
        threadCount: Int,
        acceleration: VideoDecoder.Acceleration,
        interrupt: Demuxer.Interrupt
    ) throws {
        self.path = path
        self.segment = segment
        self.clockShifts = clockShifts
        self.expectedFormat = expectedFormat
        framesAfterEnd = lookAheadFrames
        self.stream = stream
        self.interrupt = interrupt
        self.threadCount = threadCount
        self.acceleration = acceleration
        let rate = stream.averageFrameRate ?? Rational(25, 1)
        nominalDuration = max(
            1,
            MediaTime(ticks: Int64(rate.denominator), timebase: Timebase(1, rate.numerator))
                .rescaled(to: stream.timebase).ticks
        )
        demuxer = try Demuxer(path: path, interrupt: interrupt)
        decoder = try VideoDecoder(stream: stream, threadCount: threadCount, acceleration: acceleration)
        demuxer.select(streams: [stream.index])
        demuxer.clockShifts = clockShifts
        if let ticks = segment.seekTicks {
            if clockShifts.isEmpty {
                try seek(to: ticks)
            } else {
                // The container searches by a clock that runs backwards somewhere; reading past the rest is cheap.
                firstKeyframe = ticks
            }
        }
    }

    /// Goes to a keyframe, by reading where the container cannot search.
    private func seek(to ticks: Int64) throws {
        do {
            try demuxer.seek(toTicks: ticks, stream: stream.index)
        } catch {
            if FFmpegError.Code.interrupted ~= error { throw error }
            try beginAnew()
            firstKeyframe = ticks
        }
    }

    /// The first moment whose frames are wanted, pre-roll included.
    private var firstWanted: Int64? { segment.preRollStart ?? segment.start }

    /// Packets that the decoder refused.
    var damagedPackets: Int { decoder.damagedPacketCount }

    /// The next frame; `nil` at the end of the segment.
    func next() throws -> VideoFrame? {
        while !isFinished {
            switch try decoder.receive() {
            case .frame(let frame):
                if let kept = try accept(frame) { return kept }
            case .needsInput:
                try feed()
            case .finished:
                isFinished = true
            }
        }
        return nil
    }

    private func feed() throws {
        if hasReachedEnd {
            try decoder.finish()
            return
        }
        guard let packet = try nextPacket() else {
            hasReachedEnd = true
            return
        }
        let isTaken = try decoder.send(packet)
        if !isTaken { pendingPacket = consume packet }
    }

    private func nextPacket() throws -> Packet? {
        if let packet = pendingPacket.take() { return packet }
        do {
            while let packet = try demuxer.read() {
                if let wanted = firstKeyframe {
                    guard packet.isKeyframe, let ticks = packet.presentationTicks, ticks >= wanted else { continue }
                    firstKeyframe = nil
                }
                return packet
            }
            return nil
        } catch {
            if FFmpegError.Code.interrupted ~= error { throw error }
            // What is there is rendered; the job warns about the rest.
            readFailure = error
            return nil
        }
    }

    /// Decides about a decoded frame: `nil` when it is not wanted.
    private func accept(_ frame: consuming VideoFrame) throws -> VideoFrame? {
        let ticks = frame.presentationTicks ?? lastTicks.map { $0 + nominalDuration } ?? stream.startTicks ?? 0
        if !hasDecoded {
            hasDecoded = true
            // The container's index was not exact and the first frame is too late: start further back.
            if let wanted = firstWanted, let seek = segment.seekTicks, ticks > wanted, stepsBack < 3 {
                try goBack(from: seek)
                return nil
            }
        }
        if let wanted = firstWanted, ticks < wanted {
            unusedFrames += 1
            return nil
        }
        if let end = segment.end, ticks >= end {
            guard framesAfterEnd > 0 else {
                isFinished = true
                return nil
            }
            framesAfterEnd -= 1
        }
        if let lastTicks, ticks <= lastTicks {
            repeatedFrames += 1
            return nil
        }
        lastTicks = ticks
        if frame.isDamaged { damagedFrames += 1 }
        let timed =
            frame.presentationTicks == ticks
            ? frame : VideoFrame.retimed(frame, to: MediaTime(ticks: ticks, timebase: stream.timebase))
        return try adapt(timed)
    }

    /// Brings a frame whose size or layout changed in mid-stream to what was agreed.
    private func adapt(_ frame: consuming VideoFrame) throws -> VideoFrame? {
        let format = frame.format
        guard let expectedFormat, let graph = FormatConversion.graph(from: format, to: expectedFormat) else {
            return frame
        }
        if adapter?.source != format {
            let made = try VideoFilterGraph(
                graph,
                input: format,
                timebase: frame.timebase,
                accepted: [expectedFormat.pixelFormat],
                outputOrientation: expectedFormat.orientation,
                isOutputMirrored: expectedFormat.isMirrored
            )
            adapter = (format, made)
        }
        try adapter?.graph.send(frame)
        return try adapter?.graph.receive()
    }

    /// Reads from the beginning of the file.
    private func beginAnew() throws {
        demuxer = try Demuxer(path: path, interrupt: interrupt)
        demuxer.select(streams: [stream.index])
        demuxer.clockShifts = clockShifts
        firstKeyframe = nil
    }

    private func goBack(from seek: Int64) throws {
        stepsBack += clockShifts.isEmpty ? 1 : 3
        hasDecoded = false
        hasReachedEnd = false
        pendingPacket = nil
        decoder = try VideoDecoder(stream: stream, threadCount: threadCount, acceleration: acceleration)
        if stepsBack < 3 {
            let step = MediaTime(ticks: Int64(2 * stepsBack), timebase: Timebase(1, 1)).rescaled(to: stream.timebase)
            try self.seek(to: seek - step.ticks)
        } else {
            try beginAnew()
        }
    }
}
