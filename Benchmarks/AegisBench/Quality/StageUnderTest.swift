import FFmpegKit
import MediaCore
import Pipeline
import Stages

/// The stage as users get it, with a green background, and a look at its alpha.
///
/// Confined to one thread.
final class StageUnderTest {
    private let instance: VirtualBackgroundInstance
    private let output = StageOutput()
    /// Green as in a studio: every rim of the old background shows.
    private static let request = "virtual_background:background=#00B140"

    /// Makes the stage that runs the clips; compiling the network takes a moment, so one plan serves all.
    static func makePlan(_ options: BenchmarkOptions) throws -> any StagePlan {
        let context = StageContext(
            modelsDirectory: options.models,
            cacheDirectory: nil,
            coreCount: 1,
            trustsCaller: true
        )
        let catalogue = StageCatalogue.standard
        guard let stage = try catalogue.resolve(try catalogue.requests(parsing: request)).first else {
            throw BenchmarkFailure("there is no stage \(request)")
        }
        return try stage.makePlan(context)
    }

    init(_ plan: any StagePlan, format: VideoFormat) throws {
        let agreement = try plan.negotiate(format)
        guard agreement.input == format, let instance = try plan.makeInstance(agreement) as? VirtualBackgroundInstance
        else { throw BenchmarkFailure("virtual_background does not take \(format) as it is") }
        self.instance = instance
    }

    /// Replaces a frame's background.
    ///
    /// - Returns: the finished frame and its alpha.
    func process(_ frame: consuming VideoFrame) throws -> (picture: CodedPicture, alpha: AlphaPlane) {
        try instance.process(frame, into: output)
        guard let finished = output.takeFrame() else { throw BenchmarkFailure("a frame went in and none came out") }
        let alpha = instance.withLastAlpha { samples, width, height in
            var plane = AlphaPlane(width: width, height: height)
            for index in samples.indices { plane.values[index] = Float(samples[index]) / 255 }
            return plane
        }
        return (CodedPicture(finished), alpha)
    }
}

/// A copy of a frame of 8-bit 4:2:0.
struct CodedPicture: Sendable {
    /// The format of the frame.
    let format: VideoFormat
    /// Y, U and V, row by row without gaps.
    private(set) var planes: [[UInt8]] = []

    init(_ frame: borrowing VideoFrame) {
        format = frame.format
        for index in 0..<3 {
            planes.append(
                frame.withPlane(index) { plane in
                    (0..<plane.height).flatMap { y in
                        UnsafeBufferPointer(start: plane.base + y * plane.stride, count: plane.width)
                    }
                }
            )
        }
    }

    /// Alpha as a picture: black background, white person.
    init(_ alpha: AlphaPlane, format: VideoFormat) {
        self.format = format
        let chroma = [UInt8](repeating: 128, count: (format.width + 1) / 2 * ((format.height + 1) / 2))
        planes = [alpha.values.map { UInt8((16 + 219 * $0).rounded()) }, chroma, chroma]
    }
}
