import FFmpegKit
import Foundation
import MediaCore

/// Pictures for people: rows of frame, alpha and composite side by side, as they are.
struct ContactSheet {
    /// One row.
    struct Row {
        var frame: CodedPicture
        var alpha: AlphaPlane
        var composite: CodedPicture

        fileprivate var tiles: [CodedPicture] { [frame, CodedPicture(alpha, format: frame.format), composite] }
    }

    /// From top to bottom; all of one size.
    var rows: [Row]

    /// Writes the sheet as a PNG.
    ///
    /// - Throws: what encoding and writing throw.
    func write(to path: String) throws {
        guard let tile = rows.first?.frame.format else { return }
        var format = tile
        format.width *= 3
        format.height *= rows.count
        let timebase = Timebase(1, 1)
        var sheet = try VideoFramePool(format: format, capacity: 1).makeFrame(timebase: timebase)
        sheet.presentationTicks = 0
        for plane in 0..<3 {
            let width = tile.pixelFormat.planeWidth(plane, width: tile.width)
            let height = tile.pixelFormat.planeHeight(plane, height: tile.height)
            sheet.withPlane(plane) { target in
                for (row, tiles) in rows.map(\.tiles).enumerated() {
                    for (column, picture) in tiles.enumerated() {
                        for y in 0..<height {
                            let line = target.base + (row * height + y) * target.stride + column * width
                            for x in 0..<width { line[x] = picture.planes[plane][y * width + x] }
                        }
                    }
                }
            }
        }
        var configuration = VideoEncoder.Configuration(
            encoderName: "png",
            format: format,
            timebase: timebase,
            frameRate: nil
        )
        configuration.options = [CodecOption("compression_level", "3")]
        let encoder = try VideoEncoder(configuration)
        try encoder.send(sheet.freeze())
        try encoder.finish()
        guard let packet = try encoder.receive() else { throw BenchmarkFailure("the png encoder gave nothing") }
        let data = packet.withBytes { bytes in Data(bytes.indices.map { bytes[$0] }) }
        try data.write(to: URL(fileURLWithPath: path))
    }
}
