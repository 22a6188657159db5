internal import FFmpegKit
internal import Kernels
internal import MediaCore

/// Measures how the picture moves from each frame to the next: the same for files and live streams.
///
/// Luma is averaged down to at most 640 samples a side. In every cell of a grid the patch with the clearest texture is
/// followed (pyramidal Lucas–Kanade), and the motion that most patches share is taken. Confined to one thread; nothing
/// is allocated per frame.
final class MotionEstimator {
    /// Samples of the frame in one sample of the small picture, in each direction.
    let factor: Int
    /// The last frame, small; what ``measure(_:)`` looked at.
    var picture: Grid<UInt8> { current.base }
    /// The frame before the last one.
    var previousPicture: Grid<UInt8> { previous.base }
    /// How much the last two frames differ after the best whole shift, as a share of their contrast: about 0.2 for
    /// frames of one shot, about 0.6 for pictures that have nothing in common.
    private(set) var strangeness: Float = 0

    private let layout: FrameLayout
    private let aspectX: Double, unitX: Double, unitY: Double
    private var scaler: PlaneScaler
    private var previous: LumaPyramid, current: LumaPyramid
    private var hasPrevious = false
    /// The smallest planes without their local brightness, and a plane of the same size that has no contrast.
    private var flat: Grid<UInt8>, previousFlat: Grid<UInt8>
    private let blank: Grid<UInt8>
    private let textures: UnsafeMutableBufferPointer<MotionKernels.Texture>
    private let textureScratch: Grid<Int32>
    private let points: UnsafeMutableBufferPointer<MotionKernels.TrackedPoint>
    private let pairs: UnsafeMutableBufferPointer<SimilarityFit.Pair>
    private let cell: Int
    /// How often each cell moved with the camera lately, 0...1: somebody who crosses the picture stays somebody.
    private let trust: UnsafeMutableBufferPointer<Double>
    /// The cells of ``points``, then of ``pairs``.
    private let cells: UnsafeMutableBufferPointer<Int>
    private let fit: SimilarityFit

    /// The longest side of the small picture.
    static let longestSide = 640
    /// Weaker patches are noise: a gradient of 0.6 brightness levels a sample, in the least clear direction.
    private static let leastStrength: Float = 400
    /// A patch that keeps more of its contrast as difference was not found again.
    private static let worstResidual: Float = 0.5
    private static let shiftRadius = 12
    /// How fast trust follows what cells do, a frame.
    private static let trustRate = 0.3
    /// How many frames the trust remembers: what a probe must see before its segment.
    static let memoryFrames = 8

    /// Makes an estimator; `nil` when the picture is too small to follow anything in it.
    init?(_ format: VideoFormat) {
        let layout = FrameLayout(format)
        let factor = max(1, (max(format.width, format.height) + Self.longestSide - 1) / Self.longestSide)
        let (width, height) = (format.width / factor, format.height / factor)
        guard min(width, height) >= 2 * MotionKernels.smallestSide else { return nil }
        self.layout = layout
        self.factor = factor
        let sample = format.sampleAspectRatio.value > 0 ? format.sampleAspectRatio.value : 1
        unitY = Double(factor) / Double(format.height)
        unitX = unitY * sample
        aspectX = Double(format.width) * sample / Double(format.height)
        scaler = PlaneScaler(maximumWidth: format.width, maximumHeight: format.height, width: width, height: height)
        scaler.prepare(
            planeWidth: format.width,
            planeHeight: format.height,
            x: 0,
            y: 0,
            rectangleWidth: Double(width * factor),
            rectangleHeight: Double(height * factor)
        )
        previous = LumaPyramid(width: width, height: height)
        current = LumaPyramid(width: width, height: height)
        let top = current.levels[current.levels.count - 1]
        flat = Grid(width: top.width, height: top.height, repeating: 128)
        previousFlat = Grid(width: top.width, height: top.height, repeating: 128)
        blank = Grid(width: top.width, height: top.height, repeating: 128)
        let block = MotionKernels.textureBlock
        textures = .allocate(capacity: (width / block) * (height / block))
        textures.initialize(repeating: .flat)
        textureScratch = Grid(width: width, height: 3, repeating: 0)
        // About a hundred to two hundred patches.
        cell = width * height > 320 * 240 ? 4 : 2
        let capacity = (width / block / cell + 1) * (height / block / cell + 1)
        points = .allocate(capacity: capacity)
        points.initialize(repeating: MotionKernels.TrackedPoint(x: 0, y: 0))
        pairs = .allocate(capacity: capacity)
        pairs.initialize(repeating: SimilarityFit.Pair(x: 0, y: 0, toX: 0, toY: 0, weight: 0))
        trust = .allocate(capacity: capacity)
        trust.initialize(repeating: 1)
        cells = .allocate(capacity: capacity)
        cells.initialize(repeating: 0)
        fit = SimilarityFit(tolerance: 0.7 * unitY)
    }

    deinit {
        textures.deallocate()
        points.deallocate()
        pairs.deallocate()
        trust.deallocate()
        cells.deallocate()
    }

