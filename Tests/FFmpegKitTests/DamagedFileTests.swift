import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import FFmpegKit

/// Bytes from outside may be anything: opening, decoding and copying a damaged file ends with frames or with an error.
///
/// Run under AddressSanitizer by `make test-sanitize`. The seeds are fixed, so a failure can be repeated.
@Suite(.serialized) struct DamagedFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        FFmpegLibraries.setLogLevel(.silent)
    }

    private static let kinds: [(name: String, options: [String])] = [
        ("a.mp4", ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-c:a", "aac"]),
        ("b.mkv", ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-c:a", "libopus"]),
        ("c.ts", ["-c:v", "mpeg2video", "-c:a", "mp2"]),
        ("d.avi", ["-c:v", "mpeg4", "-c:a", "mp3"]),
        ("e.webm", ["-c:v", "libvpx", "-c:a", "libvorbis"]),
        ("f.mov", ["-c:v", "mjpeg", "-pix_fmt", "yuvj422p", "-c:a", "pcm_s16le"]),
    ]

    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    /// Reads a file to its end and decodes the picture, as a job would.
    private func consume(_ path: String) {
        guard let demuxer = try? Demuxer(path: path) else { return }
        _ = (demuxer.duration, demuxer.metadata, demuxer.chapters, demuxer.startTime)
        for stream in demuxer.streams { _ = (stream.parameters.videoFormat, stream.parameters.hdrMetadata) }
        guard let stream = demuxer.bestVideoStream, let decoder = try? VideoDecoder(stream: stream) else { return }
        var packets = 0
        reading: while packets < 2000, let packet = try? demuxer.read() {
            packets += 1
            guard packet.streamIndex == stream.index else { continue }
            guard (try? decoder.send(packet)) != nil else { break }
            while let reception = try? decoder.receive() {
                switch consume reception {
                case .frame(let frame): frame.withPlane(0) { _ = $0.base[0] }
                default: continue reading
                }
            }
        }
        try? decoder.finish()
        while let reception = try? decoder.receive() {
            guard case .frame(let frame) = consume reception else { return }
            _ = frame.presentationTicks
        }
    }

    @Test(arguments: kinds.indices)
    func flippedBytesNeitherCrashNorHang(kind: Int) throws {
        let (name, options) = Self.kinds[kind]
        let whole = folder.file(name)
        try MediaTools.make(
            whole,
            [
                "-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1", "-f", "lavfi", "-i", "sine=d=1", "-shortest",
            ] + options
        )
        let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: whole)))
        var generator = Generator(state: UInt64(kind) &* 7919 &+ 1)
        for round in 0..<60 {
            var bytes = original
            for _ in 0...Int.random(in: 0...12, using: &generator) {
                // Half of the damage goes to the headers, where lengths and counts are.
                let limit = Bool.random(using: &generator) ? min(600, bytes.count) : bytes.count
                bytes[Int.random(in: 0..<limit, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if round % 5 == 4 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
            let path = folder.file("damaged-" + name)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            consume(path)
        }
    }
}
