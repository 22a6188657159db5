import FFmpegKit
import Foundation
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

/// A folder with small pictures and videos written by hand, gone with its owner.
private final class Files {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("BackgroundTests-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let url = folder.appendingPathComponent(name)
        try Data(bytes).write(to: url)
        return url.path
    }

    /// A red picture with a blue stripe of a quarter of its width on either side.
    func stripes(width: Int, height: Int) throws -> String {
        var bytes = Array("P6\n\(width) \(height)\n255\n".utf8)
        for _ in 0..<height {
            for x in 0..<width { bytes += x < width / 4 || x >= width - width / 4 ? [0, 0, 255] : [255, 0, 0] }
        }
        return try write("stripes.ppm", bytes)
    }

    /// A gray video whose picture `n` has luma `40 + 20 n`.
    func video(frames: Int, rate: Int = 5) throws -> String {
        var bytes = Array("YUV4MPEG2 W64 H36 F\(rate):1 Ip A1:1 C420jpeg\n".utf8)
        for index in 0..<frames {
            bytes += Array("FRAME\n".utf8) + [UInt8](repeating: UInt8(40 + 20 * index), count: 64 * 36)
            bytes += [UInt8](repeating: 128, count: 2 * 32 * 18)
        }
        return try write("video.y4m", bytes)
    }
}

@Suite struct BackgroundTests {
    private func resolve(_ name: String) -> String { name }

    // MARK: Colours

    @Test func readsColors() {
        #expect(BackgroundColor(parsing: "#3366Cc").map { [$0.red, $0.green, $0.blue] } == [0x33, 0x66, 0xcc])
        for text in ["3366cc", "#3366c", "#3366ccc", "#3366cg", "#+366cc", "", "#"] {
            #expect(BackgroundColor(parsing: text) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        ("#ffffff", 720, PixelFormat.yuv420p, ColorDescription.bt709, [235, 128, 128]),
        ("#000000", 720, .yuv420p, .bt709, [16, 128, 128]),
        ("#00ff00", 720, .yuv420p, .bt709, [173, 42, 26]),
        ("#00ff00", 480, .yuv420p, .unspecified, [145, 54, 34]),
        ("#ff0000", 720, .yuv420p, .unspecified, [63, 102, 240]),
        ("#ffffff", 720, .yuv420p10, .bt709, [940, 512, 512]),
        ("#0000ff", 720, .yuv444p12, .bt709, [509, 3840, 1884]),
        ("#ffffff", 720, .nv12, ColorDescription(matrix: 1, isFullRange: true), [255, 128, 128]),
        // 203 nits: 58 % PQ, 75 % HLG (ITU-R BT.2408).
        ("#ffffff", 2160, .p010, ColorDescription(primaries: 9, transfer: 16, matrix: 9), [573, 512, 512]),
        ("#ffffff", 2160, .p010, ColorDescription(primaries: 9, transfer: 18, matrix: 9), [721, 512, 512]),
    ])
    func codesColors(text: String, height: Int, pixelFormat: PixelFormat, color: ColorDescription, codes: [Int]) throws
    {
        let format = VideoFormat(width: 640, height: height, pixelFormat: pixelFormat, color: color)
        let values = try #require(BackgroundColor(parsing: text)).codeValues(in: format)
        for (value, code) in zip([values.luma, values.first, values.second], codes) {
            #expect(abs(Int(value) - code) <= 1)
        }
    }

    // MARK: Pictures

    @Test(arguments: PixelFormat.allCases)
    func coversTheFrameWithAPicture(pixelFormat: PixelFormat) throws {
        let files = try Files()
        let scene = Scene(width: 161, height: 91, pixelFormat)
        // Twice as wide as 16:9, so that the blue quarters are cut off.
        let path = try files.stripes(width: 320, height: 90)
        let instance = try VirtualBackgroundPlan.fake(path).instance(scene)
        let frame = try instance.picture(try scene.frame(0, nil))
        let red = try #require(BackgroundColor(parsing: "#ff0000")).codeValues(in: scene.format)
        let shift = pixelFormat == .p010 ? 6 : 0
        let tolerance = 3 << (pixelFormat.bitDepth - 8)
        for x in [4, 80, 156] {
            let luma = Int(frame.sample(plane: 0, x: x, y: 45) >> shift)
            #expect(abs(luma - Int(red.luma)) <= tolerance)
        }
        if pixelFormat.chroma != .none, !pixelFormat.hasInterleavedChroma {
            let x = pixelFormat.planeWidth(1, width: 161) / 2
            #expect(abs(Int(frame.sample(plane: 1, x: x, y: 20)) - Int(red.first)) <= tolerance)
            #expect(abs(Int(frame.sample(plane: 2, x: x, y: 20)) - Int(red.second)) <= tolerance)
        }
    }

