internal import CFFmpeg

/// Puts measured content light levels in place of those that an encoder was given before its first frame.
///
/// They stand beside the stream, and in the bitstream in an SEI message before pictures at which decoding can start: payload
/// type 144 of ITU-T H.265 (D.2.35), four bytes long. Its bytes are replaced where they are.
public struct ContentLightReplacement: Sendable, Equatable {
    private let old: Message
    private let new: Message

    /// Prepares the replacement.
    ///
    /// - Parameters:
    ///   - parameters: what the encoder said; `nil` is made of those that carry no levels.
    ///   - maximum: MaxCLL in cd/m², 1...10 000.
    ///   - frameAverage: MaxFALL in cd/m², 1...10 000.
    public init?(in parameters: CodecParameters, maximum: Int, frameAverage: Int) {
        guard let metadata = parameters.hdrMetadata, let oldMaximum = metadata.maximumContentLightLevel else {
            return nil
        }
        old = Message(maximum: oldMaximum, frameAverage: metadata.maximumFrameAverageLightLevel ?? 0)
        new = Message(maximum: maximum, frameAverage: frameAverage)
    }

    /// The same stream with the new levels.
    ///
    /// - Throws: ``FFmpegError`` when memory runs out.
    public func apply(to parameters: CodecParameters) throws(FFmpegError) -> CodecParameters {
        let metadata = HDRMetadata(
            masteringDisplay: parameters.hdrMetadata?.masteringDisplay,
            maximumContentLightLevel: new.maximum,
            maximumFrameAverageLightLevel: new.frameAverage
        )
        let others = parameters.sideData.filter {
            $0.type != AV_PKT_DATA_CONTENT_LIGHT_LEVEL && $0.type != AV_PKT_DATA_MASTERING_DISPLAY_METADATA
        }
        let copy = try CodecParameters(copying: parameters.pointer, sideData: others + metadata.sideData)
        apply(
            to: UnsafeMutableRawBufferPointer(
                start: copy.pointer.pointee.extradata,
                count: Int(copy.pointer.pointee.extradata_size)
            )
        )
        return copy
    }

    /// Replaces the message in front of a coded picture, or among headers; without one nothing changes.
    public func apply(to bytes: UnsafeMutableRawBufferPointer) {
        // Messages come before the picture, together with parameter sets of some hundred bytes at most.
        let (pattern, count) = (old.bytes, min(bytes.count, 4096))
        guard old != new, count >= pattern.count else { return }
        for start in 0...(count - pattern.count) where bytes[start] == pattern[0] {
            guard pattern.indices.allSatisfy({ bytes[start + $0] == pattern[$0] }) else { continue }
            for (offset, byte) in new.bytes.enumerated() { bytes[start + offset] = byte }
            return
        }
    }

    private struct Message: Sendable, Equatable {
        let maximum: Int
        let frameAverage: Int

        init(maximum: Int, frameAverage: Int) {
            // Two zero bytes before one below 4 would need an emulation prevention byte, and the message another length.
            let needsByte = maximum & 0xFF == 0 && frameAverage < 4
            self.maximum = min(max(maximum + (needsByte ? 1 : 0), 0), 0xFFFF)
            self.frameAverage = min(max(frameAverage, 0), 0xFFFF)
        }

        /// Payload type, payload size, the levels.
        var bytes: [UInt8] {
            [
                144, 4, UInt8(maximum >> 8), UInt8(maximum & 0xFF), UInt8(frameAverage >> 8),
                UInt8(frameAverage & 0xFF),
            ]
        }
    }
}
