import FFmpegKit
import MediaCore
import Pipeline

@testable import Stages

/// A bright disc, the person, before a dark pattern, the room, as frames of any format.
struct Scene {
    var format: VideoFormat
    /// Luma of the disc, of 255.
    var person = 200
    /// Luma of the dark and the bright fields of the room, of 255.
    var room = (30, 70)
    /// Side of a field in pixels.
    var field = 6
    let pool: VideoFramePool

    init(_ format: VideoFormat) {
        self.format = format
        pool = VideoFramePool(format: format)
    }

    init(
        width: Int = 320,
        height: Int = 180,
        _ pixelFormat: PixelFormat = .yuv420p,
        _ orientation: Orientation = .upright
    ) {
        self.init(
            VideoFormat(width: width, height: height, pixelFormat: pixelFormat, color: .bt709, orientation: orientation)
        )
    }

    /// The disc: centre and radius in pixels of the upright picture.
    struct Disc {
        var x: Double
        var y: Double
        var radius: Double

        func contains(_ pixelX: Int, _ pixelY: Int) -> Bool {
            let (dx, dy) = (Double(pixelX) + 0.5 - x, Double(pixelY) + 0.5 - y)
            return dx * dx + dy * dy < radius * radius
        }
    }

    private var turn: Turn { Turn(format.orientation, width: format.width, height: format.height) }

    /// Whether a pixel of the coded picture shows the disc.
    func isPerson(_ x: Int, _ y: Int, _ disc: Disc) -> Bool {
        let seen = turn.upright(Region(left: x, top: y, right: x + 1, bottom: y + 1))
        return disc.contains(seen.left, seen.top)
    }

    /// Draws a frame.
    func frame(_ ticks: Int64?, _ disc: Disc?) throws -> VideoFrame {
        var frame = try pool.makeFrame(timebase: Timebase(1, 25))
        frame.presentationTicks = ticks
        let pixelFormat = format.pixelFormat
        let scale = 1 << (pixelFormat.bitDepth - 8)
        let shift = pixelFormat == .p010 ? 6 : 0
        for plane in 0..<pixelFormat.planeCount {
            let components = plane > 0 && pixelFormat.hasInterleavedChroma ? 2 : 1
            let (stepX, stepY) = plane == 0 ? (1, 1) : (1 << pixelFormat.chromaShiftX, 1 << pixelFormat.chromaShiftY)
            frame.withPlane(plane) { view in
                for y in 0..<view.height {
                    let row = UnsafeMutableRawPointer(view.base + y * view.stride)
                    for x in 0..<(view.width * components) {
                        let (pixelX, pixelY) = (x / components * stepX, y * stepY)
                        let isPerson = disc.map { self.isPerson(pixelX, pixelY, $0) } ?? false
                        let value = Int(sample(plane, x % components, pixelX, pixelY, isPerson)) * scale << shift
                        if scale > 1 {
                            row.storeBytes(of: UInt16(value).littleEndian, toByteOffset: 2 * x, as: UInt16.self)
                        } else {
                            row.storeBytes(of: UInt8(value), toByteOffset: x, as: UInt8.self)
                        }
                    }
                }
            }
        }
        return frame.freeze()
    }

    private func sample(_ plane: Int, _ component: Int, _ x: Int, _ y: Int, _ isPerson: Bool) -> UInt8 {
        if plane == 0 {
            if isPerson { return UInt8(person + (x + y) % 5) }
            return UInt8((x / field + y / field) % 2 == 0 ? room.0 : room.1)
        }
        let isFirst = plane == 1 && component == 0
        return isPerson ? isFirst ? 110 : 150 : isFirst ? 135 : 122
    }
}

/// What a stage gave for one frame.
struct Pictured: Equatable {
    /// All samples as they lie in memory, without the padding of rows.
    var bytes: [UInt8] = []
    var ticks: Int64?
    var format: VideoFormat

    init(_ frame: borrowing VideoFrame) {
        ticks = frame.presentationTicks
        format = frame.format
        let components = format.pixelFormat.hasInterleavedChroma ? 2 : 1
        for plane in 0..<format.pixelFormat.planeCount {
            let width = format.pixelFormat.bytesPerSample * (plane == 0 ? 1 : components)
            frame.withPlane(plane) { view in
                for y in 0..<view.height {
                    bytes += UnsafeBufferPointer(start: view.base + y * view.stride, count: view.width * width)
                }
            }
        }
    }
}

extension VirtualBackgroundInstance {
    /// Processes one frame.
    func picture(_ frame: consuming VideoFrame) throws -> VideoFrame {
        let output = StageOutput()
        try process(frame, into: output)
        guard let result = output.takeFrame() else { throw FakeFailure() }
        return result
    }

    /// The alpha plane of the last frame.
    var lastAlpha: [UInt8] {
        withLastAlpha { alpha, _, _ in
            var copy: [UInt8] = []
            for index in alpha.indices { copy.append(alpha[index]) }
            return copy
        }
    }
}

extension VirtualBackgroundPlan {
    /// A plan with a fake network.
    static func fake(
        _ background: String = "blur",
        strength: Double = 0.6,
        network: FakeNetwork = FakeNetwork()
    ) throws -> VirtualBackgroundPlan {
        try VirtualBackgroundPlan(
            StageParameters(checked: ["background": .text(background), "strength": .number(strength)]),
            StageContext(modelsDirectory: "/nowhere", cacheDirectory: nil, coreCount: 2, trustsCaller: true),
            network: network
        )
    }

    /// An instance for a scene.
    func instance(_ scene: Scene) throws -> VirtualBackgroundInstance {
        try VirtualBackgroundInstance(self, format: scene.format)
    }
}

/// `#require` for frames, which have one owner and cannot go through a macro.
func required(_ frame: consuming VideoFrame?) throws -> VideoFrame {
    guard let frame else { throw FakeFailure() }
    return frame
}
