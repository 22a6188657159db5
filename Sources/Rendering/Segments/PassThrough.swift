internal import FFmpegKit
internal import MediaCore

/// The streams of a file that are not processed: copied packet by packet, or rewritten where the container of the
/// result cannot hold their codec.
///
/// Confined to one thread. Reads the source a second time, beside the joiner, so that memory stays constant.
final class PassThrough {
    /// What happens to one stream.
    private enum Treatment {
        case copy
        case sound(AudioDecoder, AudioResampler, AudioEncoder)
        case text(SubtitleConverter)
    }

    private struct Route {
        let stream: StreamDescription
        let treatment: Treatment
        let outputIndex: Int
    }

    private let demuxer: Demuxer
    private let range: TimeRange
    private var routes: [Int: Route] = [:]
    private var sounds: [SpooledSound] = []
    private var pending: Packet?
    private var isAtEnd = false
    /// What the user should know: streams left out or rewritten, and why.
    private(set) var notices: [String] = []
    /// Why reading stopped before the end, if it did.
    private(set) var readFailure: FFmpegError?

    init(path: String, range: TimeRange, clockShifts: ClockShifts, interrupt: Demuxer.Interrupt) throws {
        demuxer = try Demuxer(path: path, examination: .thorough, interrupt: interrupt)
        demuxer.clockShifts = clockShifts
        self.range = range
    }

    /// Adds one stream to the result, or notes why it is left out.
    func add(_ stream: StreamDescription, to muxer: Muxer) throws {
        let container = muxer.container
        let codec = stream.parameters.codecName
        let label = "\(stream.kind.rawValue) stream \(stream.index) (\(codec))"
        if stream.kind == .data {
            // Timecode tracks are made again by the muxer from their tags; other data has no meaning elsewhere.
            notices.append("\(label) is left out: only picture, sound, subtitles and attachments are carried over")
            return
        }
        guard stream.parameters.isKnown else {
            notices.append("\(label) is left out: nothing of it was found where the file was examined")
            return
        }
        if stream.kind == .video, stream.parameters.videoFormat?.isUpright == false, !container.holdsDisplayMatrix {
            notices.append(
                "\(label) is seen turned or mirrored from now on: the container cannot say how it is meant; with --codec "
                    + "or a stage the picture itself is turned"
            )
        }
        if let immersive = stream.parameters.immersiveMetadata, !container.holdsImmersiveMetadata {
            notices.append(immersive.containerNotice(for: label))
        }
        let canCopy = container.canHold(codecNamed: codec) || stream.kind == .attachment && container.name == "matroska"
        if canCopy {
            try route(stream, .copy, stream.parameters, stream.timebase, muxer)
            return
        }
        do {
            switch stream.kind {
            case .audio:
                guard let target = container.defaultAudioCodec, let sound = stream.parameters.audioDescription else {
                    throw RenderError(.usage, "no audio codec fits")
                }
                let decoder = try AudioDecoder(stream: stream)
                let encoder = try AudioEncoder(
                    codecName: target,
                    sampleRate: sound.sampleRate,
                    channelLayout: sound.channelLayout,
                    usesGlobalHeader: container.usesGlobalHeader
                )
                let resampler = try AudioResampler(to: encoder.inputFormat)
                try route(
                    stream,
                    .sound(decoder, resampler, encoder),
                    try encoder.parameters(),
                    encoder.timebase,
                    muxer
                )
                notices.append("\(label) is encoded anew as \(target): the container cannot hold it as it is")
            case .subtitle:
                guard let target = container.defaultSubtitleCodec else {
                    throw RenderError(.usage, "the container holds no subtitles")
                }
                let converter = try SubtitleConverter(stream: stream, to: target)
                try route(stream, .text(converter), try converter.parameters(), stream.timebase, muxer)
                notices.append("\(label) is rewritten as \(target): the container cannot hold it as it is")
            default:
                throw RenderError(.usage, "the container cannot hold it")
            }
        } catch {
            notices.append("\(label) is left out: \(error)")
        }
    }

    private func route(
        _ stream: StreamDescription,
        _ treatment: Treatment,
        _ parameters: CodecParameters,
        _ timebase: Timebase,
        _ muxer: Muxer
    ) throws {
        let index = try muxer.addStream(
            parameters,
            timebase: timebase,
            averageFrameRate: stream.averageFrameRate,
            disposition: stream.disposition,
            metadata: stream.metadata.withoutStaleTags
        )
        routes[stream.index] = Route(stream: stream, treatment: treatment, outputIndex: index)
    }

    /// Adds a track that was processed, in the place of the stream that it was made of.
    func add(_ sound: EncodedSound, as stream: StreamDescription, to muxer: Muxer) throws {
        let index = try muxer.addStream(
            sound.parameters,
            timebase: sound.timebase,
            disposition: stream.disposition,
            metadata: stream.metadata.withoutStaleTags
        )
        sounds.append(try SpooledSound(sound, outputIndex: index))
    }

    private static let subtitleNotice = "some subtitles could not be rewritten and are left out"

    /// Call once after all streams were added.
    func start() { demuxer.select(streams: Set(routes.keys)) }

    /// Writes everything whose decoding time in the result is not later than `time`.
    func advance(upTo time: MediaTime, into muxer: Muxer) throws {
        for sound in sounds { try sound.advance(upTo: time, into: muxer) }
        while let packet = try nextPacket() {
            if let decoding = packet.decodingTime(from: range.origin), decoding > time {
                pending = consume packet
                return
            }
            try handle(packet, muxer)
        }
    }

