import EBUR128Kit
import Foundation
import MediaCore
import Pipeline
import Testing

@testable import Stages

/// Sound for tests, made from formulas.
enum TestSound {
    static let rate = 48_000

    static func sine(_ frequency: Double, level: Double = -20, seconds: Double, rate: Int = rate) -> [Float] {
        let amplitude = Decibels.amplitude(ofLevel: level)
        return (0..<Int(seconds * Double(rate))).map {
            Float(amplitude * sin(2 * .pi * frequency * Double($0) / Double(rate)))
        }
    }

    /// White noise of a level.
    static func noise(level: Double, seconds: Double, seed: UInt64 = 1, rate: Int = rate) -> [Float] {
        var state = seed
        let amplitude = Float(Decibels.amplitude(ofLevel: level) * 3.0.squareRoot())
        return (0..<Int(seconds * Double(rate))).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Float(state >> 40) / Float(1 << 23) - 1) * amplitude
        }
    }

    static func power(_ samples: some Collection<Float>) -> Double {
        samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))
    }
}

/// A track of so many channels in front.
func track(channels: Int = 1, rate: Int = TestSound.rate, scratch: String = "") -> AudioTrack {
    AudioTrack(
        format: AudioFormat(
            sampleRate: rate,
            channelLayout: channels == 1 ? "mono" : "stereo",
            sampleFormat: .floatPlanar
        ),
        channels: [AudioChannel](repeating: .front, count: channels),
        scratchPrefix: scratch
    )
}

/// Gives samples in blocks of odd sizes to a body.
func inBlocks(_ planes: [[Float]], _ body: (AudioBlock) throws -> Void) rethrows {
    let block = AudioBlock(channelCount: planes.count, capacity: 1000)
    let sizes = [960, 17, 1000, 333]
    var first = 0, turn = 0
    while first < planes[0].count {
        let count = min(sizes[turn % sizes.count], planes[0].count - first)
        for channel in planes.indices {
            for index in 0..<count { block.planes[channel][index] = planes[channel][first + index] }
        }
        block.count = count
        block.position = Int64(first)
        try body(block)
        first += count
        turn += 1
    }
}

/// What comes out of effects, latency removed.
func process(_ planes: [[Float]], _ plans: [any AudioEffectPlan]) throws -> [[Float]] {
    let chain = try AudioEffectChain(plans)
    var result = planes.map { _ in [Float]() }
    var next: Int64 = 0
    func take(_ block: AudioBlock) {
        #expect(block.count == 0 || block.position == next)
        next += Int64(block.count)
        for channel in result.indices { result[channel] += block.planes[channel][..<block.count] }
    }
    try inBlocks(planes) { block in
        try chain.process(block)
        take(block)
    }
    try chain.flush(AudioBlock(channelCount: planes.count, capacity: 100)) { take($0) }
    return result
}

/// Loudness and peaks as libebur128 sees them.
func measure(_ planes: [[Float]], rate: Int = TestSound.rate) throws -> SoundMeasurement {
    let meter = try track(channels: planes.count, rate: rate).makeLoudnessMeter()
    meter.add(planes, count: planes[0].count)
    return meter.measurement
}
