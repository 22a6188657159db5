public import FFmpegKit
internal import Kernels
internal import MediaCore
public import Pipeline

/// The part of `noise_reduction` that one stream or segment has: the frames around the one that is filtered next.
///
/// Confined to one thread. A frame's result depends on nothing but the frames within the plan's radius, so it does not
/// matter where a segment begins. After the first frames nothing is allocated here for a frame.
public final class NoiseReductionInstance: StageInstance {
    private let plan: NoiseReductionPlan
    private let radius: Int
    private var workspace: NoiseReductionWorkspace
    /// Consecutive frames, oldest first; at most `radius` on each side of the next one to emit.
    private var window: [HeldFrame] = []
    private var spare: [HeldFrame] = []
    /// The place in the window of the next frame to emit.
    private var next = 0
    /// For the report: what was measured on the way.
    private var noise: (sum: Double, count: Int) = (0, 0)

    init(_ plan: NoiseReductionPlan, radius: Int, format: VideoFormat) {
        self.plan = plan
        self.radius = radius
        workspace = NoiseReductionWorkspace(radius: radius, format: format)
        window.reserveCapacity(2 * radius + 2)
        spare.reserveCapacity(2 * radius + 2)
    }

    /// Takes a frame and emits the one that now has all its neighbours.
    public func process(_ frame: consuming VideoFrame, into output: StageOutput) throws {
        if frame.format != workspace.format {
            try flushFrames(into: output)
            workspace = NoiseReductionWorkspace(radius: radius, format: frame.format)
            spare.removeAll(keepingCapacity: true)
        }
        append(frame)
        while window.count - next > radius { try emitNext(into: output) }
    }

    /// Emits what waits for frames that will not come, and reports how noisy the picture was on average where the plan does
    /// not know that.
    public func flush(into output: StageOutput) throws {
        try flushFrames(into: output)
        guard noise.count > 0 else { return }
        output.report(
            StageResult(
                stage: plan.name,
                time: nil,
                finding: .metric(name: "noise_sigma", value: noise.sum / Double(noise.count), unit: "")
            )
        )
        noise = (0, 0)
    }

    /// Forgets all frames.
    public func reset() {
        while let held = window.popLast() { recycle(held) }
        next = 0
    }

    private func flushFrames(into output: StageOutput) throws {
        while next < window.count { try emitNext(into: output) }
        reset()
    }

    private func recycle(_ held: HeldFrame) {
        held.clear()
        spare.append(held)
    }

    // MARK: - Frames that come

    private func append(_ frame: consuming VideoFrame) {
        let held = spare.popLast() ?? HeldFrame(workspace.format)
        held.shot = plan.measured?.shots.shot(at: frame.time) ?? 0
        let isMeasured = plan.measured != nil
        if isMeasured { held.noise = plan.treatment(ofShot: held.shot)?.noise }
        if !isMeasured || held.noise != nil {
            frame.load(into: held.planes)
            held.pyramid.fill(from: held.planes[0])
            held.isLoaded = true
        }
        if !isMeasured { held.noise = workspace.measure(held) }
        if let last = window.last, last.shot == held.shot, last.isLoaded, held.isLoaded {
            held.beginsShot = workspace.isCut(from: last, to: held)
        }
        held.frame = consume frame
        window.append(held)
    }

    // MARK: - Frames that go

    private func emitNext(into output: StageOutput) throws {
        let held = window[next]
        guard let frame = held.frame.take() else { preconditionFailure("every frame is emitted once") }
        let (before, after) = reach(of: next)
        if let (treatment, noise) = treatment(of: held, before, after), held.isLoaded {
            if plan.measured == nil { self.noise = (self.noise.sum + Double(noise.luma), self.noise.count + 1) }
            let neighbours = NoiseReductionWorkspace.Neighbours(
                window: window,
                centre: next,
                before: min(before, treatment.radius),
                after: min(after, treatment.radius)
            )
            output.emit(try workspace.filter(frame, treatment, noise, neighbours))
        } else {
            output.emit(frame)
        }
        next += 1
        while next > radius {
            recycle(window.removeFirst())
            next -= 1
        }
    }

    /// How many frames of the same shot the window holds on each side.
    private func reach(of index: Int) -> (before: Int, after: Int) {
        var before = 0
        while before < radius, index > before, !window[index - before].beginsShot { before += 1 }
        var after = 0
        while after < radius, index + after + 1 < window.count, !window[index + after + 1].beginsShot { after += 1 }
        return (before, after)
    }

    private func treatment(
        of held: HeldFrame,
        _ before: Int,
        _ after: Int
    ) -> (treatment: NoiseTreatment, noise: PlaneNoise)? {
        if plan.measured != nil { return plan.treatment(ofShot: held.shot) }
        return middleNoise((next - before)...(next + after)).flatMap(plan.treatment(of:))
    }

    /// The noise of that frame of the window whose luma is the median: as steady as it can be without depending on more
    /// frames than the result does.
    private func middleNoise(_ indices: ClosedRange<Int>) -> PlaneNoise? {
        var count = 0
        for index in indices where window[index].noise != nil { count += 1 }
        for index in indices {
            guard let candidate = window[index].noise else { continue }
            var (below, equal) = (0, 0)
            for other in indices {
                guard let noise = window[other].noise else { continue }
                if noise.luma < candidate.luma { below += 1 }
                if noise.luma == candidate.luma { equal += 1 }
            }
            if below <= count / 2, count / 2 < below + equal { return candidate }
        }
        return nil
    }
}
