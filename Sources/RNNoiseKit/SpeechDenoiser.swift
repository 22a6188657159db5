internal import Glibc

/// Takes noise out of speech and says how likely there is speech, by RNNoise's recurrent network.
///
/// One channel at 48 kHz in frames of 10 ms. Confined to one thread; the network's weights are shared by all.
/// Source: J.-M. Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", 2018
/// (arXiv 1709.08243); RNNoise's `rnnoise.h`.
public final class SpeechDenoiser {
    /// Samples a second that the network was trained for.
    public static let sampleRate = 48_000
    /// Samples in a frame: 10 ms.
    public static let frameLength = 480
    /// Samples by which what comes out is later than what goes in: one frame of overlap and one of look-ahead.
    public static let latency = 960
    /// The high-pass that RNNoise runs before everything else, as b1, b2 and a1, a2 of a biquad with b0 = a0 = 1.
    ///
    /// Its phase turns the voice's lowest partials; who compares what went in with what came out must apply it too.
    public static let inputHighPass: (b1: Double, b2: Double, a1: Double, a2: Double) = (-2, 1, -1.99599, 0.996)

    private let library: RNNoiseLibrary
    private let state: OpaquePointer
    private var scaled: [Float]

    /// Makes a denoiser that has heard nothing.
    ///
    /// - Throws: ``RNNoiseError`` when the library is missing or is another one.
    public init() throws(RNNoiseError) {
        library = try RNNoiseLibrary.shared.get()
        guard let state = library.create(nil) else { throw RNNoiseError(reason: "it could not allocate its state") }
        self.state = state
        scaled = [Float](repeating: 0, count: Self.frameLength)
    }

    deinit { library.destroy(state) }

    /// Whether the library is there; otherwise why it is not.
    public static var availability: Result<Void, RNNoiseError> { RNNoiseLibrary.shared.map { _ in } }

    /// Denoises a frame.
    ///
    /// - Parameters:
    ///   - input: ``frameLength`` samples, 1 being full scale.
    ///   - output: room for as many; they belong to the frame that was given ``latency`` samples earlier.
    /// - Returns: the probability that `input` holds speech, 0–1.
    public func process(_ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) -> Float {
        // The network was trained on 16-bit samples.
        for index in 0..<Self.frameLength { scaled[index] = input[index] * 32_768 }
        let probability = scaled.withUnsafeMutableBufferPointer { buffer in
            library.process(state, output, buffer.baseAddress)
        }
        for index in 0..<Self.frameLength { output[index] *= 1 / 32_768 }
        return probability
    }
}

/// RNNoise cannot be used.
public struct RNNoiseError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why, in a few words.
    public let reason: String

    /// What is missing and what adds it.
    public var description: String { "RNNoise is not there (\(reason)); 'make setup' adds it" }
}
