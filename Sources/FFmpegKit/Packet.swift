internal import CFFmpeg
public import MediaCore

/// One compressed unit of a stream: a coded picture, a run of audio samples, a subtitle.
///
/// A packet has one owner and moves; `share()` makes a second reference to the same bytes. Structures are recycled, so
/// that reading and writing packets allocates nothing here in steady state.
///
/// Source: `libavcodec/packet.h`.
public struct Packet: ~Copyable, @unchecked Sendable {
    // Safe because: exactly one owner has the pointer at any time, and the bytes behind it are reference-counted and
    // never written after the packet was filled.
    let pointer: UnsafeMutablePointer<AVPacket>

    /// The timebase of `pts`, `dts` and `duration`.
    public var timebase: Timebase

    init(timebase: Timebase) throws(FFmpegError) {
        guard let pointer = packetRecycler.take() ?? av_packet_alloc() else {
            throw FFmpegError(aegis_error_out_of_memory, "av_packet_alloc")
        }
        self.pointer = pointer
        self.timebase = timebase
    }

    /// Makes a packet of bytes that were kept elsewhere.
    ///
    /// - Parameters:
    ///   - count: how many bytes.
    ///   - timebase: the timebase of its times, which are unset.
    ///   - isKeyframe: whether decoding can start here.
    ///   - fill: writes exactly `count` bytes.
    public static func make(
        byteCount count: Int,
        timebase: Timebase,
        isKeyframe: Bool,
        fillingWith fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws -> Packet {
        let packet = try Packet(timebase: timebase)
        try check(av_new_packet(packet.pointer, Int32(count)), "allocate a packet")
        try fill(UnsafeMutableRawBufferPointer(start: packet.pointer.pointee.data, count: count))
        if isKeyframe { packet.pointer.pointee.flags |= AV_PKT_FLAG_KEY }
        return packet
    }

    deinit {
        av_packet_unref(pointer)
        packetRecycler.put(pointer)
    }

    /// A second packet over the same bytes.
    ///
    /// - Throws: ``FFmpegError`` when memory runs out.
    public func share() throws(FFmpegError) -> Packet {
        let copy = try Packet(timebase: timebase)
        try check(av_packet_ref(copy.pointer, pointer), "av_packet_ref")
        return copy
    }

    /// Index of the stream in its container.
    public var streamIndex: Int {
        get { Int(pointer.pointee.stream_index) }
        nonmutating set { pointer.pointee.stream_index = Int32(newValue) }
    }

    /// Presentation time in ticks of `timebase`; `nil` when the container has none.
    public var presentationTicks: Int64? {
        get { pointer.pointee.pts == aegis_no_pts ? nil : pointer.pointee.pts }
        nonmutating set { pointer.pointee.pts = newValue ?? aegis_no_pts }
    }

    /// Decoding time in ticks of `timebase`; `nil` when the container has none.
    public var decodingTicks: Int64? {
        get { pointer.pointee.dts == aegis_no_pts ? nil : pointer.pointee.dts }
        nonmutating set { pointer.pointee.dts = newValue ?? aegis_no_pts }
    }

    /// Duration in ticks of `timebase`; 0 when unknown.
    public var durationTicks: Int64 {
        get { pointer.pointee.duration }
        nonmutating set { pointer.pointee.duration = newValue }
    }

    /// Samples of what this packet decodes to that only fill the codec up: at the beginning and at the end.
    public struct Padding: Sendable, Equatable {
        /// Samples at the beginning.
        public var leading: UInt32 = 0
        /// Samples at the end.
        public var trailing: UInt32 = 0
        /// No padding.
        public init() {}
    }

    /// What players leave out of what this packet decodes to.
    public var padding: Padding {
        get {
            var size = 0
            var padding = Padding()
            guard let data = av_packet_get_side_data(pointer, AV_PKT_DATA_SKIP_SAMPLES, &size), size >= 10 else {
                return padding
            }
            let bytes = UnsafeRawPointer(data)
            padding.leading = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
            padding.trailing = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            return padding
        }
        nonmutating set {
            guard newValue != Padding(), let data = av_packet_new_side_data(pointer, AV_PKT_DATA_SKIP_SAMPLES, 10)
            else {
                return
            }
            let bytes = UnsafeMutableRawPointer(data)
            bytes.initializeMemory(as: UInt8.self, repeating: 0, count: 10)
            bytes.storeBytes(of: newValue.leading.littleEndian, as: UInt32.self)
            bytes.storeBytes(of: newValue.trailing.littleEndian, toByteOffset: 4, as: UInt32.self)
        }
    }

    /// Whether decoding can start here.
    public var isKeyframe: Bool { pointer.pointee.flags & AV_PKT_FLAG_KEY != 0 }

    /// Whether the container says that what this packet decodes to is not to be shown (edit lists).
    public var isDiscarded: Bool { pointer.pointee.flags & AV_PKT_FLAG_DISCARD != 0 }

    /// Whether the demuxer found damage.
    public var isCorrupt: Bool { pointer.pointee.flags & AV_PKT_FLAG_CORRUPT != 0 }

    /// Number of bytes.
    public var byteCount: Int { Int(pointer.pointee.size) }

    /// Where it begins in the file, in bytes; `nil` when the container does not say.
    public var position: Int64? { pointer.pointee.pos >= 0 ? pointer.pointee.pos : nil }

    /// Lends the bytes.
    public func withBytes<R>(_ body: (Span<UInt8>) throws -> R) rethrows -> R {
        try body(UnsafeBufferPointer(start: pointer.pointee.data, count: byteCount).span)
    }

    /// Rescales all three times to another timebase.
    public mutating func rescale(to target: Timebase) {
        guard target != timebase else { return }
        av_packet_rescale_ts(pointer, AVRational(timebase), AVRational(target))
        timebase = target
    }

    /// Moves all times by an offset in ticks of `timebase`.
    public func shift(byTicks offset: Int64) {
        if let ticks = presentationTicks { presentationTicks = ticks + offset }
        if let ticks = decodingTicks { decodingTicks = ticks + offset }
    }
}

let packetRecycler = Recycler<AVPacket>(capacity: 256) { pointer in
    var pointer: UnsafeMutablePointer<AVPacket>? = pointer
    av_packet_free(&pointer)
}
