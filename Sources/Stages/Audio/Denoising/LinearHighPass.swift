/// A high-pass without phase: what is below about 60 Hz goes, the voice's lowest partials stay where they are.
///
/// The sound less three moving averages in a row: −6 dB at 50 Hz, −1 dB at 80 Hz, at 48 kHz. A recursive filter would turn
/// the phase of male voices' fundamentals, which costs more likeness to the voice than the rumble did.
struct LinearHighPass {
    /// Samples by which what comes out is late.
    static let latency = 3 * (length - 1) / 2
    private static let length = 361

    private var averages: [MovingAverage]
    private var delay = DelayLine(length: LinearHighPass.latency)

    init() { averages = (0..<3).map { _ in MovingAverage(length: Self.length) } }

    /// Filters in place.
    mutating func process(_ samples: inout [Float]) {
        for index in samples.indices {
            var low = Double(samples[index])
            for stage in averages.indices { low = averages[stage].next(low) }
            samples[index] = delay.next(samples[index]) - Float(low)
        }
    }
}

/// The mean of the last samples. Sums are kept in double precision, so that hours of rounding stay below −200 dB.
private struct MovingAverage {
    private var history: [Double]
    private var place = 0
    private var sum = 0.0

    init(length: Int) { history = [Double](repeating: 0, count: length) }

    mutating func next(_ value: Double) -> Double {
        sum += value - history[place]
        history[place] = value
        place = place + 1 == history.count ? 0 : place + 1
        return sum / Double(history.count)
    }
}

/// Gives each sample back a fixed number of samples later.
struct DelayLine {
    private var history: [Float]
    private var place = 0

    init(length: Int) { history = [Float](repeating: 0, count: length) }

    mutating func next(_ sample: Float) -> Float {
        let late = history[place]
        history[place] = sample
        place = place + 1 == history.count ? 0 : place + 1
        return late
    }

    mutating func process(_ samples: inout [Float]) {
        for index in samples.indices { samples[index] = next(samples[index]) }
    }
}
