public import FFmpegKit
public import MediaCore

/// Measures the content light levels of finished HDR10 frames: MaxCLL and MaxFALL of CTA-861.3, annex P.
///
/// Every pixel counts, with the chroma sample beside it. Confined to one thread.
public final class ContentLightMeter {
    /// The largest component of any pixel so far, in cd/m².
    public private(set) var maximum = 0.0
    /// The largest mean over a frame of the pixels' largest components so far, in cd/m².
    public private(set) var maximumFrameAverage = 0.0

    private let reader: RowReader
    private let format: VideoFormat
    private let light: [Float]
    private static let steps = 4095

    /// Prepares for frames of a format.
    ///
    /// - Parameter format: planar 4:2:0 coded as PQ in BT.2020.
    public init(_ format: VideoFormat) {
        self.format = format
        reader = RowReader(format, encoding: format.colorEncoding(matrixIsBT2020: true))
        light = (0...Self.steps).map {
            Float(PerceptualQuantizer.luminance(ofSignal: Double($0) / Double(Self.steps)))
        }
    }

    /// Measures a frame; frames of other formats are left out.
    public func add(_ frame: borrowing VideoFrame) {
        guard frame.format.width == format.width, frame.format.height == format.height,
            frame.format.pixelFormat == format.pixelFormat
        else { return }
        var (largest, sum) = (Float(0), 0.0)
        for row in 0..<format.height {
            reader.read(row, of: frame)
            var rowSum = Float(0)
            for x in 0..<format.width {
                let signal = max(reader.red[x], max(reader.green[x], reader.blue[x]))
                largest = max(largest, signal)
                rowSum += light[min(max(Int(signal * Float(Self.steps) + 0.5), 0), Self.steps)]
            }
            sum += Double(rowSum)
        }
        // Overshoot of the codec may go beyond full signal, which no display shows.
        maximum = max(maximum, PerceptualQuantizer.luminance(ofSignal: Double(min(largest, 1))))
        maximumFrameAverage = max(maximumFrameAverage, sum / Double(format.width * format.height))
    }
}
