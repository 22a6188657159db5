import Foundation
import Testing

@testable import EBUR128Kit

@Suite struct LoudnessMeterTests {
    private func sine(_ frequency: Double, level: Double, seconds: Double, rate: Int = 48_000) -> [Float] {
        let amplitude = Decibels.amplitude(ofLevel: level)
        return (0..<Int(seconds * Double(rate))).map { index in
            Float(amplitude * sin(2 * .pi * frequency * Double(index) / Double(rate)))
        }
    }

    /// EBU Tech 3341, case 1: a stereo sine of 1 kHz at −23 dBFS measures −23 LUFS.
    @Test(arguments: [-23.0, -33.0]) func measuresTheReferenceSine(level: Double) throws {
        let meter = try LoudnessMeter(sampleRate: 48_000, channels: [.front, .front])
        let wave = sine(1000, level: level, seconds: 2)
        meter.add([wave, wave], count: wave.count)
        let loudness = try #require(meter.integrated)
        #expect(abs(loudness - level) < 0.1)
        let peak = try #require(meter.truePeak)
        #expect(abs(peak - level) < 0.1)
    }

    @Test func weighsChannelsByTheirPlace() throws {
        let wave = sine(1000, level: -20, seconds: 2)
        func loudness(_ channel: LoudnessMeter.Channel) throws -> Double? {
            let meter = try LoudnessMeter(sampleRate: 48_000, channels: [channel], measuresPeaks: false)
            meter.add([wave], count: wave.count)
            return meter.integrated
        }
        let front = try #require(try loudness(.front)), surround = try #require(try loudness(.surround))
        // BS.1770: 1.41, which is 1.5 dB.
        #expect(abs(surround - front - 1.5) < 0.05)
        #expect(try loudness(.unused) == nil)
    }

    @Test func silenceHasNoLoudness() throws {
        let meter = try LoudnessMeter(sampleRate: 44_100, channels: [.front])
        #expect(meter.integrated == nil && meter.truePeak == nil && meter.range == nil)
        meter.add([[Float](repeating: 0, count: 88_200)], count: 88_200)
        #expect(meter.integrated == nil && meter.truePeak == nil && meter.range == nil)
    }

    @Test func aSampleThatIsNoNumberDoesNoHarm() throws {
        let meter = try LoudnessMeter(sampleRate: 48_000, channels: [.front])
        var wave = sine(1000, level: -20, seconds: 1)
        wave[10] = .nan
        wave[11] = .infinity
        meter.add([wave], count: wave.count)
        #expect(meter.integrated != nil)
    }

    @Test func findsPeaksBetweenSamples() throws {
        let meter = try LoudnessMeter(sampleRate: 48_000, channels: [.front])
        // At a quarter of the rate and 45°, samples stay 3 dB below the wave's crest.
        let wave = (0..<4800).map { Float(0.5 * sin(Double.pi / 2 * Double($0) + Double.pi / 4)) }
        meter.add([wave], count: wave.count)
        let peak = try #require(meter.truePeak)
        #expect(abs(peak - Decibels.level(ofAmplitude: 0.5)) < 0.3)
    }

    @Test func refusesWhatItCannotMeasure() {
        #expect(throws: LoudnessError.self) { try LoudnessMeter(sampleRate: 1, channels: [.front]) }
    }
}
