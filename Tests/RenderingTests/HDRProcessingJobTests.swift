import FFmpegKit
import Foundation
import MediaTestKit
import Stages
import Testing

@testable import Rendering

/// `hdr_processing` from file to file, looked at with ffprobe.
@Suite struct HDRProcessingJobTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A grey ramp with a bright corner.
    private func makeSDR(_ name: String) throws -> String {
        let path = folder.file(name)
        try MediaTools.make(
            path,
            [
                "-f", "lavfi", "-i",
                "gradients=s=128x72:c0=black:c1=0xd0d0d0:x0=0:y0=0:x1=127:y1=0:d=0.4:speed=0.00001:r=25",
                "-vf", "drawbox=0:0:12:12:white:fill,format=yuv420p", "-c:v", "libx264", "-qp", "4", "-colorspace",
                "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
            ]
        )
        return path
    }

    private func makePQ(_ name: String, transfer: String = "smpte2084", primaries: String = "bt2020") throws -> String {
        let path = folder.file(name)
        try MediaTools.make(
            path,
            [
                "-f", "lavfi", "-i", "gradients=s=128x72:c0=black:c1=0xb0b0b0:d=0.4:speed=0.00001:r=25",
                "-vf", "format=yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                "log-level=none:hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)"
                    + "L(10000000,1):max-cll=700,90",
                "-colorspace", "bt2020nc", "-color_primaries", primaries, "-color_trc", transfer, "-color_range", "tv",
            ]
        )
        return path
    }

    /// Side data of the first frame, as ffprobe names it.
    private func frameSideData(_ path: String) throws -> String {
        try MediaTools.run(
            "ffprobe",
            [
                "-v", "error", "-select_streams", "v", "-show_frames", "-read_intervals", "%+#1", "-show_entries",
                "frame=side_data_list", "-of", "json", path,
            ]
        )
    }

    /// MaxCLL and MaxFALL of a file that ffmpeg decodes: the levels of CTA-861.3 in plain loops.
    private func contentLight(_ path: String) throws -> (Double, Double) {
        let raw = folder.file("decoded.raw")
        try MediaTools.make(raw, ["-i", path, "-f", "rawvideo", "-pix_fmt", "yuv420p10le"])
        let data = try Data(contentsOf: URL(fileURLWithPath: raw))
        let samples = data.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) }
        let (width, height) = (128, 72), frame = width * height * 3 / 2
        let table = (0...4095).map { PerceptualQuantizer.luminance(ofSignal: Double($0) / 4095) }
        var (peak, average) = (0.0, 0.0)
        for start in stride(from: 0, to: samples.count, by: frame) {
            var sum = 0.0
            for y in 0..<height {
                for x in 0..<width {
                    let chroma = start + width * height + y / 2 * (width / 2) + x / 2
                    let luma = (Double(samples[start + y * width + x]) - 64) / 876
                    let blue = (Double(samples[chroma]) - 512) / 896 * 1.8814
                    let red = (Double(samples[chroma + width * height / 4]) - 512) / 896 * 1.4746
                    let green = -(0.2627 * red + 0.0593 * blue) / 0.678
                    let signal = luma + max(red, max(green, blue))
                    let light = table[min(max(Int(signal * 4095 + 0.5), 0), 4095)]
                    peak = max(peak, light)
                    sum += light
                }
            }
            average = max(average, sum / Double(width * height))
        }
        return (peak, average)
    }

    @Test(arguments: ["mkv", "mp4"]) func ordinaryVideoBecomesHDR10(_ container: String) throws {
        let output = folder.file("hdr.\(container)")
        let report = try render(makeSDR("sdr.mp4"), to: output, with: ["hdr_processing:target=hdr10"])
        let stream = try #require(try MediaTools.streams(output, "v:0").first)
        #expect(stream["codec_name"] == "hevc")
        #expect(stream["profile"] == "Main 10")
        #expect(stream["pix_fmt"] == "yuv420p10le")
        #expect(stream["color_primaries"] == "bt2020")
        #expect(stream["color_transfer"] == "smpte2084")
        #expect(stream["color_space"] == "bt2020nc")
        #expect(stream["color_range"] == "tv")
        #expect(report.encoder == "libx265")
        // Beside the stream and in the bitstream.
        let written = try #require(report.output.streams.first { $0.kind == "video" }?.hdr)
        #expect(written.masteringMaximum == 1000)
        #expect((written.maxCLL ?? 0) > 900)
        // What decoding the result gives, which nobody can know before encoding.
        let (peak, average) = try contentLight(output)
        #expect(abs(Double(written.maxCLL ?? 0) - peak) <= peak * 0.05)
        #expect(abs(Double(written.maxFALL ?? 0) - average) <= average * 0.05 + 1)
        let inside = try frameSideData(output)
        #expect(inside.contains("Mastering display metadata"))
        #expect(inside.contains("\"max_content\": \(written.maxCLL ?? 0)"))
    }

    @Test(arguments: [("mkv", "smpte2084"), ("mp4", "smpte2084"), ("mp4", "arib-std-b67")])
    func hdrBecomesOrdinaryVideo(_ container: String, _ transfer: String) throws {
        let output = folder.file("sdr.\(container)")
        let report = try render(makePQ("hdr.mkv", transfer: transfer), to: output, with: ["hdr_processing"])
        let stream = try #require(try MediaTools.streams(output, "v:0").first)
        #expect(stream["pix_fmt"] == "yuv420p")
        #expect(stream["color_primaries"] == "bt709")
        #expect(stream["color_transfer"] == "bt709")
        #expect(stream["color_space"] == "bt709")
        #expect(stream["color_range"] == "tv")
        #expect(report.encoder == "libx264")
        #expect(report.output.streams.first { $0.kind == "video" }?.hdr == nil)
        let inside = try frameSideData(output)
        #expect(!inside.contains("Mastering") && !inside.contains("light level"))
    }

    @Test func hdr10PassesWithItsMetadata() throws {
        let output = folder.file("same.mkv")
        let report = try render(makePQ("hdr.mkv"), to: output, with: ["hdr_processing:target=hdr10"])
        let hdr = try #require(report.output.streams.first { $0.kind == "video" }?.hdr)
        #expect(hdr.maxCLL == 700)
        #expect(hdr.maxFALL == 90)
    }

    @Test func refusesToMislabel() throws {
        let sdr = try makeSDR("sdr.mp4")
        let h264 = failure {
            try render(sdr, to: folder.file("x.mp4"), with: ["hdr_processing"]) { $0.codec = .h264 }
        }
        #expect(h264?.code == .usage)
        #expect(h264?.description.contains("--codec hevc") == true)
        let picture = failure { try render(sdr, to: folder.file("x.png"), with: ["hdr_processing"]) }
        #expect(picture?.description.contains("HDR10 cannot be made with png") == true)
        let lie = failure {
            try render(
                makePQ("lie.mkv", primaries: "bt709"),
                to: folder.file("y.mp4"),
                with: ["hdr_processing"]
            )
        }
        #expect(lie?.code == .badInput)
        #expect(lie?.description.contains("primaries are BT.709") == true)
        #expect(folder.contents.filter { !["sdr.mp4", "lie.mkv"].contains($0) } == [])
    }

    /// An MP4 with the configuration record of Dolby Vision profile 5 put into its sample entry by hand.
    @Test func refusesDolbyVisionWithoutABase() throws {
        let plain = folder.file("plain.mp4")
        try MediaTools.make(
            plain,
            ["-i", try makePQ("hdr.mkv"), "-c", "copy", "-tag:v", "hvc1"]
        )
        for (profile, compatibility, isRefused) in [(UInt8(5), UInt8(0), true), (8, 1, false)] {
            let path = folder.file("dolby-\(profile).mp4")
            // dvcC: version 1.0, profile and level, RPU and base layer present, compatibility, reserved.
            let record = [1, 0, profile << 1, 0b0010_1101, compatibility << 4] + [UInt8](repeating: 0, count: 19)
            let box = [0, 0, 0, 32] + Array("dvcC".utf8) + record
            try addingToSampleEntry(box, try Data(contentsOf: URL(fileURLWithPath: plain)))
                .write(to: URL(fileURLWithPath: path))
            let error = failure { try render(path, to: folder.file("out.mp4"), with: ["hdr_processing"]) }
            if isRefused {
                #expect(error?.code == .badInput)
                #expect(error?.description.contains("Dolby Vision profile 5") == true)
            } else {
                #expect(error == nil)
            }
        }
    }

    /// Puts a box at the end of the first HEVC sample entry and corrects the sizes of all boxes around it.
    ///
    /// The index comes last in the file, so no offset of a sample changes.
    private func addingToSampleEntry(_ box: [UInt8], _ file: Data) -> Data {
        var bytes = [UInt8](file)
        func size(_ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        func grow(_ at: Int) {
            let value = size(at) + box.count
            for index in 0..<4 { bytes[at + index] = UInt8(truncatingIfNeeded: value >> (24 - 8 * index)) }
        }
        var position = 0, end = bytes.count
        for name in ["moov", "trak", "mdia", "minf", "stbl", "stsd", "hvc1"] {
            while position < end, Array(bytes[position + 4..<position + 8]) != Array(name.utf8) {
                position += max(8, size(position))
            }
            end = position + size(position)
            grow(position)
            if name != "hvc1" { position += name == "stsd" ? 16 : 8 }
        }
        bytes.insert(contentsOf: box, at: end)
        return Data(bytes)
    }
}