    /// Writes everything that is left.
    func finish(into muxer: Muxer) throws {
        while let packet = try nextPacket() {
            if let decoding = packet.decodingTime(from: range.origin) {
                for sound in sounds { try sound.advance(upTo: decoding, into: muxer) }
            }
            try handle(packet, muxer)
        }
        for sound in sounds { try sound.advance(upTo: nil, into: muxer) }
        for route in routes.values.sorted(by: { $0.outputIndex < $1.outputIndex }) {
            guard case .sound(let decoder, let resampler, let encoder) = route.treatment else { continue }
            try decoder.finish()
            try encode(decoder, resampler, encoder, route, muxer)
            if let rest = try resampler.convert(nil) { try encoder.send(rest) }
            try encoder.finish()
            try write(encoder, route, muxer)
        }
        if let notice = demuxer.lateNotice { notices.append(notice) }
    }

    private func nextPacket() throws -> Packet? {
        if let packet = pending.take() { return packet }
        guard !isAtEnd, !routes.isEmpty else { return nil }
        do {
            if let packet = try demuxer.read() { return packet }
        } catch {
            if FFmpegError.Code.interrupted ~= error { throw error }
            readFailure = error
        }
        isAtEnd = true
        return nil
    }

    private func handle(_ packet: consuming Packet, _ muxer: Muxer) throws {
        guard let route = routes[packet.streamIndex] else { return }
        switch route.treatment {
        case .copy:
            guard range.contains(packet) || route.stream.isAttachedPicture else { return }
            packet.shift(byTicks: -range.origin.rescaled(to: packet.timebase).ticks)
            if route.stream.kind == .subtitle { packet.beginAtZero() }
            packet.streamIndex = route.outputIndex
            try muxer.write(packet)
        case .sound(let decoder, let resampler, let encoder):
            guard range.contains(packet) else { return }
            packet.shift(byTicks: -range.origin.rescaled(to: packet.timebase).ticks)
            try decoder.send(packet)
            try encode(decoder, resampler, encoder, route, muxer)
        case .text(let converter):
            guard range.contains(packet) else { return }
            guard let converted = try rewrite(packet, by: converter) else { return }
            converted.shift(byTicks: -range.origin.rescaled(to: converted.timebase).ticks)
            converted.beginAtZero()
            converted.streamIndex = route.outputIndex
            try muxer.write(converted)
        }
    }

    /// One subtitle that cannot be rewritten is no reason to lose the film.
    private func rewrite(_ packet: borrowing Packet, by converter: SubtitleConverter) throws -> Packet? {
        do {
            return try converter.convert(packet)
        } catch {
            if FFmpegError.Code.outOfMemory ~= error { throw error }
            if !notices.contains(Self.subtitleNotice) { notices.append(Self.subtitleNotice) }
            return nil
        }
    }

    private func encode(
        _ decoder: AudioDecoder,
        _ resampler: AudioResampler,
        _ encoder: AudioEncoder,
        _ route: Route,
        _ muxer: Muxer
    ) throws {
        while let frame = try decoder.receive() {
            if let converted = try resampler.convert(frame) { try encoder.send(converted) }
            try write(encoder, route, muxer)
        }
    }

    private func write(_ encoder: AudioEncoder, _ route: Route, _ muxer: Muxer) throws {
        while let packet = try encoder.receive() {
            packet.streamIndex = route.outputIndex
            try muxer.write(packet)
        }
    }
}

/// The part of the source that becomes the result.
struct TimeRange: Sendable {
    /// The moment of the source that is 0 in the result.
    let origin: MediaTime
    /// First moment wanted; `nil` for the beginning.
    let start: MediaTime?
    /// First moment not wanted; `nil` for the end.
    let end: MediaTime?

    /// Whether any of the packet's time is wanted.
    func contains(_ packet: borrowing Packet) -> Bool {
        guard let ticks = packet.presentationTicks ?? packet.decodingTicks else { return true }
        let begin = MediaTime(ticks: ticks, timebase: packet.timebase)
        if let end, begin >= end { return false }
        guard let start else { return true }
        return MediaTime(ticks: ticks + max(1, packet.durationTicks), timebase: packet.timebase) > start
    }
}

extension Packet {
    /// Cuts off what lies before the beginning of the result: a container that allows no negative times would move every
    /// other stream instead.
    fileprivate func beginAtZero() {
        guard let ticks = presentationTicks, ticks < 0 else { return }
        durationTicks = max(1, durationTicks + ticks)
        presentationTicks = 0
        decodingTicks = 0
    }

    /// The decoding time after the origin was moved to 0.
    fileprivate func decodingTime(from origin: MediaTime) -> MediaTime? {
        (decodingTicks ?? presentationTicks).map { MediaTime(ticks: $0, timebase: timebase) - origin }
    }
}

extension [String: String] {
    /// Tags that describe the source file's own bytes and would be wrong in another file.
    var withoutStaleTags: [String: String] {
        filter { key, _ in
            let name = key.uppercased()
            return !["ENCODER", "MAJOR_BRAND", "MINOR_VERSION", "COMPATIBLE_BRANDS", "DURATION", "BPS"].contains(name)
                && !name.hasPrefix("_STATISTICS") && !name.hasPrefix("NUMBER_OF_") && !name.hasPrefix("BPS-")
                && !name.hasPrefix("DURATION-")
        }
    }
}

extension Demuxer {
    /// What the user should know about streams that begin where nobody expected them; `nil` when there are none.
    var lateNotice: String? {
        if lateStreams.isEmpty { return nil }
        let what = lateStreams.count == 1 ? "a stream is" : "\(lateStreams.count) streams are"
        return "\(what) left out: \(path) says nothing of it before its first packet comes"
    }
}
