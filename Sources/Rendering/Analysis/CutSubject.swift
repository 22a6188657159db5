internal import FFmpegKit
internal import Foundation
internal import Kernels
internal import MediaCore
internal import Pipeline

/// Cut detection as a subject of the analysis pass: it sees what the decoder delivers, at full size, and reduces it
/// itself, which is faster than a conversion that others could share.
struct CutSubject: ProbeSubject {
    let name = "cuts"
    var preRollFrames: Int { FrameChange.reach }

    func negotiate(_ offered: VideoFormat) throws -> VideoFormat { offered }

    func makeRecorder(_ format: VideoFormat) throws -> any ProbeRecorder {
        TypedRecorder<FrameChange>(CutProbe(format))
    }

    func decode(_ data: Data) throws -> any Recording { try TypedRecording<FrameChange>.decode(data) }

    /// Where the cuts are.
    func shots(_ recordings: [any Recording]) -> ShotTable {
        CutDetector().shots(in: TypedRecording<FrameChange>.joined(recordings))
    }
}

/// Compares each frame with those before it. Confined to one thread; allocates nothing per frame but its answer.
final class CutProbe: FrameProbe {
    /// Pictures are reduced to this width: what is smaller than a few pixels there tells nothing about cuts.
    static let width = 480

    private let format: VideoFormat
    private let planeScalers: PlaneScalers
    private let y: Grid<UInt8>
    private let u: Grid<UInt8>?
    private let v: Grid<UInt8>?
    /// The last signatures, the newest at `newest`.
    private let ring = (0...FrameChange.reach).map { _ in PictureSignature() }
    private var newest = 0
    private var seen = 0

    /// Scalers are noncopyable and cannot be stored as optionals in a tuple.
    private final class PlaneScalers {
        var luma: PlaneScaler
        var chroma: PlaneScaler?

        init(luma: consuming PlaneScaler, chroma: consuming PlaneScaler?) {
            self.luma = luma
            self.chroma = chroma
        }
    }

    init(_ format: VideoFormat) {
        self.format = format
        let pixels = format.pixelFormat
        let width = max(2 * PictureSignature.minimumWidth, min(Self.width, format.width))
        let height = max(
            2 * PictureSignature.minimumHeight,
            min(Self.width * 4, (format.height * width + format.width / 2) / format.width)
        )
        y = Grid(width: width, height: height, repeating: 0)
        let hasChroma = pixels.planeCount > 1
        u = hasChroma ? Grid(width: width / 2, height: height / 2, repeating: 128) : nil
        v = hasChroma ? Grid(width: width / 2, height: height / 2, repeating: 128) : nil
        planeScalers = PlaneScalers(
            luma: Self.scaler(format.width, format.height, to: (width, height)),
            chroma: hasChroma
                ? Self.scaler(
                    pixels.planeWidth(1, width: format.width),
                    pixels.planeHeight(1, height: format.height),
                    to: (width / 2, height / 2)
                ) : nil
        )
    }

    private static func scaler(_ width: Int, _ height: Int, to size: (width: Int, height: Int)) -> PlaneScaler {
        var scaler = PlaneScaler(maximumWidth: width, maximumHeight: height, width: size.width, height: size.height)
        scaler.prepare(
            planeWidth: width,
            planeHeight: height,
            x: 0,
            y: 0,
            rectangleWidth: Double(width),
            rectangleHeight: Double(height)
        )
        return scaler
    }

    func measure(_ frame: borrowing VideoFrame) throws -> FrameChange? {
        newest = (newest + 1) % ring.count
        reduce(frame)
        ring[newest].update(y: y, u: u, v: v)
        let scores = (0..<min(seen, FrameChange.reach)).map { age in
            Self.score(ring[newest].distance(to: ring[(newest + ring.count - 1 - age) % ring.count]))
        }
        seen += 1
        return FrameChange(scores: scores)
    }

    /// One number for how far two pictures are apart; 15 and more for another picture.
    static func score(_ distance: PictureDistance) -> Float {
        distance.movedCells * 0.5 + distance.luma * 40 + distance.chroma * 30
    }

    private func reduce(_ frame: borrowing VideoFrame) {
        let pixels = format.pixelFormat
        let layout = FrameLayout(
            width: format.width,
            height: format.height,
            bytesPerSample: pixels.bytesPerSample,
            depth: pixels.bitDepth,
            shift: pixels == .p010 ? 6 : 0,
            chroma: .none
        )
        frame.withPlane(0) { view in
            let (base, stride) = Self.forward(view)
            planeScalers.luma.run(plane: base, stride: stride, layout: layout, into: y)
        }
        guard let u, let v else { return }
        if pixels.hasInterleavedChroma {
            frame.withPlane(1) { view in
                let (base, stride) = Self.forward(view)
                planeScalers.chroma?.run(interleavedPlane: base, stride: stride, layout: layout, into: u, v)
            }
        } else {
            for (plane, grid) in [(1, u), (2, v)] {
                frame.withPlane(plane) { view in
                    let (base, stride) = Self.forward(view)
                    planeScalers.chroma?.run(plane: base, stride: stride, layout: layout, into: grid)
                }
            }
        }
    }

    /// A plane whose rows lie from bottom to top is read upside down: differences stay what they are.
    private static func forward(_ view: PlaneView) -> (base: UnsafeRawPointer, stride: Int) {
        guard view.stride < 0 else { return (UnsafeRawPointer(view.base), view.stride) }
        return (UnsafeRawPointer(view.base + view.stride * (view.height - 1)), -view.stride)
    }
}
