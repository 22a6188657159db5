import Foundation
import MediaTestKit
import Pipeline
import RNNoiseKit
import Testing

@testable import Stages

@Suite struct DenoisingTests {
    // MARK: - Parts

    @Test func highPassKeepsVoicesInPhaseAndTakesRumble() {
        func level(_ frequency: Double) -> (decibels: Double, error: Double) {
            var filter = LinearHighPass()
            let input = TestSound.sine(frequency, seconds: 0.6)
            var output = input
            filter.process(&output)
            let late = Array(output[(LinearHighPass.latency + 9600)...]), early = Array(input[9600...])
            let difference = zip(late, early).map { $0 - $1 }
            return (
                10 * log10(TestSound.power(late) / TestSound.power(early.prefix(late.count))),
                10 * log10(TestSound.power(difference) / TestSound.power(early.prefix(late.count)) + 1e-12)
            )
        }
        #expect(level(25).decibels < -15)
        #expect(level(50).decibels < -5)
        #expect(abs(level(120).decibels) < 0.3)
        // No phase: what is left of the difference at 140 Hz is next to nothing.
        #expect(level(140).error < -40)
        #expect(level(1000).error < -50)
    }

    @Test func residualsSurviveTheirFile() throws {
        let folder = try TemporaryFolder()
        let planes = [TestSound.noise(level: -20, seconds: 0.05), TestSound.noise(level: -90, seconds: 0.05, seed: 9)]
        let writer = try ResidualWriter(path: folder.file("a"), channelCount: 2)
        try writer.append(planes)
        try writer.finish()
        let reader = try ResidualReader(path: folder.file("a"), channelCount: 2)
        var result: [[Float]] = [[], []]
        for count in [7, 480, 1000, 913] {
            reader.read(count) { planes, first, run, _ in
                for channel in 0..<2 { result[channel] += planes[channel][first..<(first + run)] }
            }
        }
        #expect(result[0].count == planes[0].count)
        for channel in 0..<2 {
            let error = zip(result[channel], planes[channel]).map { $0 - $1 }
            // 16 bits below the frame's own peak, whatever its level.
            #expect(10 * log10(TestSound.power(error) / TestSound.power(planes[channel])) < -80)
        }
        reader.read(100) { planes, first, run, _ in
            #expect(planes[0][first..<(first + run)].allSatisfy { $0 == 0 }, "silence after the end")
        }
    }

    @Test func musicHoldsItsPitchAndNoiseDoesNot() throws {
        func score(_ samples: [Float]) throws -> Float {
            let detector = try MusicDetector()
            detector.listen(samples)
            let scores = detector.scores().sorted()
            return scores[scores.count / 2]
        }
        let rate = MusicDetector.sampleRate
        // Chords that change each second, with partials.
        var music = [Float](repeating: 0, count: 8 * rate)
        for index in music.indices {
            let time = Double(index) / Double(rate), root = 220 * pow(2, Double(Int(time) * 5 % 12) / 12)
            for note in [1, 1.25, 1.5] {
                for partial in 1...6 {
                    music[index] += Float(0.05 / Double(partial) * sin(2 * .pi * root * note * Double(partial) * time))
                }
            }
        }
        // A voice-like glide.
        let voice = (0..<(8 * rate)).map { index -> Float in
            let time = Double(index) / Double(rate), phase = 2 * .pi * (130 * time - 18 / 5.0 * cos(5 * time))
            return Float((1...20).reduce(0.0) { $0 + sin(phase * Double($1)) / Double($1) } * 0.1)
        }
        #expect(try score(music) > 1.8)
        #expect(try score(TestSound.noise(level: -20, seconds: 8, rate: rate)) < 1)
        #expect(try score(voice) < 1)
        #expect(try score([Float](repeating: 0, count: 4 * rate)) < 1)
    }

    // MARK: - Decisions

    /// Statistics of speech over noise: sure for half a second, pauses of a quarter.
    private func statistics(speech: Float, noise: Float, seconds: Int, taken: Float = 0.98) -> SpeechStatistics {
        var statistics = SpeechStatistics()
        for index in 0..<(seconds * 100) {
            let speaks = index % 75 < 50
            let source = noise + (speaks ? speech : 0)
            // The residual is the noise's negative.
            let frame = SpeechStatistics.Frame(source: source, residual: noise * taken * taken, product: -noise * taken)
            statistics.append(frame, probability: speaks ? 0.97 : 0.02)
        }
        return statistics
    }

    @Test func noisySpeechIsDenoisedByAboutEighteenDecibels() throws {
        let decision = SpeechDecision(
            statistics(speech: 1e-2, noise: 1e-3, seconds: 20),
            musicScores: [Float](repeating: 0.6, count: 16)
        )
        #expect(decision.isWorthwhile && decision.outcome == .kept)
        let floor = try #require(decision.metrics.first { $0.name == "noise_floor" })
        #expect((15...20).contains(try #require(floor.before) - floor.after))
        let ratio = try #require(decision.metrics.first { $0.name == "speech_to_noise" })
        #expect(abs(try #require(ratio.before) - 10) < 0.5 && ratio.after > 24)
    }