    @Test(arguments: [
        ColorDescription.bt709, ColorDescription(primaries: 6, transfer: 6, matrix: 6, isFullRange: true),
    ])
    func recolorsPicturesForTheFrame(color: ColorDescription) throws {
        let files = try Files()
        var scene = Scene(VideoFormat(width: 160, height: 90, pixelFormat: .yuv420p, color: color))
        scene.person = 200
        let instance = try VirtualBackgroundPlan.fake(try files.stripes(width: 320, height: 90)).instance(scene)
        let frame = try instance.picture(try scene.frame(0, nil))
        let red = try #require(BackgroundColor(parsing: "#ff0000")).codeValues(in: scene.format)
        let samples = [(0, red.luma), (1, red.first), (2, red.second)]
        for (plane, code) in samples { #expect(abs(Int(frame.sample(plane: plane, x: 40, y: 22)) - Int(code)) <= 3) }
    }

    @Test func makesPicturesForHDR() throws {
        let files = try Files()
        let color = ColorDescription(primaries: 9, transfer: 16, matrix: 9, isFullRange: false)
        let scene = Scene(VideoFormat(width: 160, height: 90, pixelFormat: .yuv420p10, color: color))
        let instance = try VirtualBackgroundPlan.fake(try files.stripes(width: 320, height: 90)).instance(scene)
        let frame = try instance.picture(try scene.frame(0, nil))
        let red = try #require(BackgroundColor(parsing: "#ff0000")).codeValues(in: scene.format)
        #expect(abs(Int(frame.sample(plane: 0, x: 80, y: 45)) - Int(red.luma)) <= 16)
        #expect(abs(Int(frame.sample(plane: 2, x: 40, y: 22)) - Int(red.second)) <= 24)
    }

    @Test(arguments: Orientation.allCases)
    func showsPicturesUpright(orientation: Orientation) throws {
        let files = try Files()
        // Red above, blue below.
        var bytes = Array("P6\n160 160\n255\n".utf8)
        for y in 0..<160 { for _ in 0..<160 { bytes += y < 80 ? [255, 0, 0] : [0, 0, 255] } }
        let path = try files.write("halves.ppm", bytes)
        let scene = Scene(width: 160, height: 160, .yuv420p, orientation)
        let instance = try VirtualBackgroundPlan.fake(path).instance(scene)
        let frame = try instance.picture(try scene.frame(0, nil))
        let turn = Turn(orientation, width: 160, height: 160)
        for (y, text) in [(20, "#ff0000"), (140, "#0000ff")] {
            let place = turn.coded(Region(left: 80, top: y, right: 81, bottom: y + 1))
            let code = try #require(BackgroundColor(parsing: text)).codeValues(in: scene.format)
            #expect(abs(Int(frame.sample(plane: 0, x: place.left, y: place.top)) - Int(code.luma)) <= 3)
        }
    }

    @Test(arguments: Orientation.allCases)
    func showsPicturesToMirroredFramesTheRightWayRound(orientation: Orientation) throws {
        let files = try Files()
        // Red on the left, blue on the right.
        var bytes = Array("P6\n160 160\n255\n".utf8)
        for _ in 0..<160 { for x in 0..<160 { bytes += x < 80 ? [255, 0, 0] : [0, 0, 255] } }
        let plan = try VirtualBackgroundPlan.fake(try files.write("halves.ppm", bytes))
        guard case .picture(let still) = plan.background else { throw FakeFailure() }
        var format = Scene(width: 160, height: 160, .yuv420p, orientation).format
        format.isMirrored = true
        let picture = try still.picture(for: format).frame.share()
        let turn = Turn(orientation, width: 160, height: 160)
        for (x, text) in [(20, "#ff0000"), (140, "#0000ff")] {
            let place = turn.coded(Region(left: x, top: 80, right: x + 1, bottom: 81))
            let code = try #require(BackgroundColor(parsing: text)).codeValues(in: format)
            // Turned back first, then mirrored as it is coded.
            #expect(abs(Int(picture.sample(plane: 0, x: 159 - place.left, y: place.top)) - Int(code.luma)) <= 3)
        }
    }

    @Test func preparesAPictureOnceForAFormat() throws {
        let files = try Files()
        let plan = try VirtualBackgroundPlan.fake(try files.stripes(width: 64, height: 36))
        guard case .picture(let still) = plan.background else { throw FakeFailure() }
        let (format, other) = (Scene().format, Scene(width: 90, height: 50).format)
        #expect(try still.picture(for: format) === still.picture(for: format))
        #expect(try still.picture(for: format) !== still.picture(for: other))
    }

    // MARK: Videos

    @Test(arguments: [(0, 0), (39, 3), (40, 4), (99, 9), (100, 0), (250, 5), (-10, 9), (-100, 0)])
    func repeatsVideos(frameTicks: Int64, position: Int64) {
        // One second of ten ticks that starts at 7; foreground in hundredths.
        let loop = BackgroundVideo.Loop(start: 7, length: 10, timebase: Timebase(1, 10))
        #expect(loop.position(at: MediaTime(ticks: frameTicks, timebase: Timebase(1, 100))) == 7 + position)
    }

    @Test func showsThePictureThatBelongsToTheTime() throws {
        let files = try Files()
        // 8 pictures of 0.2 s; the foreground has 25 frames a second.
        let plan = try VirtualBackgroundPlan.fake(try files.video(frames: 8))
        let scene = Scene()
        let instance = try plan.instance(scene)
        func luma(_ ticks: Int64) -> Int { 40 + 20 * Int(ticks / 5 % 8) }
        for ticks in Int64(0)..<100 {
            let frame = try instance.picture(try scene.frame(ticks, nil))
            #expect(abs(Int(frame.sample(plane: 0, x: 50, y: 50)) - luma(ticks)) <= 1, "frame \(ticks)")
        }
        // Segments that are rendered side by side start anywhere, and a live stream may jump.
        for ticks in [77, 3, 3, 39, 40, 1234, 0] as [Int64] {
            let segment = try plan.instance(scene)
            let fresh = try segment.picture(try scene.frame(ticks, nil))
            let jumped = try instance.picture(try scene.frame(ticks, nil))
            #expect(abs(Int(fresh.sample(plane: 0, x: 50, y: 50)) - luma(ticks)) <= 1, "frame \(ticks)")
            #expect(Pictured(fresh) == Pictured(jumped))
        }
    }

    @Test func takesAVideoOfOnePictureForAPicture() throws {
        let files = try Files()
        guard case .picture = try Background(try files.video(frames: 1), resolvingAssetsWith: resolve) else {
            Issue.record("not a picture")
            return
        }
    }

    // MARK: Errors

    @Test func refusesWhatIsMissingOrNoPicture() throws {
        let files = try Files()
        let text = try files.write("notes.txt", Array("nothing to see here".utf8))
        let empty = try files.write("empty.png", [])
        let cut = try files.write("cut.png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])
        for path in [files.folder.path + "/missing.jpg", text, empty, cut, files.folder.path] {
            let error = #expect(throws: StageError.self) { try Background(path, resolvingAssetsWith: resolve) }
            #expect(error?.stage == "virtual_background")
            #expect(error?.message.contains("background=") == true)
            #expect(error?.code == .usage)
        }
    }

    @Test func asksForAssets() throws {
        let files = try Files()
        let path = try files.stripes(width: 8, height: 8)
        guard case .picture = try Background("beach", resolvingAssetsWith: { $0 == "beach" ? path : "" }) else {
            Issue.record("not a picture")
            return
        }
        #expect(throws: FakeFailure.self) { try Background("beach", resolvingAssetsWith: { _ in throw FakeFailure() }) }
    }

    @Test func namesAMissingModel() throws {
        let context = StageContext(modelsDirectory: "/nowhere", cacheDirectory: nil, coreCount: 1, trustsCaller: true)
        let parameters = try VirtualBackgroundPlan.descriptor.check([:])
        let error = #expect(throws: StageError.self) { try VirtualBackgroundPlan(parameters, context) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("selfie") == true)
    }
}
