public import FFmpegKit
public import MediaCore
public import Pipeline

/// A stage whose behaviour is written in the test.
public final class FakeStage: StageInstance {
    private let onProcess: (consuming VideoFrame, StageOutput) throws -> Void
    private let onFlush: (StageOutput) throws -> Void
    private let onReset: () -> Void
    private let onFallback: (borrowing VideoFrame) -> VideoFrame?

    /// Makes a stage; it passes frames on unless told otherwise.
    public init(
        process: @escaping (consuming VideoFrame, StageOutput) throws -> Void = { frame, output in output.emit(frame) },
        flush: @escaping (StageOutput) throws -> Void = { _ in },
        reset: @escaping () -> Void = {},
        fallback: @escaping (borrowing VideoFrame) -> VideoFrame? = { _ in nil }
    ) {
        onProcess = process
        onFlush = flush
        onReset = reset
        onFallback = fallback
    }

    /// A stage that keeps each frame until `count` newer ones have come.
    public static func delaying(by count: Int) -> FakeStage {
        let held = HeldFrames()
        return FakeStage(
            process: { frame, output in
                held.queue.append(frame)
                if held.queue.count > count, let oldest = held.queue.popFirst() { output.emit(oldest) }
            },
            flush: { output in
                while let frame = held.queue.popFirst() { output.emit(frame) }
            },
            reset: {
                while held.queue.popFirst() != nil {}
            }
        )
    }

    /// Runs the closure.
    public func process(_ frame: consuming VideoFrame, into output: StageOutput) throws {
        try onProcess(frame, output)
    }

    /// Runs the closure.
    public func flush(into output: StageOutput) throws { try onFlush(output) }

    /// Runs the closure.
    public func reset() { onReset() }

    /// Runs the closure.
    public func fallback(for frame: borrowing VideoFrame) -> VideoFrame? { onFallback(frame) }
}

private final class HeldFrames {
    var queue = FrameQueue()
}

/// A plan whose behaviour is written in the test.
public struct FakePlan: StagePlan {
    /// The name.
    public var name: String
    /// The parameters, none by default.
    public var parameters = StageParameters(checked: [:])
    /// The declared latency.
    public var latencyFrames: Int
    /// The declared pre-roll.
    public var preRollFrames: Int
    private let onNegotiate: @Sendable (VideoFormat) throws -> FormatAgreement
    private let onMake: @Sendable (FormatAgreement) throws -> any StageInstance

    /// Makes a plan; it takes and emits whatever it is offered unless told otherwise.
    public init(
        _ name: String = "fake",
        latencyFrames: Int = 0,
        preRollFrames: Int = 0,
        negotiate: @escaping @Sendable (VideoFormat) throws -> FormatAgreement = { offered in
            FormatAgreement(input: offered, output: offered)
        },
        makeInstance: @escaping @Sendable (FormatAgreement) throws -> any StageInstance = { _ in FakeStage() }
    ) {
        self.name = name
        self.latencyFrames = latencyFrames
        self.preRollFrames = preRollFrames
        onNegotiate = negotiate
        onMake = makeInstance
    }

    /// Runs the closure.
    public func negotiate(_ offered: VideoFormat) throws -> FormatAgreement { try onNegotiate(offered) }

    /// Runs the closure.
    public func makeInstance(_ agreement: FormatAgreement) throws -> any StageInstance { try onMake(agreement) }

    /// A plan that wants one pixel format in host memory and emits the same.
    public static func wanting(_ pixelFormat: PixelFormat, name: String = "fake") -> FakePlan {
        FakePlan(
            name,
            negotiate: { offered in
                var format = offered
                format.pixelFormat = pixelFormat
                format.memory = .host
                return FormatAgreement(input: format, output: format)
            }
        )
    }
}
