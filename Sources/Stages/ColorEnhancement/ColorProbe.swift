internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// Measures the colours of frames for `color_enhancement`.
final class ColorProbe: FrameProbe {
    private var format: VideoFormat
    private var thumbnail: FrameThumbnail
    private var meter: ColorMeter
    private var lastTiles: MediaTime?

    /// Twice a second is enough for local contrast.
    static let tileInterval = MediaTime(ticks: 1, timebase: Timebase(1, 2))

    init(_ format: VideoFormat) {
        self.format = format
        thumbnail = FrameThumbnail(format)
        meter = ColorMeter(thumbnailsOf: format)
    }

    func measure(_ frame: borrowing VideoFrame) throws -> ColorMeasurement? {
        guard frame.hasForwardRows else { return nil }
        // Tags may get lost when frames are made smaller; what the format says still holds.
        var actual = frame.format
        actual.color = format.color
        if actual != format {
            format = actual
            thumbnail = FrameThumbnail(format)
            meter = ColorMeter(thumbnailsOf: format)
        }
        frame.withFramePlanes { thumbnail.update($0) }
        return meter.measure(thumbnail.picture, wantsTiles: wantsTiles(at: frame.time))
    }

    /// Depends on times alone, so that it does not matter where a segment begins.
    private func wantsTiles(at time: MediaTime?) -> Bool {
        guard let time else { return true }
        let interval = time.rescaled(to: Self.tileInterval.timebase, rounding: .down)
        defer { lastTiles = interval }
        return lastTiles != interval
    }
}

/// Measures a file for `color_enhancement` and decides what to do with each shot.
struct ColorAnalysis: FileAnalysis {
    let plan: ColorEnhancementPlan

    /// Which interval of tiles a frame begins depends on the frame before.
    let preRollFrames = 1

    func negotiate(_ offered: VideoFormat) throws -> VideoFormat {
        let size = FrameThumbnail.size(width: offered.width, height: offered.height)
        var format = offered
        format.memory = .host
        format.pixelFormat = offered.pixelFormat.chroma == .none ? .gray : .yuv444p
        (format.width, format.height) = (size.width, size.height)
        // A small picture without tags would be taken for standard definition.
        if format.color.matrix == 2 { format.color.matrix = offered.height > 576 ? 1 : 6 }
        return format
    }

    func makeProbe(_ format: VideoFormat) -> any FrameProbe<ColorMeasurement> { ColorProbe(format) }

    func makePlan(_ file: MeasuredFile<ColorMeasurement>) -> any StagePlan {
        var looks = [ShotLook](repeating: .none, count: file.shots.count)
        var start = file.frames.startIndex
        for shot in looks.indices {
            var end = start
            while end < file.frames.endIndex, file.shots.shot(at: file.frames[end].time) == shot { end += 1 }
            looks[shot] = ShotLook(
                file.frames[start..<end],
                strength: plan.strength,
                isFullRange: file.format.color.isFullRange == true
            )
            start = end
        }
        return plan.with(looks: looks, shots: file.shots)
    }
}
