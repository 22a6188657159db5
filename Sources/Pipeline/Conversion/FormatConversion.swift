public import MediaCore

/// The libavfilter graph that turns one video format into another.
public enum FormatConversion {
    /// Writes the graph: upright first, then size, layout and colour matrix.
    ///
    /// - Returns: `nil` when nothing needs to be done.
    public static func graph(from source: VideoFormat, to target: VideoFormat) -> String? {
        var steps: [String] = []
        var (width, height) = (source.width, source.height)
        if !source.isUpright && target.isUpright {
            if source.isMirrored { steps.append("hflip") }
            switch source.orientation {
            case .upright: break
            case .clockwise90: steps.append("transpose=clock")
            case .half: steps.append("hflip,vflip")
            case .clockwise270: steps.append("transpose=cclock")
            }
            if source.orientation.swapsAxes { swap(&width, &height) }
        }
        let isOneSmaller = (0...1).contains(width - target.width) && (0...1).contains(height - target.height)
        // libswscale takes gray for full range, whatever the tags say, and would stretch the samples.
        let losesChroma = (source.pixelFormat.chroma == .none) != (target.pixelFormat.chroma == .none)
        let range = source.color.isFullRange == true ? "pc" : "tv"
        let ranges = losesChroma ? ":in_range=\(range):out_range=\(range)" : ""
        if (width != target.width || height != target.height) && isOneSmaller {
            // A codec that wants even sizes: dropping a row or column keeps every other sample as it is.
            steps.append("crop=\(target.width):\(target.height):0:0")
        } else if width != target.width || height != target.height {
            steps.append("scale=\(target.width):\(target.height):flags=bicubic+accurate_rnd\(ranges)")
        } else if source.pixelFormat != target.pixelFormat {
            // Layout only: keep the samples' positions and do not round twice.
            steps.append("scale=flags=bicubic+accurate_rnd+full_chroma_int\(ranges)")
        }
        if !steps.isEmpty { steps.append("format=\(target.pixelFormat.rawValue)") }
        return steps.isEmpty ? nil : steps.joined(separator: ",")
    }
}
