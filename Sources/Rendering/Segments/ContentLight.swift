internal import FFmpegKit
internal import Foundation
internal import MediaCore
internal import Stages

/// The content light levels of encoded HDR10, by decoding it.
///
/// An encoder wants the levels before its first frame, so it gets those of the frames that it will be given. What it makes
/// of them differs: single pixels beside hard edges overshoot by a fifth. The joiner writes what was measured.
struct ContentLight: Sendable, Equatable, Codable {
    /// MaxCLL in cd/m².
    var maximum = 0.0
    /// MaxFALL in cd/m².
    var maximumFrameAverage = 0.0

    /// Decodes what an encoder wrote.
    ///
    /// - Parameters:
    ///   - spool: its packets.
    ///   - parameters: its headers.
    ///   - timebase: its timebase.
    ///   - format: its pictures.
    init(decoding spool: String, _ parameters: CodecParameters, timebase: Timebase, format: VideoFormat) throws {
        let meter = ContentLightMeter(format)
        let decoder = try VideoDecoder(parameters: parameters, timebase: timebase)
        let reader = try PacketSpoolReader(path: spool, timebase: timebase)
        func receive() throws {
            while case .frame(let frame) = try decoder.receive() { meter.add(frame) }
        }
        while let packet = try reader.read() {
            while try !decoder.send(packet) { try receive() }
            try receive()
        }
        try decoder.finish()
        try receive()
        maximum = meter.maximum
        maximumFrameAverage = meter.maximumFrameAverage
    }

    /// The levels of several segments together; `nil` unless all were measured.
    init?(of segments: [VideoSink.Result]) {
        guard !segments.isEmpty else { return nil }
        for segment in segments {
            guard let light = segment.contentLight else { return nil }
            maximum = max(maximum, light.maximum)
            maximumFrameAverage = max(maximumFrameAverage, light.maximumFrameAverage)
        }
    }

    /// Puts the measured levels in place of those that the encoder was given; `nil` where it was given none.
    func replacement(in parameters: CodecParameters) -> ContentLightReplacement? {
        ContentLightReplacement(
            in: parameters,
            maximum: Int(min(maximum, 10_000).rounded(.up)),
            frameAverage: Int(min(maximumFrameAverage, 10_000).rounded(.up))
        )
    }
}
