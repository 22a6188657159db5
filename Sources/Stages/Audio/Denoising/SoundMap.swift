internal import EBUR128Kit

/// What is heard in each 10 ms of a track: speech, what surrounds it, music, or something else.
struct SoundMap {
    enum Sound: UInt8 {
        /// The pauses between words, and background.
        case background
        /// Speech.
        case speech
        /// Music, with or without speech.
        case music
        /// Something loud, far from speech, that is no background: a door, an explosion, applause.
        case event
    }

    /// Mean powers of a track.
    struct Levels {
        /// Where somebody speaks, noise included.
        let speech: Double
        /// Where nobody does.
        let noise: Double

        /// Speech to noise in decibels, at most 100.
        var ratio: Double {
            min(100, Decibels.level(ofPower: max(speech - noise, 0.01 * speech) / max(noise, 1e-11)))
        }
    }

    private static let certain: UInt8 = 230, possible: UInt8 = 51, none: UInt8 = 25
    private let statistics: SpeechStatistics
    private(set) var sounds: [Sound]

    init(_ statistics: SpeechStatistics, musicScores: [Float]) {
        self.statistics = statistics
        let probabilities = statistics.probabilities
        sounds = [Sound](repeating: .background, count: probabilities.count)
        markMusic(musicScores)
        // Single sure frames occur in anything; syllables last longer.
        for run in runs(where: { sounds[$0] != .music && probabilities[$0] >= Self.certain }) where run.count >= 10 {
            for index in run { sounds[index] = .speech }
        }
        markEvents()
    }

    /// The share of all time.
    func share(of sound: Sound) -> Double {
        sounds.isEmpty ? 0 : Double(sounds.count { $0 == sound }) / Double(sounds.count)
    }

    // MARK: - Music

    private mutating func markMusic(_ scores: [Float]) {
        guard !scores.isEmpty, !sounds.isEmpty else { return }
        let step = MusicDetector.windowSeconds * SpeechStatistics.rate
        var isMusic = scores.indices.map { window in
            let near = scores[max(0, window - 1)...min(scores.count - 1, window + 1)]
            let score = near.reduce(0, +) / Float(near.count)
            let (sure, unsure) = doubts(around: (Double(window) + 1) * step, reach: 2 * step)
            // RNNoise is sure about speech and undecided about music.
            let evidence = score - 0.9 + 2 * (unsure - 0.25)
            return evidence > (sure > 0.5 ? 0.7 : 0.45)
        }
        closeGaps(&isMusic, step)
        // One window alone is a held vowel or a horn.
        for window in isMusic.indices where isMusic[window] && scores.count > 2 {
            let hasNeighbour =
                (window > 0 && isMusic[window - 1]) || (window + 1 < isMusic.count && isMusic[window + 1])
            if !hasNeighbour { isMusic[window] = false }
        }
        for window in isMusic.indices where isMusic[window] {
            let first = Int(Double(window) * step), last = min(sounds.count, Int((Double(window) + 2) * step) + 1)
            for index in first..<max(first, last) { sounds[index] = .music }
        }
    }

    /// Between two stretches of music is music, unless somebody surely speaks.
    private func closeGaps(_ isMusic: inout [Bool], _ step: Double) {
        var last: Int?
        for window in isMusic.indices where isMusic[window] {
            if let last, window - last > 1, Double(window - last) * step < 800 {
                let middle = (Double(last + window) / 2 + 1) * step
                if doubts(around: middle, reach: Double(window - last) * step / 2).sure < 0.45 {
                    for gap in (last + 1)..<window { isMusic[gap] = true }
                }
            }
            last = window
        }
    }

    /// The shares of frames about which RNNoise is sure that there is speech, and about which it is not sure.
    private func doubts(around middle: Double, reach: Double) -> (sure: Float, unsure: Float) {
        let first = min(max(0, Int(middle - reach)), statistics.probabilities.count)
        let last = max(first, min(statistics.probabilities.count, Int(middle + reach)))
        guard last > first else { return (0, 0) }
        var sure = 0, unsure = 0
        for index in first..<last {
            let probability = statistics.probabilities[index]
            if probability >= Self.certain { sure += 1 } else if probability >= Self.possible { unsure += 1 }
        }
        return (Float(sure) / Float(last - first), Float(unsure) / Float(last - first))
    }

    // MARK: - Events

