internal import Foundation
internal import Kernels
internal import MediaCore

/// Decides corrections for a stream while it is seen, with a memory of a second. One thread at a time.
final class ColorFollower {
    /// What to do now. It changes in steps that no eye sees, and only when they are due, because each costs a new table.
    private(set) var correction = ColorCorrection.none

    private let strength: Double
    private let isFullRange: Bool
    private let thumbnail: FrameThumbnail
    private let meter: ColorMeter
    private let before: Grid<UInt8>
    private var average: ColorMeasurement?
    private var histograms: [Float] = []
    private var lastTime: MediaTime?

    /// The memory in seconds.
    private static let memory = 1.0
    /// A step of the mean luma difference between two frames that means a cut, in codes.
    private static let cut: Float = 28
    /// The largest change of a gain's logarithm, of a level or of vibrance in a frame: less than 0.2 ΔE.
    private static let largestStep: Float = 0.004

    init(_ format: VideoFormat, strength: Double) {
        self.strength = strength
        isFullRange = format.color.isFullRange == true
        thumbnail = FrameThumbnail(format)
        meter = ColorMeter(thumbnailsOf: format)
        before = Grid(width: thumbnail.picture.width, height: thumbnail.picture.height, repeating: 0)
    }

    /// Forgets what was seen.
    func reset() {
        average = nil
        lastTime = nil
    }

    /// Looks at a frame.
    func update(_ planes: FramePlanes, at time: MediaTime?) {
        thumbnail.update(planes)
        if average != nil, PixelKernels.meanAbsoluteDifference(thumbnail.picture.y, before) > Self.cut { reset() }
        before.copy(from: thumbnail.picture.y)
        let seen = meter.measure(thumbnail.picture, wantsTiles: true)
        let shares = seen.tiles?.shares ?? []
        guard let past = average else {
            average = seen
            histograms = shares.map { Float($0) / 255 }
            correction = ColorCorrection(seen, strength: strength)
            lastTime = time
            return
        }
        let elapsed = time.flatMap { now in lastTime.map { (now - $0).seconds } } ?? 1.0 / 30
        lastTime = time
        let share = Float(1 - exp(-min(max(elapsed, 0), Self.memory) / Self.memory))
        average = past.mixed(with: seen, share: share)
        for index in histograms.indices {
            histograms[index] += (Float(shares[index]) / 255 - histograms[index]) * share
        }
        if let average { correction.approach(ColorCorrection(average, strength: strength), step: Self.largestStep) }
    }

    /// Puts the curves for now into a grid.
    func fill(_ grid: ToneGrid) -> Bool {
        guard let average,
            let curves = LocalContrast.curves(
                histograms,
                spread: average.bright - average.dark,
                strength: strength,
                isFullRange: isFullRange
            )
        else { return false }
        grid.set(curves)
        return true
    }
}

extension ColorMeasurement {
    /// The mean with another measurement.
    fileprivate func mixed(with other: ColorMeasurement, share: Float) -> ColorMeasurement {
        var result = self
        // A frame that does not show the light says nothing about it.
        result.illuminant += (other.illuminant - illuminant) * share * other.confidence
        result.confidence += (other.confidence - confidence) * share
        result.neutral += (other.neutral - neutral) * share
        result.black += (other.black - black) * share
        result.dark += (other.dark - dark) * share
        result.bright += (other.bright - bright) * share
        result.white += (other.white - white) * share
        result.saturation += (other.saturation - saturation) * share
        result.skin += (other.skin - skin) * share
        return result
    }
}

extension ColorCorrection {
    /// Goes a step towards another correction; stays where it is when both are nearly the same.
    fileprivate mutating func approach(_ goal: ColorCorrection, step: Float) {
        func moved(_ from: Float, _ to: Float) -> Float { from + min(max(to - from, -step), step) }
        var factors = SIMD3<Float>()
        for channel in 0..<3 { factors[channel] = exp(moved(log(gains[channel]), log(goal.gains[channel]))) }
        let next = ColorCorrection(
            gains: factors,
            black: moved(black, goal.black),
            white: moved(white, goal.white),
            vibrance: moved(vibrance, goal.vibrance)
        )
        let change = max(
            abs(next.gains - gains).max(),
            abs(next.black - black),
            abs(next.white - white),
            abs(next.vibrance - vibrance)
        )
        if change > step / 4 || goal == .none && next == .none { self = next }
    }
}

private func abs(_ value: SIMD3<Float>) -> SIMD3<Float> {
    value.replacing(with: -value, where: value .< 0)
}
