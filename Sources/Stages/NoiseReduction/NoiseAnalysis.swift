internal import FFmpegKit
internal import Kernels
internal import MediaCore
internal import Pipeline

/// Measures how noisy each shot of a file is.
///
/// Frames are seen at full size: scaling them down would remove what is measured.
struct NoiseAnalysis: FileAnalysis {
    let plan: NoiseReductionPlan

    func negotiate(_ offered: VideoFormat) throws -> VideoFormat { try plan.negotiate(offered).input }

    var preRollFrames: Int { 0 }

    func makeProbe(_ format: VideoFormat) throws -> any FrameProbe<PlaneNoise> { NoiseProbe(format) }

    func makePlan(_ file: MeasuredFile<PlaneNoise>) throws -> any StagePlan {
        // A shot in which nothing could be measured is taken to be like the rest of the file.
        let typical = PlaneNoise.median(of: file.frames.lazy.map(\.measurement)) ?? PlaneNoise()
        let shots = (0..<file.shots.count).map { shot in
            PlaneNoise.median(of: file.frames(inShot: shot).lazy.map(\.measurement)) ?? typical
        }
        return plan.measured(NoiseReductionPlan.Measured(shots: file.shots, noise: shots))
    }
}

/// Measures every third frame. Confined to one thread.
final class NoiseProbe: FrameProbe {
    private let estimator: NoiseEstimator
    private let planes: [NoisePlane]
    private var count = 0

    init(_ format: VideoFormat) {
        estimator = NoiseEstimator(format)
        planes = NoisePlane.planes(of: format)
    }

    func measure(_ frame: borrowing VideoFrame) throws -> PlaneNoise? {
        defer { count += 1 }
        guard count % 3 == 0 else { return nil }
        frame.load(into: planes)
        return estimator.measure(planes)
    }
}

/// Measures noise in planes of one format. Confined to one thread.
final class NoiseEstimator {
    private var meter = NoiseMeter()
    private let lumaRange: ClosedRange<Int>
    private let chromaRange: ClosedRange<Int>

    init(_ format: VideoFormat) {
        lumaRange = format.codeRange(ofPlane: 0)
        chromaRange = format.codeRange(ofPlane: 1)
    }

    /// How noisy planes are; `nil` where luma cannot tell.
    func measure(_ planes: [NoisePlane]) -> PlaneNoise? {
        guard let luma = meter.deviation(of: planes[0], range: lumaRange) else { return nil }
        guard planes.count > 2 else { return PlaneNoise(luma: luma) }
        return PlaneNoise(
            luma: luma,
            firstChroma: meter.deviation(of: planes[1], range: chromaRange) ?? 0,
            secondChroma: meter.deviation(of: planes[2], range: chromaRange) ?? 0
        )
    }
}

extension NoisePlane {
    /// Planes for a format.
    static func planes(of format: VideoFormat) -> [NoisePlane] {
        (0..<format.pixelFormat.planeCount).map { plane in
            NoisePlane(
                width: format.pixelFormat.planeWidth(plane, width: format.width),
                height: format.pixelFormat.planeHeight(plane, height: format.height)
            )
        }
    }
}

extension VideoFormat {
    /// The ends of a plane's range in code values of 8 bits.
    func codeRange(ofPlane plane: Int) -> ClosedRange<Int> {
        color.isFullRange == true ? 0...255 : 16...(plane == 0 ? 235 : 240)
    }
}

extension VideoFrame {
    /// Copies the samples of a planar frame.
    func load(into planes: [NoisePlane]) {
        for (index, plane) in planes.enumerated() {
            withPlane(index) { view in
                plane.load(view.base, stride: view.stride, depth: format.pixelFormat.bitDepth)
            }
        }
    }
}
