internal import RNNoiseKit

/// Finds what must be added to one channel to take the noise out of it: rumble and what RNNoise hears as no speech.
///
/// RNNoise filters its input with a high-pass whose phase turns the voice's lowest partials. Its output is therefore not
/// taken as it is, but compared with its input behind the same high-pass: where the network lets everything pass, the
/// difference is nothing, and the voice stays as it was.
final class ChannelDenoiser {
    static let frameLength = SpeechDenoiser.frameLength
    /// Samples by which what comes out is late: whole frames.
    static let latency = 4 * frameLength

    private let network: SpeechDenoiser
    private var highPass = LinearHighPass()
    /// Makes the latency a whole number of frames.
    private var padding = DelayLine(length: latency - SpeechDenoiser.latency - LinearHighPass.latency)
    private var reference = InputHighPass()
    private var late = DelayLine(length: SpeechDenoiser.latency)
    private var original = DelayLine(length: latency)
    private var filtered = [Float](repeating: 0, count: frameLength)
    private var denoised = [Float](repeating: 0, count: frameLength)
    /// The sound that ``residual`` belongs to.
    private(set) var source = [Float](repeating: 0, count: frameLength)
    /// What must be added to ``source``.
    private(set) var residual = [Float](repeating: 0, count: frameLength)

    init() throws(RNNoiseError) { network = try SpeechDenoiser() }

    /// Takes the next frame of the channel.
    ///
    /// - Returns: the probability that ``source`` holds speech, 0–1.
    func process(_ frame: [Float]) -> Float {
        // Sample by sample: arrays that are assigned share their memory, and writing to one would allocate another.
        for index in frame.indices {
            source[index] = frame[index]
            filtered[index] = frame[index]
        }
        padding.process(&filtered)
        highPass.process(&filtered)
        let probability = filtered.withUnsafeBufferPointer { input in
            denoised.withUnsafeMutableBufferPointer { output in
                guard let from = input.baseAddress, let to = output.baseAddress else { return Float(0) }
                return network.process(from, into: to)
            }
        }
        for index in source.indices {
            let clean = late.next(filtered[index])
            let before = original.next(source[index])
            source[index] = before
            residual[index] = clean - before + denoised[index] - reference.next(clean)
        }
        return probability
    }
}

/// The high-pass that RNNoise runs before everything else.
private struct InputHighPass {
    private var first = 0.0
    private var second = 0.0

    mutating func next(_ sample: Float) -> Float {
        let filter = SpeechDenoiser.inputHighPass
        let x = Double(sample)
        let y = x + first
        first = second + filter.b1 * x - filter.a1 * y
        second = filter.b2 * x - filter.a2 * y
        return Float(y)
    }
}
