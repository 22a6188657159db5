import FFmpegKit
import Foundation
import Kernels
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

/// What the stage must reach on real pictures; the benchmark measures it on more of them.
@Suite struct NoiseReductionQualityTests {
    /// Some frames of a sample clip.
    private struct Clip {
        private static let (width, height, count) = (176, 144, 7)
        private let data: [UInt8]

        init(_ name: String) throws {
            let folder = try TemporaryFolder()
            let path = folder.path + "/clip.yuv"
            try MediaTools.make(
                path,
                [
                    "-i", MediaTools.sample(name), "-vf", "crop=\(Self.width):\(Self.height)", "-frames:v",
                    String(Self.count), "-pix_fmt", "yuv420p", "-f", "rawvideo",
                ]
            )
            data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        }

        /// The frames, with noise.
        func frames(_ noise: Double) throws -> FrameQueue {
            let format = VideoFormat(width: Self.width, height: Self.height, pixelFormat: .yuv420p, color: .bt709)
            let pool = VideoFramePool(format: format)
            var queue = FrameQueue()
            var offset = 0
            for index in 0..<Self.count {
                var frame = try pool.makeFrame(timebase: Timebase(1, 25))
                frame.presentationTicks = Int64(index)
                for plane in 0..<3 {
                    frame.withPlane(plane) { view in
                        for row in 0..<view.height {
                            let to = UnsafeMutableRawBufferPointer(
                                start: view.base + row * view.stride,
                                count: view.width
                            )
                            to.copyBytes(from: data[offset..<(offset + view.width)])
                            offset += view.width
                        }
                        guard noise > 0 else { return }
                        NoiseJudge(width: view.width, height: view.height, depth: 8).disturb(
                            NoiseSamples(view.base, stride: view.stride),
                            deviation: noise,
                            seed: UInt64(index * 3 + plane + 1),
                            into: view.base,
                            stride: view.stride
                        )
                    }
                }
                queue.append(frame.freeze())
            }
            return queue
        }
    }

    private static let cases: [(String, Double, Double)] = [
        ("carphone.mp4", 5, 3), ("carphone.mp4", 10, 5), ("carphone.mp4", 20, 5.5), ("bikes.mp4", 5, 3),
        ("bikes.mp4", 10, 5), ("bikes.mp4", 20, 5.5),
    ]

    @Test(.enabled(if: MediaTools.hasSamples), arguments: cases)
    func realPicturesGain(_ name: String, _ noise: Double, _ least: Double) throws {
        let clip = try Clip(name)
        let truth = try clip.frames(0), noisy = try clip.frames(noise)
        // Live, so that the estimate is part of what is tested.
        for plan in [noisePlan(), noisePlan("strong")] {
            let result = try plan.run(noisy)
            let gained = gain(truth.samples(3)[0], before: noisy.samples(3)[0], after: result.samples(3)[0])
            #expect(gained >= least, "\(plan.level)")
        }
    }

    @Test(.enabled(if: MediaTools.hasSamples), arguments: ["carphone.mp4", "bikes.mp4"])
    func cleanPicturesStay(_ name: String) throws {
        let truth = try Clip(name).frames(0)
        for level in NoiseReductionLevel.allCases {
            let result = try noisePlan(level.rawValue).run(truth)
            let error = meanSquare(truth.samples(3)[0], result.samples(3)[0])
            // 45 dB.
            #expect(error <= 255 * 255 / 31_623, "\(level)")
        }
    }
}
