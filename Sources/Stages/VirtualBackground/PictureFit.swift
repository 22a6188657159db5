internal import FFmpegKit
internal import MediaCore

/// Makes background pictures cover frames of a format: turned, cut to shape around the centre, scaled, recoloured.
///
/// Confined to one thread.
final class PictureFit {
    private let graph: VideoFilterGraph
    private let target: VideoFormat

    /// Builds the conversion.
    ///
    /// - Throws: ``FilterGraphError`` when libavfilter cannot do it.
    init(from source: VideoFormat, to target: VideoFormat, timebase: Timebase) throws {
        self.target = target
        graph = try VideoFilterGraph(
            Self.description(from: source, to: target),
            input: source,
            timebase: timebase,
            accepted: [target.pixelFormat],
            outputOrientation: target.orientation,
            isOutputMirrored: target.isMirrored
        )
    }

    /// Converts one picture.
    func convert(_ picture: consuming VideoFrame) throws -> VideoFrame {
        try graph.send(picture)
        guard let result = try graph.receive() else {
            throw VirtualBackgroundError.failed("libavfilter gave no background picture")
        }
        return result
    }

    /// Writes the libavfilter graph.
    static func description(from source: VideoFormat, to target: VideoFormat) -> String {
        let seen = source.upright
        let wanted = target.upright
        var steps: [String] = []
        if source.isMirrored { steps.append("hflip") }
        switch source.orientation {
        case .upright: break
        case .clockwise90: steps.append("transpose=clock")
        case .half: steps.append("hflip,vflip")
        case .clockwise270: steps.append("transpose=cclock")
        }
        // The part of the picture that has the shape of the frame on the screen, not in samples.
        let shape = wanted.displayAspect / seen.displayAspect
        let width = shape >= 1 ? seen.width : max(1, Int((Double(seen.width) * shape).rounded()))
        let height = shape <= 1 ? seen.height : max(1, Int((Double(seen.height) / shape).rounded()))
        if width != seen.width || height != seen.height { steps.append("crop=\(width):\(height)") }

        let from = "in_color_matrix=\(source.matrixName):in_range=\(source.rangeName)"
        let to = "out_color_matrix=\(target.matrixName):out_range=\(target.rangeName)"
        let quality = "flags=bicubic+accurate_rnd+full_chroma_int"
        let size = "scale=\(wanted.width):\(wanted.height)"
        if target.color.isHDR && !source.color.isHDR {
            let transfer = source.color.transfer == 13 ? "iec61966-2-1" : "709"
            let curve = target.color.transfer == 16 ? "smpte2084" : "arib-std-b67"
            let matrix = source.matrixName == "bt709" ? "709" : source.matrixName == "bt2020" ? "2020_ncl" : "170m"
            steps.append("\(size):\(quality):\(from):out_color_matrix=\(source.matrixName):out_range=tv")
            steps.append("format=yuv444p10le")
            steps.append(
                "zscale=rangein=limited:matrixin=\(matrix):primariesin=709:transferin=\(transfer)"
                    + ":range=\(target.color.isFullRange == true ? "full" : "limited"):matrix=2020_ncl:primaries=2020"
                    + ":transfer=\(curve):npl=\(Int(BackgroundColor.diffuseWhite))"
            )
        } else {
            steps.append("\(size):\(quality):\(from):\(to)")
            // A layout that every filter below takes as it is.
            if !target.isUpright {
                steps.append("format=\(target.pixelFormat.bitDepth > 8 ? "yuv444p12le" : "yuv444p")")
            }
        }
        switch target.orientation {
        case .upright: break
        case .clockwise90: steps.append("transpose=cclock")
        case .half: steps.append("hflip,vflip")
        case .clockwise270: steps.append("transpose=clock")
        }
        if target.isMirrored { steps.append("hflip") }
        if !target.isUpright || target.color.isHDR {
            let same = "in_range=\(target.rangeName):out_range=\(target.rangeName)"
            let matrix = "in_color_matrix=\(target.matrixName):out_color_matrix=\(target.matrixName)"
            steps.append("scale=\(quality):\(same):\(matrix)")
        }
        steps.append("format=\(target.pixelFormat.rawValue)")
        return steps.joined(separator: ",")
    }
}

extension VideoFormat {
    /// Width over height on the screen.
    fileprivate var displayAspect: Double {
        Double(width) / Double(height) * (sampleAspectRatio.numerator > 0 ? sampleAspectRatio.value : 1)
    }

    /// libswscale's name of the matrix, with the usual guess where the stream is silent.
    fileprivate var matrixName: String {
        switch color.matrix {
        case 1: "bt709"
        case 5, 6: "bt601"
        case 7: "smpte240m"
        case 9, 10: "bt2020"
        default: height > 576 ? "bt709" : "bt601"
        }
    }

    fileprivate var rangeName: String { color.isFullRange == true ? "pc" : "tv" }
}