    /// Marks what is much louder than the background and more than two seconds from any speech.
    private mutating func markEvents() {
        var floor = sounds.indices.filter { sounds[$0] == .background && power($0) > 1e-10 }.map { power($0) }
        guard !floor.isEmpty else { return }
        floor.sort()
        let limit = floor[floor.count / 10] * 16
        var sinceSpeech = Int.max / 2
        var distance = [Int](repeating: 0, count: sounds.count)
        for index in sounds.indices {
            sinceSpeech = sounds[index] == .speech ? 0 : sinceSpeech + 1
            distance[index] = sinceSpeech
        }
        var untilSpeech = Int.max / 2
        for index in sounds.indices.reversed() {
            untilSpeech = sounds[index] == .speech ? 0 : untilSpeech + 1
            distance[index] = min(distance[index], untilSpeech)
        }
        let length = 50
        for first in stride(from: 0, to: sounds.count, by: length) {
            let window = first..<min(first + length, sounds.count)
            let mean = window.reduce(Float(0)) { $0 + power($1) } / Float(window.count)
            guard mean > limit, window.allSatisfy({ sounds[$0] == .background && distance[$0] > 200 }) else { continue }
            for index in window { sounds[index] = .event }
        }
    }

    private func power(_ index: Int) -> Float { statistics.frames[index].source }

    // MARK: - Levels and gate

    /// The mean powers of speech and noise, with what a gate takes away; `nil` when nobody speaks for half a second.
    func levels(gate: [UInt8]?) -> Levels? {
        func power(_ index: Int) -> Double {
            Double(statistics.frames[index].power(at: gate.map { Float($0[index]) / 255 } ?? 0))
        }
        var speech = 0.0, speechCount = 0, noise = 0.0, noiseCount = 0
        for index in sounds.indices {
            if sounds[index] == .speech {
                speech += power(index)
                speechCount += 1
            } else if sounds[index] == .background, statistics.probabilities[index] < Self.none,
                statistics.frames[index].source > 1e-10
            {
                noise += power(index)
                noiseCount += 1
            }
        }
        guard speechCount >= 50 else { return nil }
        if noiseCount >= 20 { return Levels(speech: speech / Double(speechCount), noise: noise / Double(noiseCount)) }
        // Without pauses, the quietest frames tell about the noise.
        let quietest = sounds.indices.filter { sounds[$0] != .music }
            .sorted { statistics.frames[$0].source < statistics.frames[$1].source }
            .prefix(max(1, speechCount / 20))
        let floor = quietest.reduce(0.0) { $0 + power($1) } / Double(max(1, quietest.count))
        return Levels(speech: speech / Double(speechCount), noise: floor)
    }

    /// How much of the noise goes in each 10 ms: `strength` except in music and events, with soft edges.
    func gate(_ strength: Float) -> [UInt8] {
        var shares = sounds.map { $0 == .music || $0 == .event ? Float(0) : strength }
        // Two averages over 0.4 s in a row; what must stay untouched has been widened by as much before.
        widenPauses(&shares, by: 40)
        for _ in 0..<2 { shares = smoothed(shares, reach: 20) }
        return shares.map { UInt8(min(max($0, 0), 1) * 255) }
    }

    private func widenPauses(_ shares: inout [Float], by reach: Int) {
        for run in runs(where: { sounds[$0] == .music || sounds[$0] == .event }) {
            for index in max(0, run.lowerBound - reach)..<min(shares.count, run.upperBound + reach) {
                shares[index] = 0
            }
        }
    }

    private func smoothed(_ values: [Float], reach: Int) -> [Float] {
        guard !values.isEmpty else { return values }
        var result = values
        var sum: Double = 0
        for index in -reach...reach { sum += Double(values[min(max(0, index), values.count - 1)]) }
        for index in values.indices {
            result[index] = Float(sum / Double(2 * reach + 1))
            sum += Double(values[min(index + reach + 1, values.count - 1)]) - Double(values[max(0, index - reach)])
        }
        return result
    }

    private func runs(where isWanted: (Int) -> Bool) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var first: Int?
        for index in sounds.indices {
            if isWanted(index) {
                if first == nil { first = index }
            } else if let start = first {
                runs.append(start..<index)
                first = nil
            }
        }
        if let first { runs.append(first..<sounds.count) }
        return runs
    }
}
