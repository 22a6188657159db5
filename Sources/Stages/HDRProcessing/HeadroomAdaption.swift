/// Follows the light of a stream that nobody measured before: at once when the scene changes, else slowly.
///
/// A static scene never changes its table: a new step needs a difference of more than one and a half steps from the level that
/// the current one was chosen for, and is reached one step at a time.
struct HeadroomAdaption {
    /// The headroom step to use.
    private(set) var step: Int
    private let conversion: RangeConversion
    private var smoothed: Double?
    private var lastLevel = 0.0
    private var framesSinceChange = 0

    /// A level that jumps by more than this is another scene: the fourth part of PQ's whole range, or of the signal's.
    private static let jump = 0.1
    private static let framesPerStep = 6

    init(_ conversion: RangeConversion) {
        self.conversion = conversion
        step = conversion.usualStep
    }

    /// Takes the measurement of the next frame.
    mutating func see(_ measurement: LightMeasurement) {
        let level = Double(measurement.level)
        framesSinceChange += 1
        guard let before = smoothed, abs(level - lastLevel) < Self.jump else {
            smoothed = level
            lastLevel = level
            step = conversion.step(forLevel: level)
            framesSinceChange = 0
            return
        }
        lastLevel = level
        let now = before + (level - before) / 16
        smoothed = now
        let wanted = conversion.step(forLevel: now)
        if abs(wanted - step) > 1, framesSinceChange >= Self.framesPerStep {
            step += wanted > step ? 1 : -1
            framesSinceChange = 0
        }
    }
}
