internal import FFmpegKit
internal import Kernels
internal import MediaCore
internal import Inference
internal import OpenVINOKit

/// Everything that an instance needs for frames of one format.
///
/// Confined to one thread.
final class VirtualBackgroundWorkspace {
    let format: VideoFormat
    let pool: VideoFramePool
    let finder: PersonFinder
    let composer: FrameComposer
    private(set) var statistics: MaskStatistics
    private let safeComposer: SafeComposer
    private let feed: BackgroundFeed
    /// Time of the last frame that had one, for those that have none.
    private var lastTime = MediaTime.zero

    /// Whole-frame blur hides a room at any strength that the user chose for the background.
    private static let safeStrength = 0.8

    init(
        _ plan: VirtualBackgroundPlan,
        format: VideoFormat,
        shape: MaskShape,
        request: any InferenceRequest
    ) throws {
        self.format = format
        pool = VideoFramePool(format: format)
        let layout = FrameLayout(format)
        let geometry = FrameGeometry(format)
        feed = try BackgroundFeed(plan.background, format: format)
        finder = PersonFinder(format, layout: layout, geometry: geometry, shape: shape, request: request)
        var isBlur = false
        if case .blur = feed { isBlur = true }
        composer = FrameComposer(
            layout: layout,
            geometry: geometry,
            blurRadius: isBlur ? BlurRadius.cells(strength: plan.strength, gridWidth: geometry.gridWidth) : nil
        )
        safeComposer = SafeComposer(
            layout: layout,
            geometry: geometry,
            blurRadius: BlurRadius.cells(
                strength: max(plan.strength, Self.safeStrength),
                gridWidth: geometry.gridWidth
            )
        )
        statistics = MaskStatistics(geometry: geometry)
    }

    /// Forgets everybody.
    func reset() {
        finder.reset()
        composer.reset()
    }

    /// Finds the people in a frame and puts the background behind them.
    func compose(_ frame: borrowing VideoFrame) throws -> VideoFrame {
        if let time = frame.time { lastTime = time }
        try feed.choose(at: lastTime)
        var result = try pool.makeFrame(timebase: frame.timebase)
        try result.copyProperties(of: frame)
        try frame.withFramePlanes { input in
            let isFirst = try finder.update(input)
            if isFirst { composer.reset() }
            statistics.add(finder.mask, isFirst: isFirst)
            result.withFramePlanes { output in
                feed.withBackdrop { backdrop in
                    composer.compose(input, into: output, people: finder, backdrop: backdrop)
                }
            }
        }
        return result.freeze()
    }

    /// Makes a picture of a frame without looking for people in it.
    ///
    /// - Parameters:
    ///   - frame: the frame.
    ///   - usesMask: whether people are where they were in the last frame; otherwise nobody is shown.
    func composeSafely(_ frame: borrowing VideoFrame, usingMask usesMask: Bool) throws -> VideoFrame {
        var result = try pool.makeFrame(timebase: frame.timebase)
        try result.copyProperties(of: frame)
        frame.withFramePlanes { input in
            finder.guide.update(input)
            let hasMask = usesMask && !finder.isReset && !finder.differsFromLast
            result.withFramePlanes { output in
                feed.withBackdrop { backdrop in
                    safeComposer.compose(
                        input,
                        into: output,
                        people: finder,
                        usingMask: hasMask,
                        // Without anybody the frame itself is blurred, so that viewers see that the stream goes on.
                        backdrop: hasMask ? backdrop : nil
                    )
                }
            }
        }
        return result.freeze()
    }
}
