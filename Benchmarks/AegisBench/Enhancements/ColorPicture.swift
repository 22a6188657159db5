import FFmpegKit
import Foundation
import MediaCore
import Stages

/// A frame of 8-bit 4:2:0 that colours are put into and compared in.
struct ColorPicture: Sendable {
    let width: Int
    let height: Int
    /// Y, U and V, row by row without gaps.
    private(set) var planes: [[UInt8]]

    /// The format of all pictures of a size.
    static func format(_ width: Int, _ height: Int) -> VideoFormat {
        VideoFormat(width: width, height: height, pixelFormat: .yuv420p, color: .bt709)
    }

    /// Takes samples over.
    init(width: Int, height: Int, planes: [[UInt8]]) {
        self.width = width
        self.height = height
        self.planes = planes
    }

    /// Copies a frame; codes are taken as BT.709 in limited range, whatever the tags say.
    init(_ frame: borrowing VideoFrame) {
        (width, height) = (frame.format.width, frame.format.height)
        planes = []
        for index in 0..<3 {
            var samples: [UInt8] = []
            frame.withPlane(index) { plane in
                for y in 0..<plane.height {
                    samples += UnsafeBufferPointer(start: plane.base + y * plane.stride, count: plane.width)
                }
            }
            planes.append(samples)
        }
    }

    /// A frame with these samples.
    func frame(_ pool: VideoFramePool, ticks: Int64) throws -> VideoFrame {
        var frame = try pool.makeFrame(timebase: Timebase(1, 25))
        frame.presentationTicks = ticks
        for index in 0..<3 {
            frame.withPlane(index) { plane in
                for y in 0..<plane.height {
                    for x in 0..<plane.width { plane.base[y * plane.stride + x] = planes[index][y * plane.width + x] }
                }
            }
        }
        return frame.freeze()
    }

    private func signal(_ luma: Double, _ u: UInt8, _ v: UInt8) -> SIMD3<Double> {
        let y = (luma - 16) / 219, blue = (Double(u) - 128) / 224 * 1.8556, red = (Double(v) - 128) / 224 * 1.5748
        return SIMD3(y + red, y - (0.2126 * red + 0.0722 * blue) / 0.7152, y + blue)
    }

    /// The same picture with a cast: each pixel by itself, then chroma averaged again.
    func with(_ cast: ColorCast) -> ColorPicture {
        var result = self
        let columns = width / 2
        for row in 0..<height / 2 {
            for column in 0..<columns {
                let chroma = row * columns + column
                var (u, v) = (0.0, 0.0)
                for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let index = (2 * row + y) * width + 2 * column + x
                    let color = cast.apply(signal(Double(planes[0][index]), planes[1][chroma], planes[2][chroma]))
                    let luma = (color * SIMD3(0.2126, 0.7152, 0.0722)).sum()
                    result.planes[0][index] = UInt8((16 + 219 * luma).rounded())
                    u += 128 + 224 * (color.z - luma) / 1.8556
                    v += 128 + 224 * (color.x - luma) / 1.5748
                }
                result.planes[1][chroma] = UInt8((u / 4).rounded())
                result.planes[2][chroma] = UInt8((v / 4).rounded())
            }
        }
        return result
    }

    /// Colours at every second chroma position.
    var colors: [CIELab] {
        var result: [CIELab] = []
        for row in stride(from: 0, to: height / 2, by: 2) {
            for column in stride(from: 0, to: width / 2, by: 2) {
                let first = 2 * row * width + 2 * column
                let luma = [first, first + 1, first + width, first + width + 1].reduce(0.0) {
                    $0 + Double(planes[0][$1])
                }
                let chroma = row * (width / 2) + column
                result.append(CIELab(signal: signal(luma / 4, planes[1][chroma], planes[2][chroma])))
            }
        }
        return result
    }

    /// Share of samples outside the legal range.
    var illegalShare: Double {
        let luma = planes[0].count { $0 < 16 || $0 > 235 }
        let chroma = planes[1...].reduce(0) { $0 + $1.count { $0 < 16 || $0 > 240 } }
        return Double(luma + chroma) / Double(planes.reduce(0) { $0 + $1.count })
    }
}

extension Array where Element == CIELab {
    /// Mean CIEDE2000 to other colours at the same places.
    func meanDifference(to other: [CIELab]) -> Double {
        zip(self, other).reduce(0.0) { $0 + $1.0.difference2000(to: $1.1) } / Double(Swift.max(count, 1))
    }
}
