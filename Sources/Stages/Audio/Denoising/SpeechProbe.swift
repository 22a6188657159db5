internal import FFmpegKit
internal import MediaCore
internal import Pipeline
internal import RNNoiseKit

/// Denoises a track once, keeps what is taken away, and notes for each 10 ms what the decision needs.
///
/// Works at 48 kHz, whatever the track's rate; what is kept is at the track's own rate again.
final class SpeechProbe: AudioProbe {
    private let track: AudioTrack
    private let path: String
    /// The channels that are denoised: all but low-frequency effects.
    private let voices: [Int]
    private let upward: FloatResampler?
    private let downward: FloatResampler?
    private let toMusic: FloatResampler
    private let music: MusicDetector
    private let writer: ResidualWriter
    private var denoisers: [ChannelDenoiser]
    /// Channels that have been the first one's copy so far share its denoiser.
    private var isCopy: [Bool]
    private var waiting: [[Float]]
    private var residuals: [[Float]]
    private var returned: [[Float]]
    private var frame = [Float](repeating: 0, count: ChannelDenoiser.frameLength)
    private var mono = [[Float](repeating: 0, count: ChannelDenoiser.frameLength)]
    private var monoMusic: [[Float]] = [[]]
    private var statistics = SpeechStatistics()
    private var samplesIn = 0
    private var samplesOut = 0
    private var framesToDrop = ChannelDenoiser.latency / ChannelDenoiser.frameLength

    init(_ track: AudioTrack) throws {
        self.track = track
        path = track.scratchPrefix + ".denoising"
        let voices = track.channels.indices.filter { track.channels[$0] != .lowFrequency }
        self.voices = voices
        let rate = track.format.sampleRate, network = SpeechDenoiser.sampleRate
        let needsResampling = rate != network && !voices.isEmpty
        upward = needsResampling ? try FloatResampler(channelCount: voices.count, from: rate, to: network) : nil
        downward = needsResampling ? try FloatResampler(channelCount: voices.count, from: network, to: rate) : nil
        toMusic = try FloatResampler(channelCount: 1, from: network, to: MusicDetector.sampleRate)
        music = try MusicDetector()
        writer = try ResidualWriter(path: path, channelCount: max(1, voices.count))
        denoisers = try voices.map { _ in try ChannelDenoiser() }
        isCopy = voices.indices.map { $0 > 0 }
        waiting = voices.map { _ in [] }
        residuals = voices.map { _ in [] }
        returned = voices.map { _ in [] }
    }

    func measure(_ block: AudioBlock) throws {
        guard !voices.isEmpty else { return }
        samplesIn += block.count
        let planes = voices.map { block.planes[$0] }
        if let upward {
            try upward.convert(planes, count: block.count, appendingTo: &waiting)
        } else {
            for voice in voices.indices { waiting[voice].append(contentsOf: planes[voice][..<block.count]) }
        }
        try processFrames()
    }

    func finish() throws -> AudioFinding {
        guard !voices.isEmpty, samplesIn > 0 else {
            return AudioFinding(plan: nil, explanation: "there is no sound to denoise")
        }
        try upward?.convert(nil, appendingTo: &waiting)
        let silence = [Float](repeating: 0, count: ChannelDenoiser.latency + ChannelDenoiser.frameLength)
        for voice in voices.indices { waiting[voice] += silence }
        try processFrames()
        if let downward {
            try downward.convert(nil, appendingTo: &returned)
            try keep(&returned)
        }
        try writer.finish()
        try toMusic.convert(nil, appendingTo: &monoMusic)
        music.listen(monoMusic[0])
        let decision = SpeechDecision(statistics, musicScores: music.scores())
        let plan =
            decision.isWorthwhile ? SpeechDenoisingPlan(track, voices: voices, path: path, gate: decision.gate) : nil
        return AudioFinding(
            plan: plan,
            metrics: decision.metrics,
            outcome: decision.outcome,
            explanation: decision.explanation
        )
    }

