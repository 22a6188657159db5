internal import FFmpegKit
internal import MediaCore
internal import Pipeline
internal import Stages

/// Encodes processed sound into a file of packets, and measures what a player will hear: every packet is decoded again.
///
/// Confined to one thread.
final class SoundWriter {
    private let encoder: AudioEncoder
    private let converter: AudioResampler
    private let spool: PacketSpoolWriter
    private let decoder: AudioDecoder
    private let decoded: AudioResampler
    private let meter: SoundMeter
    private let format: AudioFormat
    private var planes: [[Float]]
    private let spoolPath: String
    private let parameters: CodecParameters

    init(
        _ settings: SoundEncoderSettings,
        format: AudioFormat,
        usesGlobalHeader: Bool,
        spoolPath: String
    ) throws {
        self.format = format
        self.spoolPath = spoolPath
        encoder = try AudioEncoder(
            codecName: settings.codecName,
            sampleRate: format.sampleRate,
            channelLayout: settings.channelLayout,
            bitRate: settings.bitRate,
            depth: settings.depth,
            usesGlobalHeader: usesGlobalHeader
        )
        converter = try AudioResampler(to: encoder.inputFormat, dithers: true)
        parameters = try encoder.parameters()
        spool = try PacketSpoolWriter(path: spoolPath)
        decoder = try AudioDecoder(parameters, timebase: encoder.timebase)
        var heard = encoder.inputFormat
        heard.sampleFormat = .floatPlanar
        decoded = try AudioResampler(to: heard)
        let channels = heard.channels ?? [.front]
        planes = channels.map { _ in [] }
        meter = try AudioTrack(format: heard, channels: channels, scratchPrefix: "").makeLoudnessMeter()
    }

    /// What the encoder takes: another layout or rate than the source's where the codec cannot say that.
    var encodedFormat: AudioFormat { encoder.inputFormat }

    /// Adds a block at its place.
    func write(_ block: AudioBlock) throws {
        guard block.count > 0 else { return }
        let frame = try AudioFrame.make(block.planes, count: block.count, format: format, ticks: block.position)
        if let converted = try converter.convert(frame) { try encoder.send(converted) }
        try takePackets()
    }

    /// Ends the file.
    func finish() throws -> EncodedSound {
        if let rest = try converter.convert(nil) { try encoder.send(rest) }
        try encoder.finish()
        try takePackets()
        try decoder.finish()
        try measure()
        try spool.finish()
        return EncodedSound(
            spoolPath: spoolPath,
            parameters: parameters,
            timebase: encoder.timebase,
            format: encoder.inputFormat,
            measurement: meter.measurement
        )
    }

    private func takePackets() throws {
        while let packet = try encoder.receive() {
            try spool.write(packet)
            try decoder.send(packet)
            try measure()
        }
    }

    private func measure() throws {
        while let frame = try decoder.receive() {
            guard let sound = try decoded.convert(frame) else { continue }
            let count = sound.sampleCount
            for channel in planes.indices {
                sound.withFloatChannel(channel) { samples in
                    samples.withUnsafeBufferPointer { samples in
                        if planes[channel].count < count { planes[channel] = [Float](repeating: 0, count: count) }
                        planes[channel].withUnsafeMutableBufferPointer { target in
                            if let from = samples.baseAddress { target.baseAddress?.update(from: from, count: count) }
                        }
                    }
                }
            }
            meter.add(planes, count: count)
        }
    }
}

/// A track that was processed and encoded.
struct EncodedSound: Sendable {
    /// Its packets.
    let spoolPath: String
    /// What the container must know.
    let parameters: CodecParameters
    /// Seconds a tick of the packets' times.
    let timebase: Timebase
    /// What was encoded.
    let format: AudioFormat
    /// What a player hears.
    let measurement: SoundMeasurement
}
