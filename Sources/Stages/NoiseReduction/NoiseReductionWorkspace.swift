internal import FFmpegKit
internal import Kernels
internal import MediaCore

/// Kernels and buffers for frames of one format. Confined to one thread.
final class NoiseReductionWorkspace {
    let format: VideoFormat
    private let pool: VideoFramePool
    private let estimator: NoiseEstimator
    private var search: MotionSearch
    private var filter: NoiseFilter
    /// For each distance in time: vectors to the frames before and after.
    private let motion: [(before: MotionField, after: MotionField)]
    private let chromaMotion: (before: MotionField, after: MotionField)?
    /// For each distance: how both neighbours differ from the frame; luma's and chroma's sizes.
    private let lumaSums: [NoisePlane]
    private let chromaSums: [NoisePlane]

    /// By measurement: more (1.5 is a usual rule where chroma is not measured by itself) costs a decibel and saturation.
    private static let chromaFactor: Float = 1.1

    /// A mean difference in code values that motion does not explain: another picture.
    private static let cutDifference: Float = 14

    init(radius: Int, format: VideoFormat) {
        self.format = format
        let (width, height) = (format.width, format.height)
        pool = VideoFramePool(format: format)
        estimator = NoiseEstimator(format)
        search = MotionSearch(width: width, height: height)
        filter = NoiseFilter(width: width)
        motion = (0..<radius).map { _ in
            (MotionField(width: width, height: height), MotionField(width: width, height: height))
        }
        lumaSums = (0..<radius).map { _ in NoisePlane(width: width, height: height) }
        guard format.pixelFormat.planeCount > 1 else {
            (chromaMotion, chromaSums) = (nil, [])
            return
        }
        let chromaWidth = format.pixelFormat.planeWidth(1, width: width)
        let chromaHeight = format.pixelFormat.planeHeight(1, height: height)
        chromaMotion = (
            MotionField(width: chromaWidth, height: chromaHeight), MotionField(width: chromaWidth, height: chromaHeight)
        )
        chromaSums = (0..<radius).map { _ in NoisePlane(width: chromaWidth, height: chromaHeight) }
    }

    /// How noisy a frame looks.
    func measure(_ held: HeldFrame) -> PlaneNoise? { estimator.measure(held.planes) }

    /// Whether a frame shows something else than the one before.
    func isCut(from last: HeldFrame, to held: HeldFrame) -> Bool {
        search.difference(held.pyramid, last.pyramid) > Self.cutDifference
    }

    /// A frame and those around it that show the same shot.
    struct Neighbours {
        let window: [HeldFrame]
        let centre: Int
        /// How many frames before and after it there are.
        let before: Int
        let after: Int

        var held: HeldFrame { window[centre] }
        /// The largest distance at which there is a frame on one side at least.
        var radius: Int { max(before, after) }

        /// The frame before at a distance, or in its place the one after, and the other way round.
        func pair(_ distance: Int) -> (first: HeldFrame, second: HeldFrame) {
            (
                window[distance <= before ? centre - distance : centre + distance],
                window[distance <= after ? centre + distance : centre - distance]
            )
        }
    }

    /// The frame without noise.
    func filter(
        _ frame: borrowing VideoFrame,
        _ treatment: NoiseTreatment,
        _ noise: PlaneNoise,
        _ neighbours: Neighbours
    ) throws -> VideoFrame {
        findMotion(neighbours)
        var result = try pool.makeFrame(timebase: frame.timebase)
        try result.copyProperties(of: frame)
        for plane in 0..<format.pixelFormat.planeCount {
            let sums = plane == 0 ? lumaSums : chromaSums
            compensate(plane, neighbours, sums)
            let parameters = NoiseFilter.Parameters(
                before: neighbours.before,
                after: neighbours.after,
                step: treatment.step,
                deviation: noise[plane],
                limit: treatment.limit * (plane == 0 ? 1 : Self.chromaFactor),
                grain: treatment.grain,
                depth: format.pixelFormat.bitDepth,
                range: format.codeRange(ofPlane: plane)
            )
            result.withPlane(plane) { view in
                filter.run(parameters, neighbours.held.planes[plane], sums: sums, into: view.base, stride: view.stride)
            }
        }
        return result.freeze()
    }

    // MARK: - Motion

    /// Finds vectors to all neighbours. How smooth they are depends on no other frame's noise than that of the frame they
    /// belong to, so that they are the same whichever frame asks first.
    private func findMotion(_ neighbours: Neighbours) {
        let (window, centre, held) = (neighbours.window, neighbours.centre, neighbours.held)
        let noise = held.noise?.luma ?? 0
        for distance in 1..<(neighbours.radius + 1) {
            let fields = motion[distance - 1]
            if distance <= neighbours.before {
                // The vectors of the frame in between, onward.
                let between = window[centre - distance + 1], target = window[centre - distance]
                if !between.knowsBefore {
                    search.search(
                        between.pyramid,
                        in: target.pyramid,
                        noise: between.noise?.luma ?? 0,
                        into: between.before
                    )
                    between.knowsBefore = true
                }
                if distance == 1 {
                    fields.before.copy(from: held.before)
                } else {
                    search.search(
                        held.pyramid,
                        in: target.pyramid,
                        noise: noise,
                        along: motion[distance - 2].before,
                        between.before,
                        into: fields.before
                    )
                }
            }
            if distance <= neighbours.after {
                let between = window[centre + distance - 1], target = window[centre + distance]
                if !between.knowsAfter {
                    search.search(
                        between.pyramid,
                        in: target.pyramid,
                        noise: between.noise?.luma ?? 0,
                        into: between.after
                    )
                    between.knowsAfter = true
                }
                if distance == 1 {
                    fields.after.copy(from: held.after)
                } else {
                    search.search(
                        held.pyramid,
                        in: target.pyramid,
                        noise: noise,
                        along: motion[distance - 2].after,
                        between.after,
                        into: fields.after
                    )
                }
            }
        }
        // Only now: vectors that stand in for others are no hint where the next frame's content is.
        for distance in 1..<(min(neighbours.before, neighbours.after) + 1) {
            MotionField.pair(motion[distance - 1].before, motion[distance - 1].after, noise: noise)
        }
    }

    private func compensate(_ plane: Int, _ neighbours: Neighbours, _ sums: [NoisePlane]) {
        for distance in 1..<(neighbours.radius + 1) {
            let (first, second) = neighbours.pair(distance)
            var fields = motion[distance - 1]
            if distance > neighbours.before { fields.before = fields.after }
            if distance > neighbours.after { fields.after = fields.before }
            if plane > 0, let chromaMotion {
                chromaMotion.before.subsample(fields.before)
                chromaMotion.after.subsample(fields.after)
                fields = chromaMotion
            }
            sums[distance - 1].add(
                first.planes[plane],
                second.planes[plane],
                to: neighbours.held.planes[plane],
                along: fields
            )
        }
    }
}
