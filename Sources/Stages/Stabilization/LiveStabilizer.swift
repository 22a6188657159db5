internal import FFmpegKit
internal import MediaCore
internal import Pipeline

/// Stabilises without having seen the whole: looks some frames ahead and never takes back what was shown.
///
/// For every frame the same problem as for files is solved over the frames that wait, going on from the poses that were
/// shown last. The zoom is fixed, so that the picture does not breathe. Frames wait as they came, nothing is copied.
/// Confined to one thread; nothing is allocated per frame.
final class LiveStabilizer: StageInstance {
    /// One frame's camera.
    private struct View {
        var pose: SimilarityTransform
        /// Numbers the shots; a path goes on within one only.
        var shot: Int
    }

    /// How much larger everything is shown.
    static let zoom = 1.08
    /// A frame that differs more from the last one begins a new shot, when nothing could be followed into it.
    private static let cutStrangeness: Float = 0.42
    private static let memory = 3

    private let crop: CropMode
    private let smoothing: Double
    private let lookAhead: Int
    private var estimator: MotionEstimator?
    private var warper: FrameWarper
    private var smoother: PathSmoother
    private var waiting = FrameQueue(initialCapacity: 32)
    /// The views of the frames that wait, oldest first.
    private var views: [View] = []
    /// The poses of the frames that were shown last in the shot `shownShot`, as they were and as they were shown.
    private var shown: [(pose: SimilarityTransform, calm: SimilarityTransform)] = []
    private var shownShot = 0
    private var shot = 0
    private var poses: [SimilarityTransform] = []
    private var calm: [SimilarityTransform] = []

    /// Frames a second where the stream does not say.
    private static let usualRate = 30.0

    init(format: VideoFormat, crop: CropMode, smoothing: Double, lookAhead: Int = StabilizationPlan.lookAhead) {
        self.crop = crop
        self.smoothing = smoothing
        self.lookAhead = lookAhead
        estimator = MotionEstimator(format)
        warper = FrameWarper(format, crop: crop)
        smoother = Self.makeSmoother(format, smoothing)
    }

    private static func makeSmoother(_ format: VideoFormat, _ smoothing: Double) -> PathSmoother {
        let sample = format.sampleAspectRatio.value > 0 ? format.sampleAspectRatio.value : 1
        return PathSmoother(
            geometry: CropGeometry(
                aspect: Double(format.width) * sample / Double(format.height),
                maximumZoom: zoom
            ),
            time: smoothing * min(240, max(5, format.frameRate?.value ?? usualRate))
        )
    }

    func process(_ frame: consuming VideoFrame, into output: StageOutput) throws {
        if frame.format != warper.format {
            try flush(into: output)
            reset()
            estimator = MotionEstimator(frame.format)
            warper = FrameWarper(frame.format, crop: crop)
            smoother = Self.makeSmoother(frame.format, smoothing)
        }
        look(at: frame)
        waiting.append(frame)
        while waiting.count > lookAhead { try emitOldest(into: output) }
    }

    func flush(into output: StageOutput) throws {
        while !waiting.isEmpty { try emitOldest(into: output) }
    }

    func reset() {
        while waiting.popFirst() != nil {}
        views.removeAll(keepingCapacity: true)
        shown.removeAll(keepingCapacity: true)
        estimator?.reset()
        shot += 1
    }

    /// Notes where the camera looks in the newest frame.
    private func look(at frame: borrowing VideoFrame) {
        let motion = estimator?.measure(frame) ?? .unknown
        if !motion.isReliable, let estimator, estimator.strangeness > Self.cutStrangeness { shot += 1 }
        let last = views.last ?? shown.last.map { View(pose: $0.pose, shot: shownShot) }
        var pose = SimilarityTransform.identity
        if let last, last.shot == shot {
            // What is not the camera's motion is let through.
            pose = motion.isReliable ? last.pose.after(motion.motion.inverse) : last.pose
        }
        views.append(View(pose: pose, shot: shot))
    }

    private func emitOldest(into output: StageOutput) throws {
        guard let frame = waiting.popFirst() else { return }
        let view = views[0]
        if view.shot != shownShot { shown.removeAll(keepingCapacity: true) }
        shownShot = view.shot
        poses.removeAll(keepingCapacity: true)
        calm.removeAll(keepingCapacity: true)
        for entry in shown {
            poses.append(entry.pose)
            calm.append(entry.calm)
        }
        let index = shown.count
        for next in views where next.shot == view.shot { poses.append(next.pose) }
        smoother.smooth(poses, into: &calm, limits: PathSmoother.Limits())
        let pose = calm[index]
        if shown.count == Self.memory { shown.removeFirst() }
        shown.append((view.pose, pose))
        views.removeFirst()
        guard !frame.isInterlaced, estimator != nil else { return output.emit(frame) }
        output.emit(
            try warper.warp(frame, by: view.pose.inverse.after(pose), zoom: crop == .auto ? Self.zoom : 1)
        )
    }
}
