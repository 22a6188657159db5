import FFmpegKit
import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import Rendering

/// Inputs and wishes that must be refused with the contract's code and one clear line, leaving nothing behind.
@Suite(.serialized) struct RefusedInputTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private let stage = ["transform:flip=horizontal"]

    private func expectRefusal(_ code: RenderError.Code, _ input: String, to output: String, with stages: [String]) {
        let before = folder.contents
        let error = failure { try render(input, to: output, with: stages) }
        #expect(error?.code == code, "\(String(describing: error))")
        let text = error?.description ?? ""
        #expect(!text.contains("\n"))
        #expect(text.count > 15 && text.count < 300)
        #expect(folder.contents == before)
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
        return folder.file(name)
    }

    private func clip(_ name: String, _ seconds: Double = 1) throws -> String {
        let path = folder.file(name)
        try MediaTools.make(
            path,
            [
                "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=\(seconds)", "-f", "lavfi", "-i", "sine=d=\(seconds)",
                "-c:v",
                "libx264", "-preset", "ultrafast", "-c:a", "aac",
            ]
        )
        return path
    }

    @Test func missingFileAndFolder() {
        expectRefusal(.noInput, folder.file("none.mp4"), to: folder.file("out.mp4"), with: stage)
        expectRefusal(.badInput, folder.path, to: folder.file("out.mp4"), with: stage)
    }

    @Test func filesThatAreNoMedia() throws {
        let empty = try write("empty.mp4", [])
        expectRefusal(.badInput, empty, to: folder.file("out.mp4"), with: stage)
        var state: UInt32 = 1
        let noise = (0..<65_536).map { _ -> UInt8 in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
        expectRefusal(.badInput, try write("noise.mp4", noise), to: folder.file("out.mp4"), with: stage)
        let text = try write("text.mp4", Array(String(repeating: "This is a letter, not a video.\n", count: 50).utf8))
        expectRefusal(.badInput, text, to: folder.file("out.mp4"), with: stage)
    }

    @Test func playlistsOpenNothing() throws {
        let secret = try clip("secret.ts")
        for (name, body) in [
            ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n\(secret)\n#EXT-X-ENDLIST\n"),
            ("list.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n\(secret)\n#EXT-X-ENDLIST\n"),
            ("concat.txt", "ffconcat version 1.0\nfile '\(secret)'\n"),
        ] {
            expectRefusal(.badInput, try write(name, Array(body.utf8)), to: folder.file("out.mp4"), with: stage)
        }
    }

    @Test func cutOffBeforeTheIndex() throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: clip("whole.mp4", 4)))
        let input = try write("cut.mp4", Array(data.prefix(data.count / 2)))
        expectRefusal(.badInput, input, to: folder.file("out.mp4"), with: stage)
    }

    @Test func soundOnlyWherePicturesAreWanted() throws {
        let input = folder.file("sound.m4a")
        try MediaTools.make(input, ["-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac"])
        expectRefusal(.badInput, input, to: folder.file("out.mp4"), with: stage)
    }

    @Test func outputThatIsTheInput() throws {
        let input = try clip("in.mp4")
        let before = try Data(contentsOf: URL(fileURLWithPath: input))
        let error = failure { try render(input, to: input, with: stage) { $0.replacesOutput = true } }
        #expect(error?.code == .usage)
        let link = folder.file("link.mp4")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: input)
        #expect(failure { try render(input, to: link, with: stage) { $0.replacesOutput = true } }?.code == .usage)
        #expect(try Data(contentsOf: URL(fileURLWithPath: input)) == before)
    }

    @Test func outputThatExists() throws {
        let input = try clip("in.mp4")
        let output = try write("out.mp4", [1, 2, 3])
        expectRefusal(.cannotWrite, input, to: output, with: stage)
        #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == Data([1, 2, 3]))
        try render(input, to: output, with: stage) { $0.replacesOutput = true }
        #expect(try MediaTools.times(output).count == 25)
    }

    @Test func placesThatCannotBeWritten() throws {
        let input = try clip("in.mp4")
        expectRefusal(.cannotWrite, input, to: "/proc/out.mp4", with: stage)
        expectRefusal(.cannotWrite, input, to: folder.file("none/out.mp4"), with: stage)
        expectRefusal(.usage, input, to: folder.file("out.unknown"), with: stage)
        expectRefusal(.usage, input, to: folder.file("out"), with: stage)
    }

    @Test(arguments: [
        "filter:graph=nosuchfilter", "filter:graph=scale=abc", "filter:graph=split", "filter:graph=[a][b]overlay",
        "transform",
        "transform:crop=9999x9999", "transform:size=axb", "transform:fps=0", "transform:size=0x10",
    ])
    func stagesThatCannotWork(stage: String) throws {
        expectRefusal(.usage, try clip("in.mp4"), to: folder.file("out.mp4"), with: [stage])
    }

    @Test func encodersAndOptionsThatDoNotExist() throws {
        let input = try clip("in.mp4")
        for change: (inout RenderRequest) -> Void in [
            { $0.encoderName = "libx999" }, { $0.encoderOptions = [.init("nosuchoption", "1")] },
            { $0.encoderOptions = [.init("preset", "warp")] }, { $0.encoderName = "aac" },
        ] {
            let error = failure { try render(input, to: folder.file("out.mp4"), with: stage, change) }
            #expect(error?.code == .usage, "\(String(describing: error))")
        }
        let error = failure {
            try render(input, to: folder.file("out.mp4"), with: stage) { $0.encoderName = "h264_nvenc" }
        }
        #expect(error?.code == .unavailable, "\(String(describing: error))")
        let decoding = failure {
            try render(input, to: folder.file("out.mp4"), with: stage) { $0.acceleration = .device(.cuda) }
        }
        #expect(decoding?.code == .unavailable, "\(String(describing: decoding))")
        // `auto` falls back to the processor.
        try render(input, to: folder.file("auto.mp4"), with: stage) { $0.acceleration = .automatic }
        #expect(folder.contents == ["auto.mp4", "in.mp4"])
    }

    @Test func emptyRange() throws {
        let input = try clip("in.mp4")
        let second = { (value: Int64) in MediaTime(ticks: value, timebase: Timebase(1, 1)) }
        let backwards = failure {
            try render(input, to: folder.file("out.mp4")) { ($0.start, $0.end) = (second(2), second(1)) }
        }
        #expect(backwards?.code == .usage)
        let beyond = failure { try render(input, to: folder.file("out.mp4")) { $0.start = second(100) } }
        #expect(beyond?.code == .badInput)
        #expect(folder.contents == ["in.mp4"])
    }

    /// A tmpfs that is too small for the result: needs the right to mount.
    @Test(.enabled(if: getuid() == 0, "mounting needs root"))
    func fullDisk() throws {
        let input = folder.file("in.mp4")
        try MediaTools.make(
            input,
            ["-f", "lavfi", "-i", "nullsrc=s=320x240:d=2,geq=random(1)*255:128:128", "-c:v", "libx264", "-qp", "10"]
        )
        let small = folder.file("small")
        try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: false)
        guard (try? MediaTools.run("mount", ["-t", "tmpfs", "-o", "size=200k", "tmpfs", small])) != nil else { return }
        defer { _ = try? MediaTools.run("umount", [small]) }
        let error = failure { try render(input, to: small + "/out.mp4", with: stage) { $0.quality = .ultra } }
        #expect(error?.code == .cannotWrite, "\(String(describing: error))")
        #expect(error?.description.contains("space") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: small) == [])
    }
}
