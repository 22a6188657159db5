import Foundation
import MediaTestKit
import Testing

/// Clips with sound, and ears that nobody here wrote.
enum SoundMedia {
    /// Beeps at irregular moments that tell exactly where sound lies.
    static let beeps = "aevalsrc=0.1*sin(2*PI*(300+200*t)*t)*gt(mod(t*t\\,0.7)\\,0.3):s=48000:d=3"

    /// Makes a clip of a small picture and beeps.
    static func clip(_ path: String, audio: [String], offset: Double = 0, more: [String] = []) throws {
        try MediaTools.make(
            path,
            [
                "-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=3", "-itsoffset", "\(offset)", "-f", "lavfi", "-i", beeps,
                "-c:v", "libx264", "-preset", "ultrafast", "-metadata:s:a:0", "language=fra",
            ] + audio + more
        )
    }

    /// The sound of a file as one channel, from the moment of its first picture on.
    static func samples(_ path: String, rate: Int = 48_000) throws -> [Float] {
        let video = try MediaTools.run(
            "ffprobe",
            ["-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path]
        )
        let first = video.split(whereSeparator: { "\n,".contains($0) }).compactMap { Double($0) }.min() ?? 0
        let text = try MediaTools.run(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-copyts", "-i", path, "-map", "0:a:0", "-af",
                "aresample=async=1:min_hard_comp=0.0001:first_pts=0", "-ac", "1", "-ar", "\(rate)", "-f", "s16be",
                "-c:a", "pcm_s16be", path + ".raw", "-y",
            ]
        )
        #expect(text.isEmpty)
        let data = try Data(contentsOf: URL(fileURLWithPath: path + ".raw"))
        try FileManager.default.removeItem(atPath: path + ".raw")
        let all = stride(from: 0, to: data.count - 1, by: 2).map { place in
            Float(Int16(bitPattern: UInt16(data[place]) << 8 | UInt16(data[place + 1]))) / 32_768
        }
        return Array(all.dropFirst(max(0, Int((first * Double(rate)).rounded()))))
    }

    /// By how many samples the second sound is late against the first; looked for up to `reach`.
    static func lag(_ first: [Float], _ second: [Float], around guess: Int = 0, reach: Int = 60) -> Int {
        var best = (lag: Int.max, product: -Float.infinity)
        first.withUnsafeBufferPointer { first in
            second.withUnsafeBufferPointer { second in
                for lag in (guess - reach)...(guess + reach) {
                    var product: Float = 0
                    // Sound without much repetition: some thousands of samples tell.
                    var index = max(24_000, -lag)
                    while index < 70_000, index < first.count, index + lag < second.count {
                        product += first[index] * second[index + lag]
                        index += 3
                    }
                    if product > best.product { best = (lag, product) }
                }
            }
        }
        return best.lag
    }

    /// Integrated loudness and true peak of a file as FFmpeg's own meter sees them.
    static func loudness(_ path: String) throws -> (integrated: Double, truePeak: Double) {
        let text = try MediaTools.run(
            "sh",
            [
                "-c", "ffmpeg -nostdin -hide_banner -i \"$1\" -map 0:a:0 -af ebur128=peak=true -f null - 2>&1", "sh",
                path,
            ]
        )
        func last(_ name: String) -> Double {
            let lines = text.split(separator: "\n").filter { $0.trimmingCharacters(in: .whitespaces).hasPrefix(name) }
            let words = lines.last?.split(separator: " ") ?? []
            return words.dropLast().last.flatMap { Double($0) } ?? .nan
        }
        return (last("I:"), last("Peak:"))
    }
}
