internal import FFmpegKit
internal import Foundation
internal import MediaCore

/// A file of encoded packets: what a segment's encoder leaves for the joiner.
///
/// Records of a fixed header (byte count, flags, presentation time, duration) and the packet's bytes. Decoding times are not kept,
/// because the joiner makes new ones (``DecodeOrder``). The parameters of the stream stay in memory.
final class PacketSpoolWriter {
    private let handle: UnsafeMutablePointer<FILE>
    private let path: String
    /// Presentation times in the order of writing.
    private(set) var presentationTicks: [Int64] = []

    init(path: String) throws {
        self.path = path
        guard let handle = fopen(path, "wbe") else { throw RenderError.cannotWrite(path, errno) }
        self.handle = handle
        setvbuf(handle, nil, _IOFBF, 1 << 18)
    }

    deinit { fclose(handle) }

    func write(_ packet: borrowing Packet) throws {
        let ticks = packet.presentationTicks ?? 0
        presentationTicks.append(ticks)
        var header = SpoolHeader(
            byteCount: Int64(packet.byteCount),
            ticks: ticks,
            duration: packet.durationTicks,
            flags: packet.isKeyframe ? 1 : 0,
            padding: packet.padding
        )
        let isWritten = withUnsafeBytes(of: &header) { fwrite($0.baseAddress, $0.count, 1, handle) } == 1
        let count = packet.byteCount
        let isBodyWritten = packet.withBytes { bytes in
            bytes.withUnsafeBufferPointer { count == 0 || fwrite($0.baseAddress, count, 1, handle) == 1 }
        }
        guard isWritten, isBodyWritten else { throw RenderError.cannotWrite(path, errno) }
    }

    func finish() throws {
        guard fflush(handle) == 0 else { throw RenderError.cannotWrite(path, errno) }
    }
}

/// Reads what a ``PacketSpoolWriter`` wrote.
final class PacketSpoolReader {
    private let handle: UnsafeMutablePointer<FILE>
    private let path: String
    private let timebase: Timebase
    /// What is put into keyframes on the way.
    private let light: ContentLightReplacement?

    init(path: String, timebase: Timebase, light: ContentLightReplacement? = nil) throws {
        self.path = path
        self.timebase = timebase
        self.light = light
        guard let handle = fopen(path, "rbe") else { throw RenderError(.failed, "cannot read back \(path)") }
        self.handle = handle
        setvbuf(handle, nil, _IOFBF, 1 << 18)
    }

    deinit { fclose(handle) }

    /// The next packet, without a decoding time; `nil` at the end.
    func read() throws -> Packet? {
        var header = SpoolHeader(byteCount: 0, ticks: 0, duration: 0, flags: 0, padding: .init())
        guard withUnsafeMutableBytes(of: &header, { fread($0.baseAddress, $0.count, 1, handle) }) == 1 else {
            return nil
        }
        let packet = try Packet.make(
            byteCount: Int(header.byteCount),
            timebase: timebase,
            isKeyframe: header.flags & 1 != 0
        ) { buffer in
            guard buffer.isEmpty || fread(buffer.baseAddress, buffer.count, 1, handle) == 1 else {
                throw RenderError(.failed, "\(path) ends in the middle of a packet")
            }
            if header.flags & 1 != 0 { light?.apply(to: buffer) }
        }
        packet.presentationTicks = header.ticks
        packet.durationTicks = header.duration
        packet.padding = header.padding
        return packet
    }
}

private struct SpoolHeader {
    var byteCount: Int64
    var ticks: Int64
    var duration: Int64
    var flags: Int64
    var padding: Packet.Padding
}

extension RenderError {
    /// The output cannot be written, with the system's reason.
    static func cannotWrite(_ path: String, _ number: Int32) -> RenderError {
        let reason = String(cString: strerror(number))
        return RenderError(
            .cannotWrite,
            "cannot write \(path) (\(reason))",
            remedy: number == ENOSPC
                ? "free some space or choose another place" : "check the folder and its permissions"
        )
    }
}
