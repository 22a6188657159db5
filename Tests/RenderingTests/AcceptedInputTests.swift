import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import Rendering

/// Inputs that must work, whatever their shape.
@Suite(.serialized) struct AcceptedInputTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A stage that touches every frame without changing how many there are.
    private let stage = ["transform:flip=horizontal"]

    private func clip(_ name: String, _ options: [String]) throws -> String {
        try clip(name, "testsrc2=s=320x180:r=25:d=1", options)
    }

    private func clip(
        _ name: String,
        _ source: String,
        _ options: [String]
    ) throws
        -> String
    {
        let path = folder.file(name)
        try MediaTools.make(path, ["-f", "lavfi", "-i", source] + options)
        return path
    }

    @Test(arguments: [
        ("yuv420p", "libx264"), ("yuv422p", "libx264"), ("yuv444p", "libx264"), ("yuv420p10le", "libx265"),
        ("yuv422p10le", "libx265"), ("yuv444p10le", "libx265"), ("yuv420p12le", "libx265"), ("gray", "libx265"),
        ("yuvj420p", "libx264"),
    ])
    func depthAndChromaSurvive(layout: String, encoder: String) throws {
        let input = try clip(
            "in.mkv",
            [
                "-pix_fmt", layout, "-c:v", encoder, "-preset", "ultrafast", "-x265-params", "log-level=none",
            ]
        )
        let output = folder.file("out.mkv")
        try render(input, to: output, with: stage) { $0.encoderName = encoder }
        let stream = try #require(MediaTools.streams(output, "v").first)
        #expect(stream["pix_fmt"] == layout)
        #expect(try MediaTools.times(output).count == 25)
    }

    /// H.264, HEVC and AV1 in 4:2:0 cannot say odd sizes: the last row and column go, and the user is told.
    @Test(arguments: [
        ("175:143", "yuv420p", "174x142"), ("175:143", "yuv444p", "175x143"), ("2:2", "yuv420p", "2x2"),
        ("16:15", "yuv420p", "16x14"), ("321:180", "yuv422p", "320x180"),
    ])
    func oddSizesLoseAtMostARowAndAColumn(size: String, layout: String, expected: String) throws {
        let source = "testsrc2=s=400x300:r=25:d=0.4,format=\(layout),crop=\(size):exact=1"
        let input = try clip("in.mkv", source, ["-c:v", "ffv1"])
        let before = try #require(MediaTools.streams(input, "v").first)
        #expect("\(before["width"] ?? ""):\(before["height"] ?? "")" == size)
        let output = folder.file("out.mp4")
        let report = try render(input, to: output, with: stage)
        let after = try #require(MediaTools.streams(output, "v").first)
        #expect("\(after["width"] ?? "")x\(after["height"] ?? "")" == expected)
        #expect(after["pix_fmt"] == layout)
        #expect(try MediaTools.times(output).count == 10)
        #expect(
            report.warnings.contains { $0.contains("even") }
                == (expected != size.replacingOccurrences(of: ":", with: "x"))
        )
    }

    @Test func oneFrame() throws {
        let input = try clip("in.mp4", "testsrc2=s=320x180:r=25:d=0.04", ["-c:v", "libx264"])
        let output = folder.file("out.mp4")
        let report = try render(input, to: output, with: stage)
        #expect(report.frames == 1)
        #expect(try MediaTools.streams(output, "v").first?["duration_ts"] == "512")
    }

    @Test func interlacedStaysInterlaced() throws {
        let input = try clip(
            "in.mp4",
            "testsrc2=s=320x180:r=50:d=2,interlace",
            ["-c:v", "libx264", "-flags", "+ildct+ilme"]
        )
        let output = folder.file("out.mp4")
        try render(input, to: output, with: ["filter:graph=hue=s=0"])
        #expect(try MediaTools.streams(output, "v").first?["field_order"] == "tt")
        #expect(try MediaTools.times(output).count == 50)
    }

    @Test(arguments: [90, 180, 270])
    func rotatedIsSeenUpright(angle: Int) throws {
        let flat = try clip("flat.mp4", ["-c:v", "libx264", "-g", "5"])
        let input = folder.file("in.mp4")
        try MediaTools.make(input, ["-i", flat, "-c", "copy", "-metadata:s:v", "rotate=\(angle)"])
        let output = folder.file("out.mp4")
        try render(input, to: output, with: ["transform:flip=none:size=320x180", "filter:graph=null"])
        let stream = try #require(MediaTools.streams(output, "v").first)
        #expect(stream["side_data_list.side_data.0.rotation"] == nil)
        // ffmpeg turns the input by its matrix; the result must look the same without one.
        let difference = try MediaTools.run(
            "sh",
            [
                "-c",
                "ffmpeg -nostdin -i '\(input)' -i '\(output)' -lavfi '[0:v]scale=320:180[a];[a][1:v]psnr' -f null - 2>&1 "
                    + "| grep -o 'average:[0-9.]*' | cut -d: -f2",
            ]
        )
        #expect(try #require(Double(difference.trimmingCharacters(in: .whitespacesAndNewlines))) > 25)
    }

    @Test(arguments: [90, 180, 270])
    func rotationTagSurvivesWhereNothingTurnsThePicture(angle: Int) throws {
        let flat = try clip("flat.mp4", ["-c:v", "libx264"])
        let input = folder.file("in.mp4")
        try MediaTools.make(input, ["-i", flat, "-c", "copy", "-metadata:s:v", "rotate=\(angle)"])
        let output = folder.file("out.mp4")
        try render(input, to: output) { $0.codec = .h264 }
        let rotation = { (path: String) in
            try MediaTools.run(
                "ffprobe",
                ["-v", "error", "-show_entries", "stream_side_data=rotation", "-of", "csv=p=0", path]
            )
        }
        #expect(try rotation(output) == rotation(input))
        #expect(try rotation(output).contains { $0.isNumber })
    }

    @Test func variableFrameRateKeepsEveryTime() throws {
        let input = try clip(
            "in.mkv",
            "testsrc2=s=320x180:r=30:d=4,select='not(mod(n\\,3))+gt(random(1)\\,0.6)'",
            [
                "-fps_mode", "vfr", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2",
            ]
        )
        for name in ["out.mkv", "out.mp4"] {
            let output = folder.file(name)
            try render(input, to: output, with: ["filter:graph=hue=s=0"])
            let scale = name.hasSuffix("mp4") ? 16 : 1
            #expect(try MediaTools.times(output) == MediaTools.times(input).map { $0 * scale })
        }
    }

    @Test func startTimeBeyondZeroKeepsSoundAndPictureTogether() throws {
        let input = folder.file("in.ts")
        try MediaTools.make(
            input,
            [
                "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2", "-c:v", "libx264",
                "-bf", "2",
                "-c:a", "aac", "-output_ts_offset", "100",
            ]
        )
        let output = folder.file("out.mp4")
        try render(input, to: output, with: stage)
        let before = try MediaTools.streams(input)
        let after = try MediaTools.streams(output)
        func start(_ stream: [String: String]) throws -> Double {
            try #require(stream["start_time"].flatMap(Double.init))
        }
        let offsetBefore = try start(before[0]) - start(before[1])
        let offsetAfter = try start(after[0]) - start(after[1])
        #expect(try start(before[0]) > 99)
        #expect(abs(offsetBefore - offsetAfter) < 0.000_05)
        #expect(try min(start(after[0]), start(after[1])) < 0.05)
        #expect(try MediaTools.times(output).count == 50)
    }

    @Test func aFilmWithSoundBecomesAPicture() throws {
        let input = folder.file("in.mp4")
        try MediaTools.make(
            input,
            [
                "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=0.4", "-f", "lavfi", "-i", "sine=d=0.4", "-c:v",
                "libx264", "-c:a", "aac",
            ]
        )
        let output = folder.file("out.png")
        try render(input, to: output, with: stage)
        #expect(try MediaTools.streams(output).map { $0["codec_name"] } == ["png"])
    }

    @Test func noSoundAndSeveralSounds() throws {
        let silent = try clip("silent.mp4", ["-c:v", "libx264"])
        #expect(try render(silent, to: folder.file("a.mp4"), with: stage).frames == 25)
        let input = folder.file("many.mkv")
        try MediaTools.make(
            input,
            [
                "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1", "-f", "lavfi", "-i", "sine=d=1", "-map", "0",
                "-map", "1",
                "-map", "1", "-map", "1", "-c:v", "libx264", "-c:a:0", "aac", "-c:a:1", "mp3", "-c:a:2", "flac",
            ]
        )
        let output = folder.file("b.mkv")
        try render(input, to: output, with: stage)
        #expect(try MediaTools.streams(output).map { $0["codec_name"] } == ["h264", "aac", "mp3", "flac"])
    }

    @Test func cutOffFileIsRenderedAsFarAsItGoes() throws {
        let whole = try clip(
            "whole.mp4",
            "testsrc2=s=320x180:r=25:d=4",
            ["-c:v", "libx264", "-movflags", "+faststart", "-g", "12"]
        )
        let data = try Data(contentsOf: URL(fileURLWithPath: whole))
        let input = folder.file("cut.mp4")
        try data.prefix(data.count * 6 / 10).write(to: URL(fileURLWithPath: input))
        let report = try render(input, to: folder.file("out.mp4"), with: stage)
        let frames = try #require(report.frames)
        #expect(frames > 40 && frames < 90)
        #expect(report.warnings.contains { $0.contains("cut off") })
    }

    @Test func sizeChangeInMidStreamIsScaledToTheFirstSize() throws {
        let a = try clip("a.ts", "testsrc2=s=320x180:r=25:d=1", ["-c:v", "libx264", "-f", "mpegts"])
        let b = try clip(
            "b.ts",
            "testsrc2=s=640x360:r=25:d=1",
            ["-c:v", "libx264", "-f", "mpegts", "-output_ts_offset", "1"]
        )
        let input = folder.file("in.ts")
        var data = try Data(contentsOf: URL(fileURLWithPath: a))
        data += try Data(contentsOf: URL(fileURLWithPath: b))
        try data.write(to: URL(fileURLWithPath: input))
        let output = folder.file("out.mp4")
        let report = try render(input, to: output, with: stage)
        #expect(report.output.streams.first?.width == 320)
        #expect(try #require(report.frames) >= 48)
    }

    /// One part in the container, the other in the bitstream.
    @Test(arguments: [true, false])
    func hdrMetadataIsPutTogetherFromBothPlaces(isDisplayInContainer: Bool) throws {
        let display = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
        let bare = try clip(
            "bare.mp4",
            [
                "-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1",
                "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_range",
                "tv", "-x265-params",
                "log-level=none:repeat-headers=1:" + (isDisplayInContainer ? "max-cll=1000,400" : display),
            ]
        )
        var file = try MP4File(bare)
        let box = ["moov", "trak", "mdia", "minf", "stbl", "stsd", "hvc1"]
        if isDisplayInContainer {
            // Green, blue, red and white in units of 0.00002; brightest and darkest in units of 0.0001 cd/m².
            let points: [UInt16] = [13250, 34500, 7500, 3000, 34000, 16000, 15635, 16450]
            let levels: [UInt32] = [10_000_000, 50]
            try file.append(
                "mdcv",
                Data((points.map(MP4File.bigEndian) + levels.map(MP4File.bigEndian)).joined()),
                in: box
            )
        } else {
            try file.append("clli", Data([UInt16(1000), 400].map(MP4File.bigEndian).joined()), in: box)
        }
        let input = folder.file("in.mp4")
        try file.write(to: input)
        let output = folder.file("out.mp4")
        try render(input, to: output, with: stage)
        for entries in ["-show_streams", "-show_frames"] {
            let text = try MediaTools.run("ffprobe", ["-v", "error", entries, "-read_intervals", "%+#1", output])
            for line in ["max_content=1000", "max_average=400", "max_luminance=10000000/10000", "green_x=13250/50000"] {
                #expect(text.contains(line), "\(line) by \(entries)")
            }
        }
    }

    @Test func hdrMetadataSurvives() throws {
        let input = try clip(
            "in.mkv",
            [
                "-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-color_primaries", "bt2020",
                "-color_trc",
                "smpte2084", "-colorspace", "bt2020nc", "-color_range", "tv", "-x265-params",
                "log-level=none:hdr10=1:repeat-headers=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)"
                    + "WP(15635,16450)L(10000000,50):max-cll=1000,400",
            ]
        )
        let output = folder.file("out.mp4")
        let report = try render(input, to: output, with: stage)
        #expect(report.encoder == "libx265")
        let text = try MediaTools.run("ffprobe", ["-v", "error", "-show_frames", "-read_intervals", "%+#1", output])
        for line in ["max_content=1000", "max_average=400", "max_luminance=10000000/10000", "color_transfer=smpte2084"]
        {
            #expect(text.contains(line), "\(line)")
        }
    }
}
