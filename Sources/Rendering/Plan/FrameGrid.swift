internal import MediaCore

/// The frame rate of a container that counts frames instead of saying when each is shown (AVI).
///
/// Pure logic. Takes the first rate on offer at which every frame gets a number of its own near its time; what lies
/// between two frames that are further apart is filled by repeating the first of them.
struct FrameGrid: Sendable, Equatable {
    /// One tick a frame.
    let timebase: Timebase
    /// The number of each frame, in order of presentation.
    let numbers: [Int64]

    /// Frames a second.
    var rate: Rational { Rational(timebase.denominator, timebase.numerator) }

    /// Whether every frame follows the one before at the same distance.
    var isRegular: Bool { zip(numbers, numbers.dropFirst()).allSatisfy { $1 - $0 == 1 } }

    /// What nobody needs to see at more than this: a rate beyond is a clock, not a frame rate.
    private static let highest = 240.0

    /// Chooses a rate.
    ///
    /// - Parameters:
    ///   - times: presentation times in order, counted from the moment that is 0 in the result.
    ///   - timebase: their timebase.
    ///   - rates: the rates to try, the likeliest first.
    init(times: [Int64], timebase: Timebase, rates: [Rational]) {
        let steps = zip(times.dropFirst(), times).map { $0 - $1 }.filter { $0 > 0 }
        let finest = steps.min().flatMap { Self.rate(oneFrameIn: $0, timebase) }
        let offered = (rates + [finest].compactMap { $0 }).filter { $0.value > 0 && $0.value <= Self.highest }
        let grids = offered.lazy.map { Self.place(times, timebase, at: $0) }
        let best = grids.first { $0.isDistinct && $0.isNear } ?? grids.first { $0.isDistinct } ?? grids.first
        let chosen = best ?? Self.place(times, timebase, at: Rational(25, 1))
        (self.timebase, numbers) = (chosen.timebase, chosen.numbers)
    }

    private struct Placement {
        let timebase: Timebase
        let numbers: [Int64]
        /// Whether every frame lies within a quarter of a frame of where it should be.
        let isNear: Bool

        /// Whether no two frames share a number.
        var isDistinct: Bool { zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 } }
    }

    private static func place(_ times: [Int64], _ timebase: Timebase, at rate: Rational) -> Placement {
        let grid = Timebase(rate.denominator, rate.numerator)
        guard let first = times.first else { return Placement(timebase: grid, numbers: [], isNear: true) }
        let start = MediaTime(ticks: first, timebase: timebase).rescaled(to: grid).ticks
        // From the first frame on: a start between two numbers must not make even distances uneven.
        let places = times.map { MediaTime(ticks: $0 - first, timebase: timebase) }
        let numbers = places.map { $0.rescaled(to: grid).ticks }
        let frame = MediaTime(ticks: 1, timebase: grid).rescaled(to: timebase).ticks
        let isNear = zip(places, numbers).allSatisfy { place, number in
            // A tick on each side is what rounding costs.
            abs((place - MediaTime(ticks: number, timebase: grid)).ticks) <= frame / 4 + 1
        }
        return Placement(timebase: grid, numbers: numbers.map { start + $0 }, isNear: isNear)
    }

    private static func rate(oneFrameIn ticks: Int64, _ timebase: Timebase) -> Rational? {
        var (a, b) = (Int64(timebase.denominator), ticks * Int64(timebase.numerator))
        while b != 0 { (a, b) = (b, a % b) }
        let numerator = Int32(exactly: Int64(timebase.denominator) / a)
        let denominator = Int32(exactly: ticks * Int64(timebase.numerator) / a)
        guard let numerator, let denominator else { return nil }
        return Rational(numerator, denominator)
    }
}
