internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// Renders a measured file: every frame gets the correction that was planned for its time. Confined to one thread.
final class StabilizationInstance: StageInstance {
    private let table: StabilizationTable
    private let crop: CropMode
    private var warper: FrameWarper

    init(_ table: StabilizationTable, format: VideoFormat, crop: CropMode) {
        self.table = table
        self.crop = crop
        warper = FrameWarper(format, crop: crop)
    }

    func process(_ frame: consuming VideoFrame, into output: StageOutput) throws {
        guard !frame.isInterlaced, let correction = table.correction(at: frame.time) else {
            return output.emit(frame)
        }
        if frame.format != warper.format { warper = FrameWarper(frame.format, crop: crop) }
        output.emit(
            try warper.warp(frame, by: correction.transform, zoom: crop == .auto ? correction.zoom : 1)
        )
    }
}
