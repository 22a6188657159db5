public import FFmpegKit

/// The instances of some consecutive steps, through which frames are pushed on one thread.
///
/// Not `Sendable`: make, use and release it on the thread that does the work. Frames are pushed as far as they go before
/// the next output of a stage is looked at, so nothing piles up inside; nothing is allocated per frame.
public final class StageChain {
    private let instances: [any StageInstance]
    private let outputs: [StageOutput]
    private let taps: [StageTap]
    private let clock: any PipelineClock
    private let onResult: @Sendable (StageResult) -> Void

    /// Makes the instances of some steps of a layout.
    ///
    /// - Parameters:
    ///   - layout: the agreed chain.
    ///   - steps: which of its steps.
    ///   - converters: makes the conversions.
    ///   - taps: one for each step of the *layout*.
    ///   - clock: measures the calls.
    ///   - onResult: gets what the stages find, on this thread.
    /// - Throws: what the plans and the factory throw.
    public init(
        _ layout: PipelineLayout,
        steps: Range<Int>,
        converters: any FrameConverterFactory,
        taps: [StageTap],
        clock: any PipelineClock,
        onResult: @escaping @Sendable (StageResult) -> Void
    ) throws {
        precondition(taps.count == layout.steps.count, "a chain needs one tap for each step")
        instances = try steps.map { try layout.makeInstance(of: $0, converters: converters) }
        outputs = steps.map { _ in StageOutput() }
        self.taps = Array(taps[steps])
        self.clock = clock
        self.onResult = onResult
    }

    /// Pushes a frame through; `sink` gets every frame that comes out.
    ///
    /// - Throws: the error of a stage or of `sink`; the chain must be reset or thrown away then.
    public func push(_ frame: consuming VideoFrame, into sink: (consuming VideoFrame) throws -> Void) throws {
        try push(frame, at: 0, into: sink)
    }

    /// Lets every stage emit what it still holds, from the first to the last.
    ///
    /// - Throws: the error of a stage or of `sink`.
    public func flush(into sink: (consuming VideoFrame) throws -> Void) throws {
        for index in instances.indices {
            let start = clock.now
            try instances[index].flush(into: outputs[index])
            let elapsed = start.nanoseconds(to: clock.now)
            if try drain(index, into: sink) { taps[index].latency.record(nanoseconds: elapsed) }
        }
    }

    /// Forgets all temporal state and every frame inside.
    public func reset() {
        for index in instances.indices {
            instances[index].reset()
            while outputs[index].takeFrame() != nil {}
            outputs[index].drainResults { _ in }
        }
    }

    private func push(
        _ frame: consuming VideoFrame,
        at index: Int,
        into sink: (consuming VideoFrame) throws -> Void
    ) throws {
        guard index < instances.count else { return try sink(frame) }
        let tap = taps[index]
        tap.countIn()
        let start = clock.now
        try instances[index].process(frame, into: outputs[index])
        tap.latency.record(nanoseconds: start.nanoseconds(to: clock.now))
        try drain(index, into: sink)
    }

    /// Moves on what a stage has emitted; tells whether there was any.
    @discardableResult
    private func drain(_ index: Int, into sink: (consuming VideoFrame) throws -> Void) throws -> Bool {
        outputs[index].drainResults(onResult)
        var didEmit = false
        while let frame = outputs[index].takeFrame() {
            didEmit = true
            taps[index].countOut()
            try push(frame, at: index + 1, into: sink)
        }
        return didEmit
    }
}
