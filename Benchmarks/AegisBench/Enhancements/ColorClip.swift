import FFmpegKit
import Foundation
import MediaCore

/// One shot of the sample media, whose colours are taken as right.
struct ColorClip: Sendable {
    let name: String
    let pictures: [ColorPicture]

    /// A shot of a film, or a pan over a picture.
    private enum Source {
        case film(String, frames: Range<Int>)
        case pan(String)
    }

    private static let sources: [(String, Source)] = [
        ("bikes 1", .film("bikes.mp4", frames: 2..<26)),
        ("bikes 2", .film("bikes.mp4", frames: 34..<74)),
        ("bikes 3", .film("bikes.mp4", frames: 80..<134)),
        ("bikes 4", .film("bikes.mp4", frames: 140..<184)),
        ("bikes 5", .film("bikes.mp4", frames: 190..<240)),
        ("bigbuckbunny", .film("bigbuckbunny.mp4", frames: 0..<120)),
        ("carphone", .film("carphone.mp4", frames: 0..<110)),
        ("china", .pan("china.jpg")),
    ]

    /// The shots, at most 640 pixels wide.
    static func all(_ options: BenchmarkOptions, length: Int) throws -> [ColorClip] {
        try sources.map { name, source in
            switch source {
            case .film(let file, let frames):
                let wanted = frames.prefix(length)
                let pictures = try read(
                    options.media(file),
                    "scale='min(640,iw)':-2",
                    skip: wanted.lowerBound,
                    wanted.count
                )
                return ColorClip(name: name, pictures: pictures)
            case .pan(let file):
                let graph = "loop=loop=-1:size=1,crop=480:320:'2*n':60,setpts=N/25/TB"
                return ColorClip(name: name, pictures: try read(options.media(file), graph, skip: 0, min(length, 60)))
            }
        }
    }

    private static func read(_ path: String, _ graph: String, skip: Int, _ count: Int) throws -> [ColorPicture] {
        // By way of RGB, because swscale does not change the matrix between two layouts of YUV. The films have no tags:
        // the large one is taken as BT.709, the small ones as BT.601, as everybody does.
        let matrix = path.hasSuffix("bigbuckbunny.mp4") ? "scale=in_color_matrix=bt709," : ""
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let last = skip + count - 1
        process.arguments =
            [
                "ffmpeg", "-v", "error", "-nostdin", "-i", path, "-vf",
                "\(graph),select='between(n,\(skip),\(last))',"
                    + "\(matrix)format=gbrp,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
                "-frames:v", String(count), "-f", "yuv4mpegpipe", "-strict", "-1", "-",
            ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let pictures = try ColorPicture.parse([UInt8](data))
        guard pictures.count == count else {
            throw BenchmarkFailure("\(path) gave \(pictures.count) of \(count) frames")
        }
        return pictures
    }
}

extension ColorPicture {
    /// Reads YUV4MPEG2 of 8-bit 4:2:0.
    fileprivate static func parse(_ bytes: [UInt8]) throws -> [ColorPicture] {
        guard let end = bytes.firstIndex(of: 0x0A) else { throw BenchmarkFailure("ffmpeg gave no pictures") }
        let header = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard let width = header.first(where: { $0.hasPrefix("W") }).flatMap({ Int($0.dropFirst()) }),
            let height = header.first(where: { $0.hasPrefix("H") }).flatMap({ Int($0.dropFirst()) })
        else { throw BenchmarkFailure("ffmpeg gave a header that is not understood") }
        let sizes = [width * height, (width / 2) * (height / 2), (width / 2) * (height / 2)]
        var pictures: [ColorPicture] = []
        var position = end + 1
        while let line = bytes[min(position, bytes.count)...].firstIndex(of: 0x0A) {
            position = line + 1
            var planes: [[UInt8]] = []
            for size in sizes where position + size <= bytes.count {
                planes.append(Array(bytes[position..<position + size]))
                position += size
            }
            guard planes.count == 3 else { break }
            pictures.append(ColorPicture(width: width, height: height, planes: planes))
        }
        return pictures
    }
}
