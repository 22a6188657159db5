import Foundation
import Stages

/// Clips for `hdr_processing`, made by ffmpeg from the pictures of set-up.
enum HDRClip {
    /// One second of HDR10: a window that moves over a picture, white at 203 cd/m², highlights up to 1000.
    static func render(_ picture: String, to path: String, _ options: BenchmarkOptions) throws {
        // White is code 38060 of 16 bits in PQ; what is above 29491 (0.45) is lifted, white to 1000 cd/m².
        let lift = "val+pow(max(0\\,val-29491)/8520\\,3)*11141"
        let graph = [
            "scale=1400:788:force_original_aspect_ratio=increase", "crop=1280:720:n*2:n", "format=gbrp",
            "zscale=rin=full:tin=iec61966-2-1:pin=bt709:min=gbr:t=smpte2084:p=bt2020:m=gbr:r=full:npl=203",
            "format=gbrp16le", "lutrgb=r='\(lift)':g='\(lift)':b='\(lift)'", "zscale=m=bt2020nc:r=limited",
            "format=yuv420p10le",
        ]
        _ = try ToolRun(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-y", "-loop", "1", "-framerate", "25", "-i", options.media(picture), "-t",
                "1", "-vf", graph.joined(separator: ","), "-c:v", "libx265", "-preset", "ultrafast", "-crf", "8",
                "-x265-params", "log-level=error", "-color_primaries", "bt2020", "-color_trc", "smpte2084",
                "-colorspace", "bt2020nc", "-color_range", "tv", path,
            ]
        )
    }

    /// The usual chain of filters from HDR10 to ordinary video.
    static func chain(_ operator: String) -> String {
        "zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=\(`operator`):desat=0,"
            + "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
    }
}

/// The light of one frame of a file: linear BT.2020 in cd/m², white of ordinary video at 203.
struct LightPicture {
    let width: Int
    let height: Int
    let light: [SIMD3<Double>]
    /// The signals that the light was computed from.
    let signals: [SIMD3<Double>]

    /// Decodes a frame with ffmpeg.
    ///
    /// - Parameters:
    ///   - path: a file of HDR10 or BT.709 of a known size.
    ///   - isHDR: which of both.
    ///   - seconds: the time of the frame.
    init(_ path: String, isHDR: Bool, at seconds: Double, width: Int, height: Int, _ options: BenchmarkOptions) throws {
        let raw = options.scratch + "/light.raw"
        _ = try ToolRun(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-y", "-ss", String(seconds), "-i", path, "-frames:v", "1", "-vf",
                "scale=in_color_matrix=\(isHDR ? "bt2020" : "bt709"):in_range=tv:"
                    + "flags=bilinear+accurate_rnd+full_chroma_int,format=rgb48le", "-f", "rawvideo", raw,
            ]
        )
        let data = try Data(contentsOf: URL(fileURLWithPath: raw))
        try FileManager.default.removeItem(atPath: raw)
        guard data.count == width * height * 6 else { throw BenchmarkFailure("\(path) has another size") }
        self.width = width
        self.height = height
        let matrix = RGBPrimaries.bt709.matrix(to: .bt2020)
        signals = data.withUnsafeBytes { bytes in
            let samples = bytes.bindMemory(to: UInt16.self)
            return (0..<(width * height)).map { index -> SIMD3<Double> in
                let code = SIMD3<UInt16>(samples[3 * index], samples[3 * index + 1], samples[3 * index + 2])
                return SIMD3<Double>(code) / 65535
            }
        }
        light = signals.map { signal -> SIMD3<Double> in
            if isHDR { return PerceptualQuantizer.luminance(ofSignal: signal) }
            let relative = DisplayGamma.bt1886.light(ofSignal: signal)
            return (matrix * relative) * HighlightExpansion.referenceWhite
        }
    }

    /// Mean ΔE_ITP from another picture over the mid-tones of this one: 1...60 cd/m², where no curve has to bend.
    func midToneDifference(from other: LightPicture) -> Double {
        mean { index in
            let brightest = light[index].max()
            guard brightest >= 1, brightest <= 60 else { return nil }
            return ICtCp(bt2020: light[index]).difference(from: ICtCp(bt2020: other.light[index]))
        }
    }

    /// Mean angle between the hues of clearly coloured pixels, in degrees.
    func hueShift(to other: LightPicture) -> Double {
        mean { index in
            let (a, b) = (ICtCp(bt2020: light[index]), ICtCp(bt2020: other.light[index]))
            return min(a.chroma, b.chroma) > 0.03 && a.intensity > 0.1 ? a.hueShift(to: b) : nil
        }
    }

    /// Pixels that are at full signal in a result although there was brighter light in the picture, in per cent.
    func clippedShare(in result: LightPicture) -> Double {
        let levels = light.map { $0.max() }
        let peak = percentile(levels, 0.9995)
        let clipped = zip(levels, result.signals).count { $0 < 0.9 * peak && $1.max() >= 1 - 0.5 / 219 }
        return 100 * Double(clipped) / Double(levels.count)
    }

    private func mean(_ value: (Int) -> Double?) -> Double {
        var (sum, count) = (0.0, 0)
        // Every third pixel is enough.
        for index in stride(from: 0, to: light.count, by: 3) {
            guard let value = value(index) else { continue }
            sum += value
            count += 1
        }
        return count > 0 ? sum / Double(count) : 0
    }
}
