package import FFmpegKit
internal import Foundation
internal import Kernels
package import MediaCore

/// Measures what a run of consecutive frames does over time, whoever made them: for guards, tests and benchmarks.
///
/// Confined to one thread.
package final class RunMeter {
    private let estimator: MotionEstimator
    private let blackLevel: UInt8
    private var motions: [FrameMotion] = []
    private var similaritySum = 0.0, blackSum = 0.0

    /// Makes a meter; `nil` when the picture is too small.
    package init?(_ format: VideoFormat) {
        guard let estimator = MotionEstimator(format) else { return nil }
        self.estimator = estimator
        // A step above black, for what the mean of the small picture rounds.
        blackLevel = format.color.isFullRange == true ? 1 : 17
    }

    /// Looks at the next frame.
    package func add(_ frame: borrowing VideoFrame) {
        motions.append(estimator.measure(frame))
        if motions.count > 1 {
            let error = MotionKernels.meanSquaredDifference(estimator.previousPicture, estimator.picture)
            // Equal frames count as very much alike, not as infinitely so.
            similaritySum += 10 * log10(255 * 255 / max(error, 0.01))
        }
        blackSum += blackEdgeShare(estimator.picture)
    }

    /// How many frames were measured.
    package var frameCount: Int { motions.count }
    /// Whether most motions could be measured.
    package var isReliable: Bool { 2 * motions.count(where: \.isReliable) > motions.count }
    /// The path of the run.
    var path: CameraPath { CameraPath(motions) }
    /// The root mean square of the path's second difference, in picture heights.
    package var jitter: Double { path.jitter }
    /// The mean PSNR of consecutive frames, at the small size, in dB.
    package var similarity: Double { motions.count > 1 ? similaritySum / Double(motions.count - 1) : 0 }
    /// The mean share of black samples along the picture's edge.
    package var blackShare: Double { motions.isEmpty ? 0 : blackSum / Double(motions.count) }

    /// The root mean square of the angle's second difference, in degrees.
    package var angleJitter: Double { path.angleJitter * 180 / .pi }
    /// How much larger the last frame shows what the one before it shows.
    package var lastScale: Double { exp(motions.last?.motion.logScale ?? 0) }
    /// The motion to the last frame: shift in picture heights, turn in degrees, and how sure it is.
    package var lastMotion: (x: Double, y: Double, angle: Double, confidence: Double) {
        let last = motions.last ?? .unknown
        return (last.motion.x, last.motion.y, last.motion.angle * 180 / .pi, last.confidence)
    }

    private func blackEdgeShare(_ picture: Grid<UInt8>) -> Double {
        var (black, count) = (0, 0)
        func look(_ x: Int, _ y: Int) {
            count += 1
            if picture.samples[y * picture.width + x] <= blackLevel { black += 1 }
        }
        for x in 0..<picture.width {
            look(x, 0)
            look(x, picture.height - 1)
        }
        for y in 0..<picture.height {
            look(0, y)
            look(picture.width - 1, y)
        }
        return Double(black) / Double(count)
    }
}
