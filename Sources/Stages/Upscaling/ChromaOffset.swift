internal import Kernels
internal import MediaCore

/// Where chroma samples lie, so that they stay there when a picture is enlarged.
struct ChromaOffset: Equatable {
    /// Distance of the first chroma sample from the first luma sample, in luma samples.
    var x: Double
    /// The same for rows.
    var y: Double

    /// Reads a format's tag. Where it is silent, chroma lies as in MPEG-2 and everything after it: left, between rows.
    init(_ format: VideoFormat) {
        let location = format.color.chromaLocation
        let isCentred = location == 2 || location == 4 || location == 6
        x = format.pixelFormat.chromaShiftX == 1 && isCentred ? 0.5 : 0
        y = 0
        if format.pixelFormat.chromaShiftY == 1 {
            switch location {
            case 3, 4: y = 0
            case 5, 6: y = 1
            default: y = 0.5
            }
        }
    }

    /// The axes of a chroma plane's enlargement.
    static func axes(
        from input: VideoFormat,
        to output: VideoFormat
    ) -> (horizontal: PlaneResampler.Axis, vertical: PlaneResampler.Axis) {
        let offset = ChromaOffset(input)
        let format = input.pixelFormat
        return (
            axis(
                planes: (format.planeWidth(1, width: input.width), format.planeWidth(1, width: output.width)),
                luma: (input.width, output.width),
                subsampling: 1 << format.chromaShiftX,
                offset: offset.x
            ),
            axis(
                planes: (format.planeHeight(1, height: input.height), format.planeHeight(1, height: output.height)),
                luma: (input.height, output.height),
                subsampling: 1 << format.chromaShiftY,
                offset: offset.y
            )
        )
    }

    /// Chroma sample j of the result lies at its luma position `s j + offset`, hence at `(s j + offset + ½) r − ½` in
    /// luma samples of the source, hence at chroma sample `(… − offset) / s` of the source.
    private static func axis(
        planes: (source: Int, result: Int),
        luma: (source: Int, result: Int),
        subsampling: Int,
        offset: Double
    ) -> PlaneResampler.Axis {
        let ratio = Double(luma.source) / Double(luma.result)
        return PlaneResampler.Axis(
            sourceCount: planes.source,
            count: planes.result,
            origin: ((offset + 0.5) * ratio - 0.5 - offset) / Double(subsampling),
            step: ratio
        )
    }
}
