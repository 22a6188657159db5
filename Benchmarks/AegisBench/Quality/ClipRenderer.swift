import FFmpegKit
import MediaCore

/// Makes the frames of a clip, each with its true alpha.
///
/// Confined to one thread. The same clip gives the same frames in every run.
final class ClipRenderer {
    /// The frames' format: 8-bit 4:2:0, BT.709, limited range.
    let format: VideoFormat
    /// The true alpha of the last frame.
    private(set) var truth: AlphaPlane

    private let clip: QualityClip
    private let backgrounds: [Picture]
    private let cutouts: (bust: Picture, mirrored: Picture, whole: Picture)
    private let pool: VideoFramePool
    private var canvas: Picture
    private var generator: SeededGenerator

    /// Standard deviations of the camera's noise in code values, fresh in each frame.
    private static let lumaNoise: Float = 1.4
    private static let chromaNoise: Float = 0.6

    init(_ clip: QualityClip, backgrounds: [Picture], cutout: Picture) {
        self.clip = clip
        self.backgrounds = backgrounds
        let bust = cutout.prefix(rows: QualityClip.bustRows)
        // What is made smaller is softened first.
        let softened = clip.scale < 0.9 ? bust.blurred(deviation: 0.45 / Float(clip.scale)) : bust
        cutouts = (softened, softened.mirrored(), cutout)
        format = VideoFormat(width: clip.width, height: clip.height, pixelFormat: .yuv420p, color: .bt709)
        pool = VideoFramePool(format: format)
        canvas = Picture(width: clip.width, height: clip.height)
        truth = AlphaPlane(width: clip.width, height: clip.height)
        generator = SeededGenerator(seed: clip.name)
    }

    /// Makes a frame; ``truth`` is its alpha.
    ///
    /// - Parameter index: the next frame, from 0 on.
    func makeFrame(_ index: Int) throws -> VideoFrame {
        let camera = clip.camera(at: index)
        canvas.see(backgrounds[index % backgrounds.count], x: camera.x, y: camera.y)
        for person in clip.people(at: index) {
            let cutout = person.holdsHelmet ? cutouts.whole : person.isMirrored ? cutouts.mirrored : cutouts.bust
            canvas.lay(cutout, person.placement)
        }
        for position in 0..<truth.values.count { truth.values[position] = min(max(canvas.samples[position].w, 0), 1) }
        var frame = try pool.makeFrame(timebase: Timebase(1, 30))
        frame.presentationTicks = Int64(index)
        frame.withPlanes { luma, first, second in
            fillLuma(luma)
            fillChroma(first, second)
        }
        return frame.freeze()
    }

    private func fillLuma(_ plane: MutablePlaneView) {
        for y in 0..<plane.height {
            for x in 0..<plane.width {
                let noise = generator.nextNormal() * Self.lumaNoise
                plane.base[y * plane.stride + x] = code(canvas.samples[y * plane.width + x].x + noise)
            }
        }
    }

    /// The mean of two columns and two rows: chroma in the middle of its luma samples.
    private func fillChroma(_ first: MutablePlaneView, _ second: MutablePlaneView) {
        for y in 0..<first.height {
            for x in 0..<first.width {
                let corner = 2 * y * canvas.width + 2 * x
                let upper = canvas.samples[corner] + canvas.samples[corner + 1]
                let lower = canvas.samples[corner + canvas.width] + canvas.samples[corner + canvas.width + 1]
                let mean = (upper + lower) * 0.25
                let noise = SIMD2(generator.nextNormal(), generator.nextNormal()) * Self.chromaNoise
                first.base[y * first.stride + x] = code(mean.y + noise.x)
                second.base[y * second.stride + x] = code(mean.z + noise.y)
            }
        }
    }

    private func code(_ value: Float) -> UInt8 { UInt8(min(max(value.rounded(), 1), 254)) }
}
