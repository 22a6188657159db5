import FFmpegKit
import Foundation
import MediaCore
import Pipeline

/// A film of a photograph by a camera whose every movement is known.
struct ShakyClip {
    /// What is hard about it.
    enum Kind: String, CaseIterable {
        /// A pan with shake: shift and roll, each an autoregressive process.
        case pan
        /// A camera that wants to stand still, with somebody moving in half of the picture.
        case person
        /// Little light: dark and noisy.
        case dark
        /// Flashes that light up half of a frame.
        case flashes
        /// A quiet pan from a tripod.
        case steady

        var isShaky: Bool { self != .steady }
    }

    let kind: Kind
    let frameCount: Int
    static let width = 1280, height = 720

    /// Where the camera looks in one frame: the place in the photograph, in its pixels from its middle, and the roll.
    struct View {
        var x: Double, y: Double, roll: Double
    }

    /// All views.
    let views: [View]

    init(_ kind: Kind, frameCount: Int = 150) {
        self.kind = kind
        self.frameCount = frameCount
        var generator = SeededGenerator(seed: "stabilization \(kind.rawValue)")
        var (x, y, roll) = (0.0, 0.0, 0.0)
        views = (0..<frameCount).map { index in
            let time = Double(index) / Double(max(1, frameCount - 1))
            // Quick at first, slow at the end, without a jerk.
            let ease = time * time * (3 - 2 * time)
            let pan = kind == .person ? 0 : (kind == .steady ? ease - 0.5 : time - 0.5) * 380
            guard kind.isShaky else { return View(x: pan, y: 0, roll: 0) }
            x = 0.85 * x + 7 * Double(generator.nextNormal())
            y = 0.85 * y + 5 * Double(generator.nextNormal())
            roll = 0.85 * roll + 0.2 * Double(generator.nextNormal())
            return View(x: pan + x, y: y, roll: roll * .pi / 180)
        }
    }

    /// The root mean square of the true path's second difference, in pixels.
    var jitter: Double {
        var sum = 0.0
        for index in 1..<(views.count - 1) {
            let (a, b, c) = (views[index - 1], views[index], views[index + 1])
            sum += (a.x - 2 * b.x + c.x) * (a.x - 2 * b.x + c.x) + (a.y - 2 * b.y + c.y) * (a.y - 2 * b.y + c.y)
        }
        return (sum / Double(views.count - 2)).squareRoot()
    }

    /// Makes all frames.
    func render(_ options: BenchmarkOptions) throws -> FrameQueue {
        let world = try Picture.read(
            options.repositoryFile("Benchmarks/quality/\(kind == .person ? "room" : "street").jpg"),
            covering: (width: 2304, height: 1296)
        )[0]
        let cutout = try Picture.readCutout(
            colors: options.repositoryFile("Benchmarks/quality/portrait.png"),
            alpha: options.repositoryFile("Benchmarks/quality/portrait_alpha.png")
        )
        let format = VideoFormat(width: Self.width, height: Self.height, pixelFormat: .yuv420p, color: .bt709)
        let pool = VideoFramePool(format: format, capacity: 1)
        var frames = FrameQueue(initialCapacity: frameCount)
        var generator = SeededGenerator(seed: "noise \(kind.rawValue)")
        var canvas = Picture(width: Self.width, height: Self.height)
        for (index, view) in views.enumerated() {
            canvas.look(at: world, view)
            if kind == .person {
                // Shaken like everything else, and swaying by itself.
                let sway = 170 * sin(Double(index) * 0.11)
                let (c, s) = (cos(view.roll), sin(view.roll))
                let place = SIMD2(sway - view.x, 20 - view.y)
                let seen = SIMD2(c * place.x + s * place.y, c * place.y - s * place.x)
                canvas.lay(
                    cutout,
                    AffinePlacement(
                        anchor: SIMD2(256, 256),
                        target: SIMD2(Double(Self.width) / 2, Double(Self.height) / 2) + seen,
                        scale: 1.5,
                        rotation: -view.roll
                    )
                )
            }
            var frame = try pool.makeFrame(timebase: Timebase(1, 25))
            frame.presentationTicks = Int64(index)
            fill(&frame, canvas, index, &generator)
            frames.append(frame.freeze())
        }
        return frames
    }

    private func fill(
        _ frame: inout WritableVideoFrame,
        _ canvas: Picture,
        _ index: Int,
        _ generator: inout SeededGenerator
    ) {
        let light: (gain: Float, noise: Float) = kind == .dark ? (0.22, 5) : (1, 1)
        // A flash of one frame lights the lower or the upper half: the shutter rolls.
        let isFlash = kind == .flashes && index % 17 == 9
        frame.withPlanes { luma, first, second in
            for y in 0..<luma.height {
                let flash: Float = isFlash && (y * 2 < luma.height) == (index % 2 == 0) ? 70 : 0
                for x in 0..<luma.width {
                    let value = 16 + (canvas.samples[y * canvas.width + x].x - 16) * light.gain
                    let noisy = value + flash + light.noise * generator.nextNormal()
                    luma.base[y * luma.stride + x] = UInt8(min(max(noisy.rounded(), 1), 254))
                }
            }
            for y in 0..<first.height {
                for x in 0..<first.width {
                    let corner = 2 * y * canvas.width + 2 * x
                    // Chroma sits on the left column.
                    let mean = (canvas.samples[corner] + canvas.samples[corner + canvas.width]) * 0.5
                    first.base[y * first.stride + x] = UInt8(128 + (mean.y - 128) * light.gain)
                    second.base[y * second.stride + x] = UInt8(128 + (mean.z - 128) * light.gain)
                }
            }
        }
    }
}

extension Picture {
    /// What a camera sees of a photograph, sampled by cubics.
    mutating func look(at world: Picture, _ view: ShakyClip.View) {
        let (c, s) = (cos(view.roll), sin(view.roll))
        let (width, height) = (width, height)
        samples.withUnsafeMutableBufferPointer { canvas in
            world.samples.withUnsafeBufferPointer { source in
                for y in 0..<height {
                    for x in 0..<width {
                        let (px, py) = (Double(x) - Double(width - 1) / 2, Double(y) - Double(height - 1) / 2)
                        let wx = c * px - s * py + view.x + Double(world.width - 1) / 2
                        let wy = s * px + c * py + view.y + Double(world.height - 1) / 2
                        let (left, top) = (Int(wx.rounded(.down)), Int(wy.rounded(.down)))
                        precondition(left > 1 && top > 1 && left < world.width - 3 && top < world.height - 3)
                        let (tx, ty) = (Float(wx - Double(left)), Float(wy - Double(top)))
                        let across = cubicWeights(tx), down = cubicWeights(ty)
                        var value = SIMD4<Float>.zero
                        for row in 0..<4 {
                            let at = (top + row - 1) * world.width + left
                            var sum = source[at - 1] * across[0]
                            sum += source[at] * across[1]
                            sum += source[at + 1] * across[2]
                            sum += source[at + 2] * across[3]
                            value += sum * down[row]
                        }
                        canvas[y * width + x] = value
                    }
                }
            }
        }
    }
}

/// Catmull-Rom.
private func cubicWeights(_ t: Float) -> SIMD4<Float> {
    let (t2, t3) = (t * t, t * t * t)
    return SIMD4(-0.5 * t + t2 - 0.5 * t3, 1 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2 * t2 - 1.5 * t3, 0.5 * (t3 - t2))
}
