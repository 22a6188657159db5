internal import Kernels
internal import MediaCore
internal import Pipeline

/// What is done to one shot: one correction from its first frame to its last, and local contrast that follows the picture
/// slowly.
struct ShotLook: Sendable {
    /// White balance, levels, saturation.
    var correction = ColorCorrection.none
    /// Curves at some times, ascending; between them they fade.
    var tones: [(time: MediaTime, curves: LocalContrast.Curves)] = []

    /// Nothing.
    static let none = ShotLook()

    /// Decides from the measurements of a shot.
    ///
    /// - Parameters:
    ///   - frames: what was measured, in order.
    ///   - strength: as in ``ColorCorrection/init(_:strength:)``.
    ///   - isFullRange: the range of the frames.
    init(_ frames: ArraySlice<MeasuredFrame<ColorMeasurement>>, strength: Double, isFullRange: Bool) {
        guard strength > 0, !frames.isEmpty else { return }
        let typical = ColorMeasurement(typicalOf: frames.map(\.measurement))
        correction = ColorCorrection(typical, strength: strength)
        let keys = frames.filter { $0.measurement.tiles != nil }
        for key in keys {
            // Seconds are exact enough for a weight.
            let now = key.time.seconds
            var sum = [Float](repeating: 0, count: TileHistograms.empty.shares.count)
            var weights: Float = 0
            for other in keys {
                let weight = Float(1 - abs(other.time.seconds - now) / Self.memory)
                guard weight > 0, let tiles = other.measurement.tiles else { continue }
                weights += weight
                for index in sum.indices { sum[index] += weight * Float(tiles.shares[index]) }
            }
            for index in sum.indices { sum[index] /= 255 * weights }
            guard
                let curves = LocalContrast.curves(
                    sum,
                    spread: typical.bright - typical.dark,
                    strength: strength,
                    isFullRange: isFullRange
                )
            else { continue }
            tones.append((key.time, curves))
        }
    }

    private init() {}

    /// The time over which local contrast forgets, in seconds.
    private static let memory = 1.5

    /// Whether nothing is done.
    var isNone: Bool { correction == .none && tones.isEmpty }

    /// Puts the curves of a moment into a grid.
    ///
    /// - Returns: `false` when there are none.
    func fill(_ grid: ToneGrid, at time: MediaTime?) -> Bool {
        guard let first = tones.first, let last = tones.last else { return false }
        guard let time, time > first.time else {
            grid.set(first.curves)
            return true
        }
        guard time < last.time, let next = tones.firstIndex(where: { $0.time > time }) else {
            grid.set(last.curves)
            return true
        }
        let (before, after) = (tones[next - 1], tones[next])
        let share = (time - before.time).seconds / (after.time - before.time).seconds
        grid.set(before.curves, after.curves, share: Float(share))
        return true
    }
}

extension ColorMeasurement {
    /// What is typical of some measurements: medians, so that a flash or a passing bus counts little.
    init(typicalOf measurements: [ColorMeasurement]) {
        self.init()
        func median(_ value: (ColorMeasurement) -> Float, of list: [ColorMeasurement]) -> Float {
            let sorted = list.map(value).sorted()
            guard !sorted.isEmpty else { return 0 }
            return sorted.count % 2 == 1
                ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
        }
        let trusted = measurements.filter { $0.confidence > 0 }
        illuminant = SIMD2(median(\.illuminant.x, of: trusted), median(\.illuminant.y, of: trusted))
        // Frames of one shot that disagree do not show the light but what passes by.
        let middle = illuminant
        let spread = median({ (($0.illuminant - middle) * ($0.illuminant - middle)).sum().squareRoot() }, of: trusted)
        confidence = median(\.confidence, of: measurements) / (1 + (spread / 0.15) * (spread / 0.15))
        neutral = median(\.neutral, of: measurements)
        black = median(\.black, of: measurements)
        dark = median(\.dark, of: measurements)
        bright = median(\.bright, of: measurements)
        white = median(\.white, of: measurements)
        saturation = median(\.saturation, of: measurements)
        skin = median(\.skin, of: measurements)
    }
}

extension ToneGrid {
    /// Takes over the curves of all tiles.
    func set(_ curves: LocalContrast.Curves) {
        for index in 0..<differences.count { differences.samples[index] = curves[index] }
    }

    /// Takes over the mean of two.
    func set(_ first: LocalContrast.Curves, _ second: LocalContrast.Curves, share: Float) {
        let part = Int32((min(max(share, 0), 1) * 32768).rounded())
        for index in 0..<differences.count {
            let sum = Int32(first[index]) * (32768 - part) + Int32(second[index]) * part
            differences.samples[index] = Int16((sum + 16384) >> 15)
        }
    }
}
