internal import FFmpegKit
internal import MediaCore

/// The packets of a track that was processed, on their way into the result. Confined to one thread.
final class SpooledSound {
    private let reader: PacketSpoolReader
    private let outputIndex: Int
    private let timebase: Timebase
    private var pending: Packet?

    init(_ sound: EncodedSound, outputIndex: Int) throws {
        reader = try PacketSpoolReader(path: sound.spoolPath, timebase: sound.timebase)
        self.outputIndex = outputIndex
        timebase = sound.timebase
    }

    /// Writes everything that is not later than a moment of the result; everything when it is `nil`.
    func advance(upTo time: MediaTime?, into muxer: Muxer) throws {
        while let packet = try pending.take() ?? reader.read() {
            let ticks = packet.presentationTicks ?? 0
            if let time, MediaTime(ticks: ticks, timebase: timebase) > time {
                pending = consume packet
                return
            }
            packet.decodingTicks = ticks
            packet.streamIndex = outputIndex
            try muxer.write(packet)
        }
    }
}