    @Test func cleanSpeechIsLeftAlone() {
        let decision = SpeechDecision(statistics(speech: 1e-2, noise: 1e-7, seconds: 20), musicScores: [])
        #expect(!decision.isWorthwhile && decision.explanation?.contains("clean") == true)
    }

    @Test func whatNobodySpeaksInIsLeftAlone() {
        var statistics = SpeechStatistics()
        for _ in 0..<1000 {
            statistics.append(.init(source: 1e-3, residual: 1e-3, product: -1e-3), probability: 0.05)
        }
        let decision = SpeechDecision(statistics, musicScores: [])
        #expect(!decision.isWorthwhile && decision.explanation?.contains("nobody") == true)
        #expect(!SpeechDecision(SpeechStatistics(), musicScores: []).isWorthwhile)
    }

    @Test func denoisingThatTakesSpeechIsRolledBack() {
        var statistics = SpeechStatistics()
        for index in 0..<2000 {
            let speaks = index % 75 < 50
            let source: Float = speaks ? 1e-2 : 1e-3
            // Everything goes, speech too.
            statistics.append(
                .init(source: source, residual: source, product: -source),
                probability: speaks ? 0.97 : 0.02
            )
        }
        let decision = SpeechDecision(statistics, musicScores: [])
        #expect(!decision.isWorthwhile && decision.outcome == .rolledBack)
    }

    @Test func musicBesideSpeechStaysUntouched() throws {
        // 20 s of speech, then 20 s of music that RNNoise is not sure about.
        var statistics = statistics(speech: 1e-2, noise: 1e-3, seconds: 20)
        for _ in 0..<2000 {
            statistics.append(.init(source: 1e-2, residual: 5e-3, product: -5e-3), probability: 0.6)
        }
        let scores = (0..<33).map { Float($0 < 16 ? 0.7 : 2.5) }
        let decision = SpeechDecision(statistics, musicScores: scores)
        #expect(decision.isWorthwhile)
        #expect(decision.gate[500] > 200)
        #expect(decision.gate[2200...].allSatisfy { $0 == 0 })
        // From one to the other without a jump.
        #expect(zip(decision.gate, decision.gate.dropFirst()).allSatisfy { abs(Int($0) - Int($1)) < 12 })
    }

    @Test func loudEventsFarFromSpeechStayUntouched() {
        var statistics = statistics(speech: 1e-2, noise: 1e-4, seconds: 10)
        for index in 0..<1000 {
            let isEvent = (450..<550).contains(index)
            let power: Float = isEvent ? 1e-1 : 1e-4
            statistics.append(.init(source: power, residual: power, product: -power), probability: 0.02)
        }
        let decision = SpeechDecision(statistics, musicScores: [])
        #expect(decision.isWorthwhile)
        #expect(decision.gate[1460..<1540].allSatisfy { $0 == 0 })
        #expect(decision.gate[1900] > 200)
    }

    // MARK: - The whole

    private static let hasNetwork = (try? SpeechDenoiser.availability.get()) != nil

    @Test(.enabled(if: hasNetwork), arguments: [48_000, 44_100, 8_000])
    func residualsLieWhereTheirSoundLies(rate: Int) throws {
        let folder = try TemporaryFolder()
        let track = track(rate: rate, scratch: folder.file("t"))
        let noise = TestSound.noise(level: -30, seconds: 2.5, rate: rate)
        let probe = try SpeechDenoising(for: "x", switchedOffBy: "y").makeProbe(track)
        try inBlocks([noise]) { try probe.measure($0) }
        #expect(try probe.finish().plan == nil, "nobody speaks in noise")
        // The residual of noise is the noise's negative, sample by sample.
        let gate = [UInt8](repeating: 255, count: 250)
        let plan = SpeechDenoisingPlan(track, voices: [0], path: folder.file("t") + ".denoising", gate: gate)
        let result = try process([noise], [plan])[0]
        #expect(result.count == noise.count)
        let tail = rate..<noise.count
        #expect(10 * log10(TestSound.power(result[tail]) / TestSound.power(noise[tail])) < -12)
    }

    @Test(.enabled(if: hasNetwork)) func channelsThatAreCopiesStayCopies() throws {
        let folder = try TemporaryFolder()
        let track = track(channels: 2, scratch: folder.file("t"))
        let noise = TestSound.noise(level: -30, seconds: 0.5)
        let probe = try SpeechDenoising(for: "x", switchedOffBy: "y").makeProbe(track)
        try inBlocks([noise, noise]) { try probe.measure($0) }
        _ = try probe.finish()
        let plan = SpeechDenoisingPlan(track, voices: [0, 1], path: folder.file("t") + ".denoising", gate: [255])
        let result = try process([noise, noise], [plan])
        #expect(result[0] == result[1])
    }
}
