internal import CEBUR128

/// Measures the loudness of sound as EBU R 128 defines it.
///
/// Confined to one thread. Memory does not grow with the length of the sound: gated blocks are counted in a histogram.
/// Source: ITU-R BS.1770-4, EBU Tech 3341 and 3342; libebur128's `ebur128.h`.
public final class LoudnessMeter {
    /// Where a channel is heard, which decides its weight.
    public enum Channel: Sendable, Equatable {
        /// In front or above: weight 1.
        case front
        /// At the sides or behind: weight 1.41.
        case surround
        /// The low-frequency channel, which does not count.
        case unused
    }

    private var state: UnsafeMutablePointer<ebur128_state>?
    private let channelCount: Int
    private let measuresPeaks: Bool
    private var interleaved: [Float] = []

    /// Makes a meter.
    ///
    /// - Parameters:
    ///   - sampleRate: samples a second, 16 up to 2,822,400.
    ///   - channels: every channel's place, in order; 1 up to 64.
    ///   - measuresPeaks: whether ``truePeak`` is wanted, which costs as much as the rest.
    /// - Throws: ``LoudnessError`` when rate or number of channels are beyond what the library measures.
    public init(sampleRate: Int, channels: [Channel], measuresPeaks: Bool = true) throws(LoudnessError) {
        channelCount = channels.count
        self.measuresPeaks = measuresPeaks
        var modes = EBUR128_MODE_I.rawValue | EBUR128_MODE_LRA.rawValue | EBUR128_MODE_HISTOGRAM.rawValue
        if measuresPeaks { modes |= EBUR128_MODE_TRUE_PEAK.rawValue }
        state = ebur128_init(UInt32(channels.count), UInt(sampleRate), Int32(modes))
        guard state != nil else { throw LoudnessError(sampleRate: sampleRate, channelCount: channels.count) }
        for (index, channel) in channels.enumerated() {
            let place =
                switch channel {
                case .front: EBUR128_LEFT
                case .surround: EBUR128_LEFT_SURROUND
                case .unused: EBUR128_UNUSED
                }
            ebur128_set_channel(state, UInt32(index), Int32(place.rawValue))
        }
    }

    deinit {
        // The library does not stand a state that it could not make.
        if state != nil { ebur128_destroy(&state) }
    }

    /// Adds sound.
    ///
    /// - Parameters:
    ///   - planes: one array a channel with at least `count` samples, 1 being full scale.
    ///   - count: how many samples of each channel.
    /// - Precondition: as many planes as there are channels.
    public func add(_ planes: [[Float]], count: Int) {
        precondition(planes.count == channelCount, "one plane a channel")
        guard count > 0 else { return }
        let total = count * channelCount
        if interleaved.count < total { interleaved = [Float](repeating: 0, count: total) }
        interleaved.withUnsafeMutableBufferPointer { target in
            for (channel, plane) in planes.enumerated() {
                plane.withUnsafeBufferPointer { source in
                    precondition(source.count >= count, "a plane is too short")
                    var place = channel
                    for index in 0..<count {
                        // A NaN would make every later block one.
                        let sample = source[index]
                        target[place] = sample.isFinite ? sample : 0
                        place += channelCount
                    }
                }
            }
            ebur128_add_frames_float(state, target.baseAddress, count)
        }
    }

    /// Integrated loudness in LUFS; `nil` when nothing was louder than the gate of −70 LUFS.
    public var integrated: Double? {
        var value = 0.0
        guard ebur128_loudness_global(state, &value) == 0, value.isFinite else { return nil }
        return value
    }

    /// Loudness range in LU; `nil` when there is nothing to measure.
    public var range: Double? {
        var value = 0.0
        guard integrated != nil, ebur128_loudness_range(state, &value) == 0, value.isFinite else { return nil }
        return value
    }

    /// The highest peak between samples of any channel in dBTP; `nil` for digital silence or when it is not measured.
    public var truePeak: Double? {
        guard measuresPeaks else { return nil }
        var highest = 0.0
        for channel in 0..<channelCount {
            var value = 0.0
            if ebur128_true_peak(state, UInt32(channel), &value) == 0 { highest = max(highest, value) }
        }
        return highest > 0 ? Decibels.level(ofAmplitude: highest) : nil
    }
}

/// Rate or number of channels are beyond what can be measured.
public struct LoudnessError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Samples a second.
    public let sampleRate: Int
    /// Number of channels.
    public let channelCount: Int

    /// What cannot be measured.
    public var description: String { "cannot measure the loudness of \(channelCount) channels at \(sampleRate) Hz" }
}
