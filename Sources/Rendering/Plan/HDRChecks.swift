internal import FFmpegKit
internal import MediaCore

extension RenderPlan {
    /// Refuses pictures whose colours only a Dolby Vision decoder understands: whatever was made of them would be wrong.
    ///
    /// - Throws: ``RenderError`` for Dolby Vision without a base layer that other decoders can show.
    static func refuseDolbyVisionOnly(_ path: String, _ stream: StreamDescription) throws {
        guard let configuration = stream.parameters.dolbyVision, !configuration.hasCompatibleBase else { return }
        throw RenderError(
            .badInput,
            "\(path) is Dolby Vision profile \(configuration.profile), whose colours no other decoder understands",
            remedy: "give a version with an HDR10 or HLG base, profile 8 for example"
        )
    }
}

extension EncoderSettings {
    /// Refuses to put HDR10 that a stage made into a codec that players do not expect it in, or into 8 bits.
    ///
    /// - Parameters:
    ///   - result: what the stages emit.
    ///   - source: what came in; HDR that was there before is left to the user.
    /// - Throws: ``RenderError`` with the remedy.
    func checkHDR10(_ result: VideoFormat, from source: VideoFormat) throws {
        guard result.color.transfer == 16, source.color.transfer != 16 else { return }
        let holdsHDR10 = ["265", "hevc", "av1", "vp9"].contains { encoderName.contains($0) }
        if holdsHDR10 { return }
        throw RenderError(
            .usage,
            "HDR10 cannot be made with \(encoderName)",
            remedy: "use --codec hevc and a name that ends in .mp4 or .mkv, or hdr_processing:target=sdr"
        )
    }
}
