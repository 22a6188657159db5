import Foundation
import MediaCore
import Testing

@testable import FFmpegKit

@Suite struct SoundTests {
    private func sine(_ frequency: Double, rate: Int, count: Int) -> [Float] {
        (0..<count).map { Float(0.5 * sin(2 * .pi * frequency * Double($0) / Double(rate))) }
    }

    @Test(arguments: [(44_100, 48_000), (8_000, 48_000), (48_000, 12_000), (480_000_000, 480_240_000)])
    func resamplingKeepsEverySampleAtItsMoment(rates: (from: Int, to: Int)) throws {
        let resampler = try FloatResampler(channelCount: 2, from: rates.from, to: rates.to)
        let base = min(rates.from, 48_000), length = base / 4
        let left = sine(440, rate: base, count: length), right = sine(1000, rate: base, count: length)
        var result: [[Float]] = [[], []]
        for first in stride(from: 0, to: length, by: 331) {
            let count = min(331, length - first)
            try resampler.convert(
                [Array(left[first..<(first + count)]), Array(right[first..<(first + count)])],
                count: count,
                appendingTo: &result
            )
        }
        try resampler.convert(nil, appendingTo: &result)
        let ratio = Double(rates.to) / Double(rates.from)
        #expect(abs(Double(result[0].count) - Double(length) * ratio) <= 2)
        for (channel, frequency) in [440.0, 1000].enumerated() {
            // Away from both ends, where the filter sees sound that is not there.
            for index in stride(from: 1000, to: Int(Double(length) * ratio) - 1000, by: 7) {
                let expected = 0.5 * sin(2 * .pi * frequency * Double(index) / (Double(base) * ratio))
                #expect(abs(Double(result[channel][index]) - expected) < 0.002)
            }
        }
    }

    @Test func spectrumShowsATone() throws {
        let transform = try RealTransform(count: 1024)
        var power = [Float](repeating: 0, count: 513)
        // Exactly 64 periods.
        transform.power(of: sine(3000, rate: 48_000, count: 1024), into: &power)
        let total = power.reduce(0, +)
        #expect(power[64] / total > 0.999)
        // Parseval: half the samples' energy in a real transform's one-sided sum, times its length.
        #expect(abs(power[64] / Float(0.25 * 512 * 512) - 1) < 0.001)
    }

    @Test func channelsHavePlaces() {
        func channels(_ layout: String) -> [AudioChannel]? {
            AudioFormat(sampleRate: 48_000, channelLayout: layout, sampleFormat: .floatPlanar).channels
        }
        #expect(channels("stereo") == [.front, .front])
        #expect(channels("5.1") == [.front, .front, .front, .lowFrequency, .surround, .surround])
        #expect(channels("5.1(side)") == [.front, .front, .front, .lowFrequency, .surround, .surround])
        #expect(channels("nonsense") == nil)
        #expect(!AudioFormat.isPlaced("5 channels") && AudioFormat.isPlaced("5.0"))
        #expect(AudioFormat.usualLayout(channelCount: 6) == "5.1")
    }

    @Test func paddingOfAPacketIsKept() throws {
        let packet = try Packet.make(byteCount: 4, timebase: .microseconds, isKeyframe: true) {
            $0.copyBytes(from: [1, 2, 3, 4])
        }
        #expect(packet.padding == Packet.Padding())
        var padding = Packet.Padding()
        padding.leading = 1105
        padding.trailing = 312
        packet.padding = padding
        #expect(packet.padding == padding)
    }

    @Test func containersSayWhichSoundTheyHold() throws {
        let mp3 = try #require(Muxer.Container(fileName: "a.mp3"))
        #expect(mp3.canHold(codecNamed: "mp3") && !mp3.canHold(codecNamed: "png") && !mp3.canHold(codecNamed: "aac"))
        let m4a = try #require(Muxer.Container(fileName: "a.m4a"))
        #expect(m4a.canHold(codecNamed: "aac") && m4a.holdsItsMedia)
    }
}
