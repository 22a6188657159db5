import FFmpegKit
import MediaCore

extension Picture {
    /// The first pictures of an image or video file, scaled to cover a size, centred.
    ///
    /// - Throws: ``BenchmarkFailure`` when there are fewer than `count`, and what reading throws.
    static func read(_ path: String, covering size: (width: Int, height: Int)?, count: Int = 1) throws -> [Picture] {
        var pictures: [Picture] = []
        var graph: VideoFilterGraph?
        try forEachFrame(of: path) { frame in
            if graph == nil {
                graph = try VideoFilterGraph(
                    Self.conversion(of: frame.format, covering: size),
                    input: frame.format,
                    timebase: frame.timebase,
                    accepted: [.yuv444p]
                )
            }
            try graph?.send(frame)
            while pictures.count < count, let converted = try graph?.receive() {
                pictures.append(Picture(converted))
            }
            return pictures.count < count
        }
        guard pictures.count == count else { throw BenchmarkFailure("\(path) holds fewer than \(count) pictures") }
        return pictures
    }

    /// A cutout: colours of the person from one file, alpha from another, a gray full-range one of the same size.
    ///
    /// - Throws: ``BenchmarkFailure`` when the files do not fit together, and what reading throws.
    static func readCutout(colors: String, alpha: String) throws -> Picture {
        guard var cutout = try read(colors, covering: nil).first else { throw BenchmarkFailure("\(colors) is empty") }
        var isRead = false
        try forEachFrame(of: alpha) { frame in
            guard frame.format.pixelFormat == .gray, frame.format.width == cutout.width,
                frame.format.height == cutout.height
            else { throw BenchmarkFailure("\(alpha) is not the 8-bit gray alpha of \(colors)") }
            frame.withPlane(0) { plane in
                for y in 0..<plane.height {
                    for x in 0..<plane.width {
                        let share = Float(plane.base[y * plane.stride + x]) / 255
                        let index = y * cutout.width + x
                        cutout.samples[index].w = 1
                        cutout.samples[index] *= share
                    }
                }
            }
            isRead = true
            return false
        }
        guard isRead else { throw BenchmarkFailure("\(alpha) holds no picture") }
        return cutout
    }

    private init(_ frame: borrowing VideoFrame) {
        self.init(width: frame.format.width, height: frame.format.height)
        frame.withPlanes { luma, first, second in
            for y in 0..<height {
                for x in 0..<width {
                    samples[y * width + x] = SIMD4(
                        Float(luma.base[y * luma.stride + x]),
                        Float(first.base[y * first.stride + x]),
                        Float(second.base[y * second.stride + x]),
                        0
                    )
                }
            }
        }
    }

    private static func conversion(of format: VideoFormat, covering size: (width: Int, height: Int)?) -> String {
        let matrix = format.color.matrix == 1 ? "bt709" : "bt601"
        let range = format.color.isFullRange == true ? "pc" : "tv"
        let colors = "in_color_matrix=\(matrix):in_range=\(range):out_color_matrix=bt709:out_range=tv"
        let flags = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
        guard let size else { return "scale=\(flags):\(colors),format=yuv444p" }
        let cover = "\(size.width):\(size.height):force_original_aspect_ratio=increase"
        return "scale=\(cover):\(flags):\(colors),format=yuv444p,crop=\(size.width):\(size.height)"
    }

    /// Decodes a file until its end, or until the closure says that it has enough.
    private static func forEachFrame(of path: String, _ body: (consuming VideoFrame) throws -> Bool) throws {
        let demuxer = try Demuxer(path: path)
        guard let stream = demuxer.bestVideoStream else { throw BenchmarkFailure("\(path) holds no picture") }
        demuxer.select(streams: [stream.index])
        let decoder = try VideoDecoder(stream: stream)
        var isFinishing = false
        while true {
            switch try decoder.receive() {
            case .frame(let frame):
                if try !body(frame) { return }
            case .finished: return
            case .needsInput:
                if !isFinishing, let packet = try demuxer.read() {
                    _ = try decoder.send(packet)
                } else {
                    isFinishing = true
                    try decoder.finish()
                }
            }
        }
    }
}
