import FFmpegKit
import MediaCore
import Testing

@testable import Rendering

@Suite struct EncoderSettingsTests {
    private func settings(
        _ file: String,
        codec: OutputCodec? = nil,
        quality: Quality = .high,
        format: PixelFormat = .yuv420p,
        options: [CodecOption] = []
    ) throws -> EncoderSettings {
        try EncoderSettings(
            codec: codec,
            encoderName: nil,
            quality: quality,
            userOptions: options,
            container: try #require(Muxer.Container(fileName: file)),
            format: VideoFormat(width: 64, height: 64, pixelFormat: format)
        )
    }

    @Test(arguments: [
        ("a.mp4", PixelFormat.yuv420p, "libx264"), ("a.mkv", .yuv422p, "libx264"), ("a.mp4", .yuv420p10, "libx265"),
        ("a.webm", .yuv420p, "libsvtav1"), ("a.png", .yuv444p, "png"), ("a.jpg", .yuv420p, "mjpeg"),
        ("a.flv", .yuv420p, "libx264"), ("a.ts", .yuv420p10, "libx265"),
    ])
    func choosesByContainerAndDepth(file: String, format: PixelFormat, expected: String) throws {
        #expect(try settings(file, format: format).encoderName == expected)
    }

    @Test func refusesACodecThatTheContainerCannotHold() throws {
        let error = #expect(throws: RenderError.self) { try settings("a.webm", codec: .hevc) }
        #expect(error?.code == .usage)
    }

    @Test func usersOptionsComeLast() throws {
        let options = try settings("a.mp4", options: [CodecOption("crf", "30")]).options
        #expect(options.last == CodecOption("crf", "30"))
        #expect(options.first == CodecOption("preset", "faster"))
    }

    @Test(arguments: [OutputCodec.h264, .hevc, .av1])
    func everyStepAsksForMoreThanTheOneBelow(codec: OutputCodec) throws {
        let rates = try Quality.allCases.map { quality in
            let options = try settings("a.mkv", codec: codec, quality: quality).options
            let rate = try #require(options.first { $0.name == "crf" })
            return try #require(Int(rate.value))
        }
        #expect(rates == rates.sorted(by: >))
        #expect(Set(rates).count == 4)
    }
}
