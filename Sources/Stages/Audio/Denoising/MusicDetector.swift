internal import FFmpegKit
internal import Glibc

/// Finds music by what speech and noise lack: partials above 600 Hz that hold their pitch.
///
/// In windows of 2.4 s the share of time is counted in which each band of 12 Hz stands out of its surroundings. Held
/// notes give a few bands that stand out most of the time; a voice glides, and noise is everywhere alike.
/// After K. Seyerlehner et al., "Automatic Music Detection in Television Productions", DAFx 2007, without its fixed
/// threshold. Lines that stand all through a file are hum, not music.
final class MusicDetector {
    /// Samples a second of what it listens to.
    static let sampleRate = 12_000
    private static let transformLength = 1024
    private static let hop = 512
    /// Frames between two windows, which overlap by half.
    private static let windowStep = 28
    /// 600 Hz and up.
    private static let lowestBand = 51
    private static let bands = 512
    private static let surroundings = 10
    /// How many decibels a partial stands out.
    private static let prominence: Float = 6
    /// Frames this far below the loudest one so far do not count.
    private static let silence: Float = 50

    /// Seconds from one window's beginning to the next one's.
    static let windowSeconds = Double(windowStep * hop) / Double(sampleRate)

    private let transform: RealTransform
    private let shape: [Float]
    private var samples: [Float] = []
    private var frame = [Float](repeating: 0, count: transformLength)
    private var power = [Float](repeating: 0, count: transformLength / 2 + 1)
    private var level = [Float](repeating: 0, count: bands)
    private var loudest: Float = -200
    /// How often each band stood out, of each half window.
    private var counts: [[UInt8]] = []
    private var current = [UInt8](repeating: 0, count: bands)
    private var framesInCurrent = 0

    init() throws(FFmpegError) {
        transform = try RealTransform(count: Self.transformLength)
        shape = (0..<Self.transformLength).map {
            Float(0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(Self.transformLength)))
        }
    }

    /// Listens to mono sound of ``sampleRate``.
    func listen(_ more: [Float]) {
        samples.append(contentsOf: more)
        var first = 0
        while samples.count - first >= Self.transformLength {
            for index in 0..<Self.transformLength { frame[index] = samples[first + index] * shape[index] }
            look()
            first += Self.hop
        }
        samples.removeFirst(first)
    }

    private func look() {
        transform.power(of: frame, into: &power)
        var total: Float = 1e-12
        for band in 0..<Self.bands {
            total += power[band]
            level[band] = 10 * log10f(power[band] + 1e-12)
        }
        let loudness = 10 * log10f(total)
        loudest = max(loudest, loudness)
        if loudness > loudest - Self.silence { count() }
        framesInCurrent += 1
        if framesInCurrent == Self.windowStep { closeHalfWindow() }
    }

    /// Counts the bands that are higher than their neighbours and stand out of their surroundings.
    private func count() {
        let reach = Self.surroundings
        var sum: Float = 0
        let first = Self.lowestBand
        for band in (first - reach)...(first + reach) { sum += level[band] }
        for band in first..<(Self.bands - reach - 1) {
            if level[band] >= level[band - 1], level[band] >= level[band + 1],
                level[band] - sum / Float(2 * reach + 1) > Self.prominence
            {
                current[band] += 1
            }
            sum += level[band + reach + 1] - level[band - reach]
        }
    }

    private func closeHalfWindow() {
        counts.append(current)
        for band in current.indices { current[band] = 0 }
        framesInCurrent = 0
    }

    /// How much each window sounds like music, in order: below 1 for noise and most speech, above 1.5 for music.
    func scores() -> [Float] {
        if framesInCurrent >= Self.windowStep / 2 || counts.isEmpty && framesInCurrent > 0 { closeHalfWindow() }
        let hum = humBands()
        return counts.indices.map { index in score(counts[index], counts[min(index + 1, counts.count - 1)], hum) }
    }

    /// Bands that stand out nearly always in a file of some length.
    private func humBands() -> [Bool] {
        guard Double(counts.count) * Self.windowSeconds >= 15 else {
            return [Bool](repeating: false, count: Self.bands)
        }
        return (0..<Self.bands).map { band in
            let sum = counts.reduce(0) { $0 + Int($1[band]) }
            return Double(sum) > 0.85 * Double(counts.count * Self.windowStep)
        }
    }

    private func score(_ a: [UInt8], _ b: [UInt8], _ hum: [Bool]) -> Float {
        var share = [Float](repeating: 0, count: Self.bands)
        for band in Self.lowestBand..<Self.bands where !hum[band] {
            // A partial between two bands appears in either.
            let here = Int(a[band]) + Int(b[band]), beside = Int(a[band - 1]) + Int(b[band - 1])
            share[band] = min(1, Float(here + beside) / Float(2 * Self.windowStep))
        }
        let reach = Self.surroundings
        var excess: [Float] = []
        for band in (Self.lowestBand + 1)..<(Self.bands - reach - 1) {
            guard share[band] >= share[band - 1], share[band] > share[band + 1], share[band] > 0.1 else { continue }
            var sum: Float = 0
            for neighbour in max(0, band - reach)...(band + reach) { sum += share[neighbour] }
            excess.append(share[band] - sum / Float(2 * reach + 1))
        }
        return excess.sorted(by: >).prefix(5).reduce(0, +)
    }
}