    /// Forgets the last frame: the next one begins anew.
    func reset() {
        hasPrevious = false
        trust.update(repeating: 1)
    }

    /// Measures a frame against the one before it.
    ///
    /// - Parameter frame: a frame of the format; its rows may lie upside down.
    func measure(_ frame: borrowing VideoFrame) -> FrameMotion {
        swap(&previous, &current)
        swap(&previousFlat, &flat)
        load(frame)
        defer { hasPrevious = true }
        guard hasPrevious else { return .unknown }
        var result = estimate()
        result.isInterlaced = frame.isInterlaced
        return result
    }

    private func load(_ frame: borrowing VideoFrame) {
        frame.withPlane(0) { plane in
            // Upside down is told from the last row on; the picture is turned, its motion is turned back.
            let isForward = plane.stride > 0
            let base = isForward ? plane.base : plane.base + (plane.height - 1) * plane.stride
            scaler.run(plane: base, stride: abs(plane.stride), layout: layout, into: current.base)
            if !isForward { Self.turnOver(current.base) }
        }
        current.build()
        MotionKernels.flatten(current.levels[current.levels.count - 1], into: flat, scratch: textureScratch)
    }

    private static func turnOver(_ grid: Grid<UInt8>) {
        for y in 0..<(grid.height / 2) {
            for x in 0..<grid.width {
                grid.samples.swapAt(y * grid.width + x, (grid.height - 1 - y) * grid.width + x)
            }
        }
    }

    private func estimate() -> FrameMotion {
        let top = current.levels.count - 1
        let shift = MotionKernels.findShift(from: previousFlat, to: flat, radius: Self.shiftRadius)
        let contrast =
            PixelKernels.meanAbsoluteDifference(flat, blank) + PixelKernels.meanAbsoluteDifference(previousFlat, blank)
        strangeness = shift.difference / max(contrast, 2)
        let count = choosePoints(shift: (Float(shift.dx << top), Float(shift.dy << top)))
        MotionKernels.track(UnsafeMutableBufferPointer(rebasing: points[..<count]), from: previous, to: current)
        let (width, height) = (Double(current.base.width), Double(current.base.height))
        var (used, total) = (0, 0.0)
        for (index, point) in points[..<count].enumerated() {
            let x = (Double(point.x) - (width - 1) / 2) * unitX
            let y = (Double(point.y) - (height - 1) / 2) * unitY
            // People stand in the middle and at the bottom; what is at the other edges is mostly background.
            let place = 0.6 + 0.8 * min(1, max(abs(x) / aspectX * 2, -2 * y, 0))
            let weight = place * (0.3 + trust[cells[index]])
            total += weight
            guard point.isTracked, point.residual < Self.worstResidual else { continue }
            pairs[used] = SimilarityFit.Pair(
                x: x,
                y: y,
                toX: x + Double(point.dx) * unitX,
                toY: y + Double(point.dy) * unitY,
                weight: weight
            )
            cells[used] = cells[index]
            used += 1
        }
        let pairs = UnsafeBufferPointer(rebasing: pairs[..<used])
        guard let result = fit.fit(pairs), total > 0, result.agreeing >= FrameMotion.leastConfidence * total else {
            trust.update(repeating: 1)
            return .unknown
        }
        for (index, pair) in pairs.enumerated() {
            let agrees = fit.agrees(pair, with: result.motion)
            trust[cells[index]] += Self.trustRate * ((agrees ? 1 : 0) - trust[cells[index]])
        }
        return FrameMotion(motion: result.motion, confidence: min(1, result.agreeing / total))
    }

    /// Takes the clearest patch of every cell of the earlier frame.
    ///
    /// - Returns: how many there are.
    private func choosePoints(shift: (x: Float, y: Float)) -> Int {
        MotionKernels.measureTexture(previous.base, into: textures, scratch: textureScratch)
        let block = MotionKernels.textureBlock
        let (columns, rows) = (previous.base.width / block, previous.base.height / block)
        var (count, number) = (0, 0)
        for top in stride(from: 0, to: rows - 1, by: cell) {
            for left in stride(from: 0, to: columns - 1, by: cell) {
                var best: (strength: Float, column: Int, row: Int) = (Self.leastStrength, -1, -1)
                for row in top..<min(top + cell, rows - 1) {
                    for column in left..<min(left + cell, columns - 1) {
                        let at = row * columns + column
                        let patch =
                            textures[at] + textures[at + 1] + textures[at + columns] + textures[at + columns + 1]
                        let strength = patch.strength
                        if strength > best.strength { best = (strength, column, row) }
                    }
                }
                defer { number += 1 }
                guard best.column >= 0 else { continue }
                cells[count] = number
                points[count] = MotionKernels.TrackedPoint(
                    x: Float((best.column + 1) * block) - 0.5,
                    y: Float((best.row + 1) * block) - 0.5,
                    dx: shift.x,
                    dy: shift.y
                )
                count += 1
            }
        }
        return count
    }
}
