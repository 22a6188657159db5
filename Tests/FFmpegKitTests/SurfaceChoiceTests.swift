import MediaTestKit
import Testing

@testable import FFmpegKit

/// libavcodec offers surfaces of every device it was built for and takes the offer back when there is no such device: so the
/// refusal can be seen on a machine that has none.
@Suite(.serialized) struct SurfaceChoiceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func clip(_ options: [String]) throws -> String {
        let path = folder.file("in.mkv")
        try MediaTools.make(path, ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=0.4"] + options)
        return path
    }

    private func decode(_ path: String, _ surfaces: SurfaceChoice) throws -> Int {
        let demuxer = try Demuxer(path: path)
        let decoder = try VideoDecoder(stream: try #require(demuxer.bestVideoStream), surfaces: surfaces)
        var count = 0
        var isAtEnd = false
        while true {
            switch try decoder.receive() {
            case .frame: count += 1
            case .finished: return count
            case .needsInput:
                if isAtEnd { return count }
                if let packet = try demuxer.read() {
                    _ = try decoder.send(packet)
                } else {
                    isAtEnd = true
                    try decoder.finish()
                }
            }
        }
    }

    @Test(arguments: [
        ["-c:v", "libx264"], ["-c:v", "libx265", "-x265-params", "log-level=none"], ["-c:v", "mpeg2video"],
    ])
    func aDeviceThatWasAskedForIsNotReplacedInSilence(options: [String]) throws {
        FFmpegLibraries.setLogLevel(.silent)
        let path = try clip(options)
        for kind in HardwareDevice.Kind.allCases {
            let error = #expect(throws: FFmpegError.self) { try decode(path, SurfaceChoice(kind, mayFallBack: false)) }
            #expect(error?.code == .notSupported)
            #expect(error?.operation.contains(kind.rawValue) == true)
        }
    }

    @Test func automaticFallsBackToTheProcessor() throws {
        FFmpegLibraries.setLogLevel(.silent)
        let path = try clip(["-c:v", "libx264"])
        let surfaces = SurfaceChoice(.cuda, mayFallBack: true)
        #expect(try decode(path, surfaces) == 10)
        #expect(surfaces.isRefused)
    }
}
