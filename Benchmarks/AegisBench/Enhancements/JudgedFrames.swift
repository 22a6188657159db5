import FFmpegKit
import Pipeline

/// One run of frames in memory for a guard.
final class JudgedFrames: SampleFrames {
    let agreement: FormatAgreement
    let runCount = 1
    private var frames = FrameQueue()

    init(_ frames: borrowing FrameQueue, _ agreement: FormatAgreement) throws {
        self.agreement = agreement
        for index in 0..<frames.count {
            try frames.withFrame(at: index) { self.frames.append(try $0.share()) }
        }
    }

    func withRun<R>(_ index: Int, _ body: (borrowing FrameQueue) throws -> R) throws -> R { try body(frames) }
}