    private func processFrames() throws {
        let length = ChannelDenoiser.frameLength
        var first = 0
        while waiting[0].count - first >= length {
            try processFrame(at: first)
            first += length
        }
        for voice in voices.indices { waiting[voice].removeFirst(first) }
        if let downward, !residuals[0].isEmpty {
            try downward.convert(residuals, count: residuals[0].count, appendingTo: &returned)
            for voice in voices.indices { residuals[voice].removeAll(keepingCapacity: true) }
            try keep(&returned)
        } else {
            try keep(&residuals)
        }
    }

    /// Writes residuals, but no more of them than there was sound.
    private func keep(_ planes: inout [[Float]]) throws {
        let count = min(planes[0].count, samplesIn - samplesOut)
        samplesOut += count
        for voice in planes.indices { planes[voice].removeLast(planes[voice].count - count) }
        try writer.append(planes)
        for voice in planes.indices { planes[voice].removeAll(keepingCapacity: true) }
    }

    private func processFrame(at first: Int) throws {
        let length = ChannelDenoiser.frameLength
        let isCounted = framesToDrop == 0
        var probability: Float = 0, entry = SpeechStatistics.Frame()
        for index in 0..<length { mono[0][index] = 0 }
        for voice in voices.indices {
            frame.withUnsafeMutableBufferPointer { target in
                waiting[voice].withUnsafeBufferPointer { source in
                    for index in 0..<length { target[index] = source[first + index] }
                }
            }
            if isCopy[voice], !isSame(voice, at: first) { isCopy[voice] = false }
            let denoiser = denoisers[isCopy[voice] ? 0 : voice]
            if !isCopy[voice] { probability = max(probability, denoiser.process(frame)) }
            if isCounted { residuals[voice].append(contentsOf: denoiser.residual) }
            entry.add(denoiser.source, denoiser.residual)
            for index in 0..<length { mono[0][index] += frame[index] }
        }
        try toMusic.convert(mono, count: length, appendingTo: &monoMusic)
        if monoMusic[0].count >= 4096 {
            music.listen(monoMusic[0])
            monoMusic[0].removeAll(keepingCapacity: true)
        }
        if isCounted {
            entry.scale(by: 1 / Float(length * voices.count))
            statistics.append(entry, probability: probability)
        } else {
            framesToDrop -= 1
        }
    }

    private func isSame(_ voice: Int, at first: Int) -> Bool {
        waiting[0].withUnsafeBufferPointer { a in
            waiting[voice].withUnsafeBufferPointer { b in
                for index in first..<(first + ChannelDenoiser.frameLength) where a[index] != b[index] { return false }
                return true
            }
        }
    }
}

/// What was noted for each 10 ms of a track: 13 bytes, 5 MB an hour.
struct SpeechStatistics {
    /// Powers of the sound and of what denoising takes away, and how both go together.
    struct Frame {
        var source: Float = 0
        var residual: Float = 0
        var product: Float = 0

        mutating func add(_ sound: [Float], _ taken: [Float]) {
            sound.withUnsafeBufferPointer { sound in
                taken.withUnsafeBufferPointer { taken in
                    for index in sound.indices {
                        source += sound[index] * sound[index]
                        residual += taken[index] * taken[index]
                        product += sound[index] * taken[index]
                    }
                }
            }
        }

        mutating func scale(by factor: Float) {
            source *= factor
            residual *= factor
            product *= factor
        }

        /// The power after a share of the residual was added.
        func power(at share: Float) -> Float { max(0, source + 2 * share * product + share * share * residual) }
    }

    private(set) var frames: [Frame] = []
    /// The probability of speech, in 1/255.
    private(set) var probabilities: [UInt8] = []

    mutating func append(_ frame: Frame, probability: Float) {
        frames.append(frame)
        probabilities.append(UInt8(min(max(probability, 0), 1) * 255))
    }

    /// Frames a second.
    static let rate = 100.0
}
