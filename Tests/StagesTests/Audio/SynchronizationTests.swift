import Foundation
import MediaCore
import Pipeline
import Testing

@testable import Stages

@Suite struct SynchronizationTests {
    private static let events = [52, 131, 190, 288, 377, 401, 520, 611, 702, 744, 861]

    private func envelope(_ steps: [Int], strength: Float = 20) -> OnsetEnvelope {
        var strengths = [Float](repeating: 0, count: 1000)
        for step in steps where strengths.indices.contains(step) { strengths[step] = strength }
        return OnsetEnvelope(firstStep: 0, strengths: strengths)
    }

    @Test(arguments: [0, 1, -7, 12, -35, 60, -90]) func findsAnOffset(lag: Int) throws {
        let sound = envelope(Self.events.map { $0 + lag })
        let offset = try #require(OffsetFinder.offset(sound: sound, picture: envelope(Self.events)))
        #expect(abs(offset.seconds - Double(lag) / 100) < 0.006)
        #expect(offset.clarity >= 1.3)
    }

    @Test func saysNothingAboutAMetronome() {
        // Every half second: half a second later fits as well.
        let beats = Array(stride(from: 20, to: 980, by: 50))
        #expect(OffsetFinder.offset(sound: envelope(beats.map { $0 + 10 }), picture: envelope(beats)) == nil)
    }

    @Test func saysNothingAboutTooFewEventsOrNone() {
        #expect(OffsetFinder.offset(sound: envelope([100, 300]), picture: envelope([110, 310])) == nil)
        #expect(OffsetFinder.offset(sound: envelope([]), picture: envelope(Self.events)) == nil)
        #expect(OffsetFinder.offset(sound: envelope(Self.events), picture: envelope([])) == nil)
    }

    @Test func saysNothingAboutUnrelatedEvents() {
        var state: UInt64 = 11
        func random() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % 1000
        }
        var found = 0
        for _ in 0..<50 {
            let sound = envelope((0..<25).map { _ in random() }), picture = envelope((0..<12).map { _ in random() })
            if OffsetFinder.offset(sound: sound, picture: picture) != nil { found += 1 }
        }
        #expect(found <= 1)
    }

    @Test func soundThatBeginsIsFoundAtItsMoment() {
        let onsets = AudioOnsets(sampleRate: 8000)
        var sound = TestSound.noise(level: -60, seconds: 3, rate: 8000)
        for moment in [0.5, 1.23, 2.4] {
            for index in 0..<400 { sound[Int(moment * 8000) + index] += index % 8 < 4 ? 0.3 : -0.3 }
        }
        inBlocks([sound]) { onsets.add($0) }
        let envelope = onsets.envelope
        let found = envelope.strengths.indices.filter { envelope.strengths[$0] > 0 }
        #expect(found == [50, 123, 240])
    }

    @Test func flashesCountAndCutsDoNot() throws {
        func look(_ level: UInt8) -> [UInt8] { [UInt8](repeating: level, count: 144) }
        var frames: [[UInt8]] = (0..<50).map { _ in look(60) }
        frames[20] = look(230)
        frames[21] = look(230)
        // A cut: another picture for good.
        for index in 35..<50 { frames[index] = (0..<144).map { UInt8($0 % 2 * 180) } }
        let looks = frames.enumerated().map { index, cells in
            MeasuredFrame(
                time: MediaTime(ticks: Int64(index), timebase: Timebase(1, 25)),
                measurement: VisualOnsetProbe.Look(cells: cells)
            )
        }
        let envelope = VisualOnsetProbe.envelope(looks)
        let found = envelope.strengths.indices.filter { envelope.strengths[$0] > 0 }
        #expect(found == [80])
    }

    @Test(arguments: [("auto", AudioSynchronization.automatic), ("off", .off)])
    func readsWords(text: String, expected: AudioSynchronization) throws {
        #expect(try plan(text).synchronization == expected)
    }

    @Test(arguments: ["120", "-40.5", "0", "120ms"]) func readsMilliseconds(text: String) throws {
        guard case .shift(let time) = try plan(text).synchronization else {
            Issue.record("\(text) is no shift")
            return
        }
        #expect(time.seconds == (Double(text.replacingOccurrences(of: "ms", with: "")) ?? .nan) / 1000)
    }

    @Test(arguments: ["late", "99999999", "nan", "1h"]) func refusesNonsense(text: String) {
        #expect(throws: StageError.self) { try plan(text) }
    }

    private func plan(_ sync: String) throws -> any AudioStagePlan {
        let request = StageRequest("audio_enhancement", ["sync": .text(sync), "denoise": .flag(false)])
        let stages = try StageCatalogue([AudioEnhancementPlan.descriptor]).resolve([request])
        let context = StageContext(modelsDirectory: "", cacheDirectory: nil, coreCount: 1, trustsCaller: true)
        return try #require(try stages[0].makeAudioPlan(context))
    }
}
