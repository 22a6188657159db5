import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import FFmpegKit

/// Decoders, encoders, filters and containers on clips that the `ffmpeg` tool makes and reads.
@Suite(.serialized) struct CodingTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        FFmpegLibraries.setLogLevel(.silent)
    }

    private func clip(
        _ name: String,
        _ options: [String],
        source: String = "testsrc2=s=96x64:r=25:d=1"
    ) throws -> String {
        try MediaTools.make(folder.file(name), ["-f", "lavfi", "-i", source] + options)
        return folder.file(name)
    }

    /// Decodes everything and gives each frame's time.
    private func decode(_ path: String, threads: Int = 1) throws -> [Int64] {
        let demuxer = try Demuxer(path: path)
        let stream = try #require(demuxer.bestVideoStream)
        demuxer.select(streams: [stream.index])
        let decoder = try VideoDecoder(stream: stream, threadCount: threads)
        var times: [Int64] = []
        func drain() throws {
            while true {
                switch try decoder.receive() {
                case .frame(let frame): times.append(frame.presentationTicks ?? -1)
                default: return
                }
            }
        }
        while let packet = try demuxer.read() {
            while try !decoder.send(packet) { try drain() }
            try drain()
        }
        try decoder.finish()
        try drain()
        return times
    }

    @Test(arguments: [1, 2])
    func decodesInPresentationOrder(threads: Int) throws {
        let path = try clip("b.mp4", ["-c:v", "libx264", "-bf", "3", "-g", "10"])
        #expect(try decode(path, threads: threads) == (0..<25).map { Int64($0) * 512 })
    }

    @Test func describesStreamsAsFFprobeDoes() throws {
        let path = try clip(
            "d.mkv",
            [
                "-f", "lavfi", "-i", "sine=d=1", "-c:v", "libx264", "-c:a", "aac", "-colorspace", "bt709",
                "-metadata:s:a",
                "language=ita", "-metadata", "title=Prova",
            ]
        )
        let demuxer = try Demuxer(path: path)
        let described = try MediaTools.streams(path)
        #expect(demuxer.streams.map(\.parameters.codecName) == described.map { $0["codec_name"] })
        #expect(demuxer.streams.map(\.kind) == [.video, .audio])
        #expect(demuxer.streams[0].parameters.videoFormat?.width == 96)
        #expect(demuxer.streams[0].parameters.videoFormat?.color.matrix == 1)
        #expect(demuxer.streams[0].averageFrameRate == Rational(25, 1))
        #expect(demuxer.streams[1].metadata["language"] == "ita")
        #expect(demuxer.metadata["title"] == "Prova")
        #expect(demuxer.streams[1].parameters.audioDescription?.sampleRate == 44_100)
    }

    @Test func seeksToTheKeyframeBefore() throws {
        let path = try clip("s.mp4", ["-c:v", "libx264", "-g", "5", "-bf", "0"])
        let demuxer = try Demuxer(path: path)
        try demuxer.seek(toTicks: 12 * 512 + 3, stream: 0)
        guard let packet = try demuxer.read() else {
            Issue.record("nothing to read after the seek")
            return
        }
        let (ticks, isKeyframe) = (packet.presentationTicks, packet.isKeyframe)
        #expect(ticks == 5120)
        #expect(isKeyframe)
    }

    @Test func interruptStopsReading() throws {
        let path = try clip("i.mp4", ["-c:v", "libx264"])
        let interrupt = Demuxer.Interrupt()
        let demuxer = try Demuxer(path: path, interrupt: interrupt)
        interrupt.raise()
        #expect(interrupt.isRaised)
        // Small files are buffered: whatever comes, it must end.
        for _ in 0..<100 { guard let packet = try? demuxer.read() else { break }; _ = packet.byteCount }
    }

    @Test(arguments: ["http://127.0.0.1:9/x.mp4", "concat:a|b", "tcp://127.0.0.1:9", "lavfi:testsrc"])
    func pathsAreNeverURLs(path: String) {
        #expect { _ = try Demuxer(path: path) } throws: { FFmpegError.Code.noSuchFile ~= $0 }
    }

    @Test(arguments: [
        ("libx264", PixelFormat.yuv420p, "yuv420p"), ("libx264", .yuv444p, "yuv444p"), ("libx264", .nv12, "nv12"),
        ("libx265", .yuv420p10, "yuv420p10le"), ("libsvtav1", .yuv420p, "yuv420p"), ("libsvtav1", .yuv444p, "yuv420p"),
        ("png", .yuv444p, "rgb24"), ("mjpeg", .yuv420p, "yuvj420p"), ("ffv1", .gray, "gray"),
    ])
    func encodersGetTheLayoutTheyNeed(encoder: String, layout: PixelFormat, expected: String) throws {
        let format = VideoFormat(width: 64, height: 64, pixelFormat: layout, color: .bt709)
        var configuration = VideoEncoder.Configuration(
            encoderName: encoder,
            format: format,
            timebase: Timebase(1, 25),
            frameRate: Rational(25, 1)
        )
        if encoder == "libx265" { configuration.options = [CodecOption("x265-params", "log-level=none")] }
        let video = try VideoEncoder(configuration)
        let pool = VideoFramePool(format: format)
        let path = folder.file("out.mkv")
        let muxer = try Muxer(path: path)
        var isStarted = false
        func drain() throws {
            while let packet = try video.receive() {
                if !isStarted {
                    _ = try muxer.addStream(
                        video.parameters(),
                        timebase: video.timebase,
                        averageFrameRate: Rational(25, 1)
                    )
                    try muxer.writeHeader()
                    isStarted = true
                }
                packet.streamIndex = 0
                try muxer.write(packet)
            }
        }
        for index in 0..<5 {
            var frame = try pool.makeFrame(timebase: Timebase(1, 25))
            for plane in 0..<layout.planeCount {
                frame.withPlane(plane) { view in
                    for row in 0..<view.height {
                        (view.base + row * view.stride).update(repeating: 60, count: view.width)
                    }
                }
            }
            frame.presentationTicks = Int64(index)
            try video.send(frame.freeze())
            try drain()
        }
        try video.finish()
        try drain()
        try muxer.finish()
        let stream = try #require(MediaTools.streams(path, "v").first)
        #expect(stream["pix_fmt"] == (expected == "nv12" ? "yuv420p" : expected))
        #expect(try MediaTools.times(path).count == 5)
    }

    /// With one thread and no look-ahead x264 copies a frame and lets go of it at once, and so must we.
    @Test func encoderGivesFramesBack() throws {
        let format = VideoFormat(width: 64, height: 64, pixelFormat: .yuv420p)
        var configuration = VideoEncoder.Configuration(
            encoderName: "libx264",
            format: format,
            timebase: Timebase(1, 25),
            frameRate: nil
        )
        configuration.options = [CodecOption("preset", "ultrafast"), CodecOption("tune", "zerolatency")]
        let video = try VideoEncoder(configuration)
        let pool = VideoFramePool(format: format)
        var addresses: Set<UInt> = []
        for index in 0..<50 {
            var frame = try pool.makeFrame(timebase: Timebase(1, 25))
            frame.presentationTicks = Int64(index)
            addresses.insert(frame.withPlane(0) { UInt(bitPattern: $0.base) })
            try video.send(frame.freeze())
            while let packet = try video.receive() { _ = packet.byteCount }
        }
        #expect(addresses.count <= 3)
    }

    @Test func soundSurvivesResamplingToTheSample() throws {
        let path = folder.file("a.wav")
        try MediaTools.make(path, ["-f", "lavfi", "-i", "sine=440:r=44100:d=2"])
        let demuxer = try Demuxer(path: path)
        let decoder = try AudioDecoder(stream: demuxer.streams[0])
        let resampler = try AudioResampler(
            to: AudioFormat(sampleRate: 48_000, channelLayout: "stereo", sampleFormat: .floatPlanar)
        )
        var samples = 0
        var next: Int64 = 0
        var peak: Float = 0
        func take(_ frame: consuming AudioFrame) {
            #expect(frame.presentationTicks == next)
            samples += frame.sampleCount
            next += Int64(frame.sampleCount)
            frame.withFloatChannel(1) { channel in
                for index in channel.indices { peak = max(peak, abs(channel[index])) }
            }
        }
        while let packet = try demuxer.read() {
            try decoder.send(packet)
            while let frame = try decoder.receive() { if let out = try resampler.convert(frame) { take(out) } }
        }
        try decoder.finish()
        while let frame = try decoder.receive() { if let out = try resampler.convert(frame) { take(out) } }
        while let rest = try resampler.convert(nil) { take(rest) }
        #expect(abs(samples - 96_000) <= 1)
        // A mono source goes to both sides 3 dB down.
        #expect(abs(peak - 0.125 * 0.7071) < 0.005)
    }

    @Test func filterGraphsSayWhatIsWrong() throws {
        let format = VideoFormat(width: 64, height: 64, pixelFormat: .yuv420p)
        for graph in ["nosuch", "hflip,", "scale=w=abc", "movie=/etc/passwd", "split", "[a][b]hstack"] {
            let error = #expect(throws: FilterGraphError.self, "\(graph)") {
                _ = try VideoFilterGraph(graph, input: format, timebase: .mpeg)
            }
            #expect(error?.description.contains(graph) == true)
        }
    }

    @Test func unknownOptionsAreNamed() throws {
        var configuration = VideoEncoder.Configuration(
            encoderName: "libx264",
            format: VideoFormat(width: 64, height: 64, pixelFormat: .yuv420p),
            timebase: .mpeg,
            frameRate: nil
        )
        configuration.options = [CodecOption("presset", "fast")]
        let unknown = #expect(throws: EncoderError.self) { _ = try VideoEncoder(configuration) }
        #expect(unknown?.code == .unknownOption)
        #expect(unknown?.message.contains("presset") == true)
        configuration.options = [CodecOption("preset", "warp")]
        let refused = #expect(throws: EncoderError.self) { _ = try VideoEncoder(configuration) }
        #expect(refused?.code == .refused)
        configuration.encoderName = "libx264zz"
        let missing = #expect(throws: EncoderError.self) { _ = try VideoEncoder(configuration) }
        #expect(missing?.code == .unknownEncoder)
    }
}
