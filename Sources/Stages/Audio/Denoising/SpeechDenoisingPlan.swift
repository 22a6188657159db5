internal import MediaCore
internal import Pipeline

/// Adds what the probe kept to one track, as much of it as the gate says.
struct SpeechDenoisingPlan: AudioEffectPlan {
    let latency = 0
    private let track: AudioTrack
    private let voices: [Int]
    private let path: String
    /// The share of the noise that goes, for each 10 ms, in 1/255.
    private let gate: [UInt8]

    init(_ track: AudioTrack, voices: [Int], path: String, gate: [UInt8]) {
        self.track = track
        self.voices = voices
        self.path = path
        self.gate = gate
    }

    func makeInstance() throws -> any AudioEffectInstance {
        SpeechDenoisingInstance(
            reader: try ResidualReader(path: path, channelCount: voices.count),
            voices: voices,
            gate: gate,
            framesPerSample: SpeechStatistics.rate / Double(track.format.sampleRate)
        )
    }
}

private final class SpeechDenoisingInstance: AudioEffectInstance {
    private let reader: ResidualReader
    private let voices: [Int]
    private let gate: [UInt8]
    private let framesPerSample: Double
    private var done: Int64 = 0
    private var shares: [Float] = []

    init(reader: ResidualReader, voices: [Int], gate: [UInt8], framesPerSample: Double) {
        self.reader = reader
        self.voices = voices
        self.gate = gate
        self.framesPerSample = framesPerSample
    }

    func process(_ block: AudioBlock) {
        computeShares(block.count)
        reader.read(block.count) { planes, first, count, place in
            for (index, voice) in voices.enumerated() {
                block.planes[voice].withUnsafeMutableBufferPointer { samples in
                    planes[index].withUnsafeBufferPointer { residual in
                        shares.withUnsafeBufferPointer { shares in
                            for offset in 0..<count where shares[place + offset] > 0 {
                                samples[place + offset] += shares[place + offset] * residual[first + offset]
                            }
                        }
                    }
                }
            }
        }
        done += Int64(block.count)
    }

    /// The gate at every sample, straight lines between the middles of its frames.
    private func computeShares(_ count: Int) {
        if shares.count < count { shares = [Float](repeating: 0, count: count) }
        guard let last = gate.indices.last else { return }
        for offset in 0..<count {
            let time = max(0, (Double(done) + Double(offset)) * framesPerSample - 0.5)
            let index = min(Int(time), last)
            let share = Float(time - Double(index))
            let here = Float(gate[index]), next = Float(gate[min(index + 1, last)])
            shares[offset] = (here + (next - here) * min(1, share)) / 255
        }
    }
}
