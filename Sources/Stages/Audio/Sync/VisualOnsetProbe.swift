public import FFmpegKit
internal import MediaCore
public import Pipeline

/// Looks for moments at which something happens in the picture: a flash, a clap, a blow.
public final class VisualOnsetProbe: FrameProbe {
    /// What is kept of a frame: its luma in 16×9 cells.
    public struct Look: Sendable, Codable, Equatable {
        /// Means of the cells, row by row.
        public var cells: [UInt8]
        /// Notes a look.
        public init(cells: [UInt8]) { self.cells = cells }
    }

    /// The size that frames should have.
    public static let size = PictureSize(width: 16, height: 9)

    /// Makes a probe.
    public init() {}

    /// Measures a frame of ``size`` whose first plane is luma of 8 bits.
    public func measure(_ frame: borrowing VideoFrame) -> Look? {
        var cells: [UInt8] = []
        cells.reserveCapacity(Self.size.width * Self.size.height)
        frame.withPlane(0) { plane in
            for row in 0..<min(plane.height, Self.size.height) {
                for column in 0..<min(plane.width, Self.size.width) {
                    cells.append(plane.base[row * plane.stride + column])
                }
            }
        }
        return Look(cells: cells)
    }

    /// How strongly something begins in each step of 10 ms.
    ///
    /// Cuts are left out: the picture after them is another one for good, while a flash or a blow leaves it alike.
    ///
    /// - Parameter looks: what frames look like, in presentation order, with times from the beginning of the result.
    public static func envelope(_ looks: [MeasuredFrame<Look>]) -> OnsetEnvelope {
        let steps = looks.map { $0.time.rescaled(to: Timebase(1, Int32(AudioOnsets.rate)), rounding: .down).ticks }
        guard let first = steps.first, let last = steps.last, last >= first, last - first < 1_000_000 else {
            return OnsetEnvelope(firstStep: 0, strengths: [])
        }
        var strengths = [Float](repeating: 0, count: Int(last - first) + 1)
        var motionBefore: Float = 0
        for index in looks.indices.dropFirst() {
            let (a, b) = (looks[index - 1].measurement.cells, looks[index].measurement.cells)
            let brightness = mean(b) - mean(a)
            let motion = difference(a, b)
            let rise = max(brightness, 0) + max(0, motion - motionBefore)
            motionBefore = motion
            guard rise > 4, !isCut(looks, at: index) else { continue }
            strengths[Int(steps[index] - first)] = min(rise, 60)
        }
        return OnsetEnvelope(firstStep: Int(first), strengths: strengths)
    }

    /// Whether the pictures after a moment have nothing of those before it.
    private static func isCut(_ looks: [MeasuredFrame<Look>], at index: Int) -> Bool {
        let before = looks[index - 1].measurement.cells
        let later = (index + 2)...(index + 12)
        let nearest = later.filter { $0 < looks.count }.map { difference(before, looks[$0].measurement.cells) }.min()
        return nearest.map { $0 > 12 } ?? false
    }

    private static func mean(_ cells: [UInt8]) -> Float {
        cells.isEmpty ? 0 : Float(cells.reduce(0) { $0 + Int($1) }) / Float(cells.count)
    }

    private static func difference(_ a: [UInt8], _ b: [UInt8]) -> Float {
        guard !a.isEmpty, a.count == b.count else { return 0 }
        var sum = 0
        for index in a.indices { sum += abs(Int(a[index]) - Int(b[index])) }
        return Float(sum) / Float(a.count)
    }
}
