public import FFmpegKit

/// Passes every frame as it is: a conversion between formats that differ in name only.
public final class PassingStage: StageInstance {
    /// Makes an instance.
    public init() {}

    /// Emits the frame.
    public func process(_ frame: consuming VideoFrame, into output: StageOutput) { output.emit(frame) }
}
