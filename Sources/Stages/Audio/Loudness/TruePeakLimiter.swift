internal import EBUR128Kit
internal import Glibc
internal import Kernels
internal import Pipeline

/// Multiplies with one gain and rounds off peaks that it lifts above a ceiling.
///
/// Peaks are found between samples by fourfold oversampling. The gain begins to fall 5 ms before a peak, reaches what the
/// peak needs exactly in time, and returns within some tenths of a second; it is the same for all channels, so that the
/// stereo image stands still.
final class TruePeakLimiter: AudioEffectInstance {
    /// Time in which the gain returns by 63 %.
    static let releaseSeconds = 0.08
    private static let lookAheadSeconds = 0.005

    private let gain: Float
    private let ceiling: Float
    private let release: Float
    private let peaks: PeakFollower
    private var delays: [RingBuffer]
    private var minimum: SlidingMinimum
    private var envelope: Float = 1
    private var average: RingBuffer
    private var sum: Double
    /// Samples since the gain was last below 1.
    private var idle: Int
    private let window: Int
    private var gains: [Float] = []

    init(channelCount: Int, sampleRate: Int, gain: Double, ceiling: Double) {
        self.gain = Float(Decibels.amplitude(ofLevel: gain))
        self.ceiling = Float(Decibels.amplitude(ofLevel: ceiling))
        let window = Self.window(sampleRate: sampleRate)
        self.window = window
        release = 1 - expf(-1 / Float(Self.releaseSeconds * Double(sampleRate)))
        peaks = PeakFollower(channelCount: channelCount)
        let latency = Self.latency(sampleRate: sampleRate)
        delays = (0..<channelCount).map { _ in RingBuffer(count: latency, value: 0) }
        minimum = SlidingMinimum(window: window + 1)
        average = RingBuffer(count: window, value: 1)
        sum = Double(window)
        idle = 4 * window
    }

    private static func window(sampleRate: Int) -> Int { max(1, Int(lookAheadSeconds * Double(sampleRate))) }

    /// Samples by which what comes out is late.
    static func latency(sampleRate: Int) -> Int { window(sampleRate: sampleRate) + PeakFollower.latency }

    func process(_ block: AudioBlock) {
        let found = peaks.follow(block, gain: gain, floor: ceiling)
        computeGains(found, count: block.count)
        for channel in block.planes.indices {
            block.planes[channel].withUnsafeMutableBufferPointer { samples in
                gains.withUnsafeBufferPointer { gains in
                    for index in 0..<block.count {
                        samples[index] = delays[channel].exchange(samples[index] * gain) * gains[index]
                    }
                }
            }
        }
    }

    private func computeGains(_ found: [Float], count: Int) {
        if gains.count < count { gains = [Float](repeating: 1, count: count) }
        found.withUnsafeBufferPointer { found in
            for index in 0..<count {
                let needed = found[index] > ceiling ? ceiling / found[index] : 1
                if needed == 1, idle >= 4 * window {
                    gains[index] = 1
                    continue
                }
                gains[index] = nextGain(needed)
            }
        }
    }

    private func nextGain(_ needed: Float) -> Float {
        if idle >= 4 * window { wake() }
        let held = minimum.next(needed)
        envelope = min(held, envelope + (1 - envelope) * release)
        // Nothing is heard of the last hundredth of a decibel.
        if held == 1, envelope > 0.999 { envelope = 1 }
        idle = envelope < 1 ? 0 : idle + 1
        sum += Double(envelope) - Double(average.exchange(envelope))
        return min(1, Float(sum / Double(window)))
    }

    /// The sums start anew, so that rounding does not add up over hours.
    private func wake() {
        minimum.reset()
        average = RingBuffer(count: window, value: 1)
        sum = Double(window)
        idle = 0
    }
}

/// A fixed number of samples, of which the oldest is exchanged for the newest.
struct RingBuffer {
    private var samples: [Float]
    private var place = 0

    init(count: Int, value: Float) { samples = [Float](repeating: value, count: count) }

    mutating func exchange(_ sample: Float) -> Float {
        let oldest = samples[place]
        samples[place] = sample
        place = place + 1 == samples.count ? 0 : place + 1
        return oldest
    }
}

/// The smallest of the last values, in constant time on average.
struct SlidingMinimum {
    private let window: Int
    /// Values that can still become the smallest, rising, with the moments at which they came; a ring.
    private var values: [Float]
    private var moments: [Int]
    private var head = 0
    private var count = 0
    private var now = 0

    init(window: Int) {
        self.window = window
        values = [Float](repeating: 0, count: window + 1)
        moments = [Int](repeating: 0, count: window + 1)
    }

    mutating func reset() { count = 0 }

    mutating func next(_ value: Float) -> Float {
        let size = values.count
        while count > 0, values[(head + count - 1) % size] >= value { count -= 1 }
        values[(head + count) % size] = value
        moments[(head + count) % size] = now
        count += 1
        if moments[head] <= now - window {
            head = (head + 1) % size
            count -= 1
        }
        now += 1
        return values[head]
    }
}
