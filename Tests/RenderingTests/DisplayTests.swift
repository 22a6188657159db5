import FFmpegKit
import Foundation
import MediaTestKit
import Testing

@testable import Rendering

/// How a picture is meant to be seen: turned, mirrored, all around, in depth.
@Suite(.serialized) struct DisplayTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func flat() throws -> String {
        let path = folder.file("flat.mp4")
        if folder.contents.contains("flat.mp4") { return path }
        try MediaTools.make(
            path,
            ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=0.2", "-c:v", "libx264", "-crf", "12"]
        )
        return path
    }

    // MARK: Turned and mirrored

    /// Right-angled matrices as their first two rows; a mirror has a negative determinant.
    private static let matrices: [[Int32]] = [
        [-1, 0, 0, 1], [0, -1, -1, 0], [0, 1, -1, 0],
    ]

    /// Writes a matrix into the track header of an MP4 file (ISO/IEC 14496-12, `tkhd`).
    private func clip(matrix: [Int32]) throws -> String {
        var file = try MP4File(flat())
        let header = try file.place(of: ["moov", "trak", "tkhd"]) + 4
        // Four values of 16.16 bits at rows 0 and 1 of a 3x3 matrix that begins 44 bytes into the box.
        for (value, place) in zip(matrix, [0, 1, 3, 4]) {
            file.overwrite(MP4File.bigEndian(value * 65_536), at: header + 44 + 4 * place)
        }
        let path = folder.file("in.mp4")
        try file.write(to: path)
        return path
    }

    /// How alike two files look when ffmpeg shows them as their containers say, in dB.
    private func likeness(_ a: String, _ b: String) throws -> Double {
        let text = try MediaTools.run(
            "sh",
            [
                "-c",
                "ffmpeg -nostdin -i '\(a)' -i '\(b)' -lavfi psnr -f null - 2>&1 | grep -o 'average:[0-9.inf]*' | cut -d: -f2",
            ]
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        return try #require(Double(text))
    }

    @Test(arguments: matrices)
    func looksTheSame(matrix: [Int32]) throws {
        let input = try clip(matrix: matrix)
        let size = matrix[0] == 0 ? "size=120x160" : "size=160x120"
        for (name, stages) in [
            ("sized.mp4", ["transform:\(size)"]), ("kept.mp4", []), ("turned.mkv", []),
        ] {
            let output = folder.file(name)
            try render(input, to: output, with: stages) { $0.quality = .high }
            #expect(try likeness(input, output) > 30, "\(name) \(matrix)")
            let hasMatrix = try MediaTools.run("ffprobe", ["-v", "error", "-show_streams", output])
                .contains("displaymatrix")
            #expect(hasMatrix == (name == "kept.mp4"))
        }
    }

    @Test func probeTellsThatItIsMirrored() throws {
        let streams = try MediaDescription(contentsOf: clip(matrix: [0, 1, 1, 0])).streams
        #expect(streams[0].mirrored == true)
        #expect(streams[0].rotation != nil)
        #expect(try MediaDescription(contentsOf: flat()).streams[0].mirrored == nil)
    }

    @Test func aCopyThatLosesTheTurnSaysSo() throws {
        let report = try render(try clip(matrix: [0, 1, -1, 0]), to: folder.file("out.mkv")) { $0.quality = nil }
        #expect(report.warnings.contains { $0.contains("turned or mirrored") })
    }

    // MARK: Around and in depth

    /// Adds Google's Spherical Video V1 metadata: XML in a `uuid` box at the end of the first track.
    private func spherical() throws -> String {
        let xml = """
            <?xml version="1.0"?><rdf:SphericalVideo xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" \
            xmlns:GSpherical="http://ns.google.com/videos/1.0/spherical/"><GSpherical:Spherical>true\
            </GSpherical:Spherical><GSpherical:Stitched>true</GSpherical:Stitched>\
            <GSpherical:StitchingSoftware>test</GSpherical:StitchingSoftware><GSpherical:ProjectionType>\
            equirectangular</GSpherical:ProjectionType></rdf:SphericalVideo>
            """
        let identifier: [UInt8] = [
            0xff, 0xcc, 0x82, 0x63, 0xf8, 0x55, 0x4a, 0x93, 0x88, 0x14, 0x58, 0x7a, 0x02, 0x52, 0x1f, 0xdd,
        ]
        var file = try MP4File(flat())
        try file.append("uuid", Data(identifier) + Data(xml.utf8), in: ["moov", "trak"])
        let path = folder.file("in.mp4")
        try file.write(to: path)
        return path
    }

    private func stereoscopic() throws -> String {
        let path = folder.file("in.mkv")
        try MediaTools.make(path, ["-i", try flat(), "-c", "copy", "-metadata:s:v", "stereo_mode=top_bottom"])
        return path
    }

    private func sideData(_ path: String) throws -> String {
        try MediaTools.run("ffprobe", ["-v", "error", "-show_entries", "stream_side_data", "-of", "csv=p=0", path])
            .lowercased()
    }

    @Test(arguments: ["out.mp4", "out.mkv"])
    func aroundAndInDepthSurviveWhereNothingMoves(name: String) throws {
        let around = try spherical()
        try #require(try sideData(around).contains("spherical"))
        for stages in [[], ["filter:graph=hqdn3d,eq=gamma=1.1"], ["transform:size=320x240"]] {
            let report = try render(around, to: folder.file(name), with: stages) { $0.replacesOutput = true }
            #expect(try sideData(folder.file(name)).contains("equirectangular"), "\(stages)")
            #expect(report.warnings.isEmpty)
        }
        let deep = try stereoscopic()
        try #require(try sideData(deep).contains("top and bottom"))
        try render(deep, to: folder.file(name), with: ["filter:graph=hue=s=0"]) { $0.replacesOutput = true }
        #expect(try sideData(folder.file(name)).contains("top and bottom"))
    }

    @Test(arguments: ["transform:flip=horizontal", "filter:graph=crop=80:60", "filter:graph=v360=e:c3x2"])
    func whatMovesPlacesTakesTheMarkAwayAndSaysSo(stage: String) throws {
        for input in [try spherical(), try stereoscopic()] {
            let output = folder.file("out.mkv")
            let report = try render(input, to: output, with: [stage]) { $0.replacesOutput = true }
            #expect(try sideData(output).isEmpty || !sideData(output).contains("3d"))
            #expect(try !sideData(output).contains("spherical"))
            #expect(try MediaTools.streams(output, "v").first?["tags.stereo_mode"] == nil)
            #expect(report.warnings.contains { $0.contains("moves places") })
        }
    }

    @Test(arguments: ["out.mp4", "out.mkv"])
    func copiesKeepThemToo(name: String) throws {
        try render(try spherical(), to: folder.file(name)) { $0.quality = nil }
        #expect(try sideData(folder.file(name)).contains("equirectangular"))
    }

    @Test(arguments: [nil, Quality.low])
    func aContainerThatCannotSayItIsNoSecret(quality: Quality?) throws {
        let report = try render(try spherical(), to: folder.file("out.mov")) { $0.quality = quality }
        #expect(report.warnings.contains { $0.contains("360° video") && $0.contains("container") })
    }
}
