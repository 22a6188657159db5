internal import FFmpegKit
internal import MediaCore

/// Gives the encoded pictures of all segments their times in the result.
struct VideoClock {
    private let order: DecodeOrder
    private let origin: Int64
    private let grid: FrameGrid?

    /// Looks at all pictures.
    ///
    /// - Parameters:
    ///   - segments: what the encoders said, in order.
    ///   - first: what the first of them said.
    ///   - origin: the moment that is 0 in the result.
    ///   - lastDuration: how long the last picture is shown, in the encoders' ticks; 0 when unknown.
    ///   - grid: the numbers of the pictures where the container counts them.
    init(
        _ segments: [(spool: String, result: VideoSink.Result)],
        _ first: VideoSink.Result,
        origin: MediaTime,
        lastDuration: Int64,
        grid: FrameGrid?
    ) {
        self.origin = origin.rescaled(to: first.timebase).ticks
        self.grid = grid
        order = DecodeOrder(
            presentationTicks: segments.flatMap(\.result.presentationTicks),
            lastDuration: lastDuration
        )
    }

    /// Sets the times of a packet.
    ///
    /// - Parameters:
    ///   - packet: a packet with its presentation time of the source.
    ///   - position: its place in decoding order.
    func setTimes(of packet: inout Packet, at position: Int) {
        if let grid {
            // Such a container knows only the order of decoding; players show what they decode at an even pace. Packets go
            // where the picture of the same place in the order of presentation belongs.
            packet.timebase = grid.timebase
            packet.presentationTicks = grid.numbers[position]
            packet.decodingTicks = grid.numbers[position]
            packet.durationTicks = 1
            return
        }
        let ticks = packet.presentationTicks ?? 0
        packet.durationTicks = order.duration(ofPictureAt: ticks)
        packet.presentationTicks = ticks - origin
        packet.decodingTicks = order.decodingTicks(at: position) - origin
    }
}
