public import FFmpegKit
internal import Kernels
internal import MediaCore
public import Pipeline

/// The part of `color_enhancement` that one stream or segment has: the table of the shot, frames under construction.
///
/// Confined to one thread. Within a shot nothing is allocated here for a frame; a new shot bakes a new table.
public final class ColorEnhancementInstance: StageInstance {
    private let plan: ColorEnhancementPlan
    private var workspace: ColorWorkspace

    init(_ plan: ColorEnhancementPlan, format: VideoFormat) {
        self.plan = plan
        workspace = ColorWorkspace(plan, format: format)
    }

    /// Corrects a frame and emits it at once.
    public func process(_ frame: consuming VideoFrame, into output: StageOutput) throws {
        if frame.format != workspace.format { workspace = ColorWorkspace(plan, format: frame.format) }
        if !frame.hasForwardRows {
            var copy = try workspace.pool.makeFrame(timebase: frame.timebase)
            try copy.copyProperties(of: frame)
            try copy.copySamples(of: frame)
            frame = copy.freeze()
        }
        guard workspace.prepare(for: frame) else {
            output.emit(frame)
            return
        }
        output.emit(try workspace.map(frame))
    }

    /// Forgets what was seen: the next frame does not follow the last one.
    public func reset() { workspace.reset() }
}

/// What frames of one format need.
private final class ColorWorkspace {
    let format: VideoFormat
    let pool: VideoFramePool

    private let plan: ColorEnhancementPlan
    private let encoding: ColorEncoding
    private var mapper: ColorMapper
    private let grid = ToneGrid(columns: TileHistograms.columns, rows: TileHistograms.rows)
    /// Follows a stream that was not measured.
    private let follower: ColorFollower?
    /// The table in use, and what it was baked from.
    private var lut: ColorLUT?
    private var baked: ColorCorrection?
    private var hasTone = false

    init(_ plan: ColorEnhancementPlan, format: VideoFormat) {
        self.plan = plan
        self.format = format
        pool = VideoFramePool(format: format)
        encoding = ColorEncoding(format)
        let layout = FrameLayout(format)
        mapper = ColorMapper(
            input: layout,
            output: layout,
            siting: ChromaSiting(chromaLocation: format.color.chromaLocation)
        )
        // What is told about the light of ordinary video does not hold for PQ and HLG.
        let isFollowing = plan.looks == nil && plan.strength > 0 && !format.color.isHDR
        follower = isFollowing ? ColorFollower(format, strength: plan.strength) : nil
    }

    func reset() { follower?.reset() }

    /// Finds out what to do with a frame.
    ///
    /// - Returns: `false` when it stays as it is.
    func prepare(for frame: borrowing VideoFrame) -> Bool {
        let correction: ColorCorrection
        if format.color.isHDR {
            (correction, hasTone) = (.none, false)
        } else if let follower {
            frame.withFramePlanes { follower.update($0, at: frame.time) }
            correction = follower.correction
            hasTone = follower.fill(grid)
        } else if let looks = plan.looks {
            let look = looks[plan.shots.shot(at: frame.time)]
            correction = look.correction
            hasTone = look.fill(grid, at: frame.time)
        } else {
            (correction, hasTone) = (.none, false)
        }
        if correction == .none && !hasTone && plan.cube == nil { return false }
        if correction != baked {
            lut = ColorTable.bake(correction, plan.cube, encoding, isQuick: follower != nil)
            baked = correction
        }
        return true
    }

    func map(_ frame: borrowing VideoFrame) throws -> VideoFrame {
        guard let lut else { preconditionFailure("prepare comes first") }
        var result = try pool.makeFrame(timebase: frame.timebase)
        try result.copyProperties(of: frame)
        frame.withFramePlanes { from in
            result.withFramePlanes { to in
                mapper.run(input: from, output: to, lut: lut, tone: hasTone ? grid : nil)
            }
        }
        return result.freeze()
    }
}
