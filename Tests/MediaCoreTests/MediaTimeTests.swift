import MediaCore
import MediaTestKit
import Testing

@Suite struct MediaTimeTests {
    @Test(arguments: [
        (ticks: Int64(1), from: Timebase(1, 25), to: Timebase(1, 50), expected: Int64(2)),
        (1001, Timebase(1, 30000), .mpeg, 3003),
        (1, Timebase(1001, 30000), .mpeg, 3003),
        (1, Timebase(1, 3), Timebase(1, 1), 0),
        (1, Timebase(1, 2), Timebase(1, 1), 1),
        (-1, Timebase(1, 2), Timebase(1, 1), -1),
        (-1, Timebase(1, 3), Timebase(1, 1), 0),
        (3, Timebase(1, 2), Timebase(1, 1), 2),
        (-3, Timebase(1, 2), Timebase(1, 1), -2),
        (.max, Timebase(1, 90000), Timebase(2, 90000), 4_611_686_018_427_387_904),
        (.max, .mpeg, .mpeg, .max),
        (.min, .mpeg, .mpeg, .min),
    ])
    func rescalesToTheNearestTickLikeAvRescale(ticks: Int64, from: Timebase, to: Timebase, expected: Int64) {
        let result = MediaTime(ticks: ticks, timebase: from).rescaled(to: to)
        #expect(result.ticks == expected)
        #expect(result.timebase == to)
    }

    @Test(arguments: [
        (ticks: Int64(5), down: Int64(1), up: Int64(2)), (-5, -2, -1), (3, 1, 1), (-3, -1, -1), (0, 0, 0), (1, 0, 1),
        (-1, -1, 0),
    ])
    func roundsDownAndUp(ticks: Int64, down: Int64, up: Int64) {
        let time = MediaTime(ticks: ticks, timebase: Timebase(1, 3))
        #expect(time.rescaled(to: Timebase(1, 1), rounding: .down).ticks == down)
        #expect(time.rescaled(to: Timebase(1, 1), rounding: .up).ticks == up)
    }

    @Test func agreesWithAnExactReferenceOnRandomTimes() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            let from = Timebase(.random(in: 1...2000, using: &random), .random(in: 1...200_000, using: &random))
            let to = Timebase(.random(in: 1...2000, using: &random), .random(in: 1...200_000, using: &random))
            let ticks = Int64.random(in: -1_000_000_000...1_000_000_000, using: &random)
            let time = MediaTime(ticks: ticks, timebase: from)
            // The exact value is numerator / denominator; floor and remainder are computed another way than in the code.
            let numerator = Int128(ticks) * Int128(from.numerator) * Int128(to.denominator)
            let denominator = Int128(from.denominator) * Int128(to.numerator)
            let remainder = ((numerator % denominator) + denominator) % denominator
            let floor = (numerator - remainder) / denominator
            #expect(time.rescaled(to: to, rounding: .down).ticks == Int64(floor))
            #expect(time.rescaled(to: to, rounding: .up).ticks == Int64(remainder == 0 ? floor : floor + 1))
            let isUpper = remainder * 2 > denominator || (remainder * 2 == denominator && numerator > 0)
            #expect(time.rescaled(to: to).ticks == Int64(isUpper ? floor + 1 : floor))
        }
    }

    @Test func addsAndSubtractsInTheTimebaseOfTheLeftOperand() {
        let frame = MediaTime(ticks: 1, timebase: Timebase(1001, 30000))
        var time = MediaTime(ticks: 0, timebase: .mpeg)
        for _ in 0..<30_000 { time = time + frame }
        #expect(time.ticks == 3003 * 30_000)
        #expect(time.timebase == .mpeg)
        #expect((time - frame).ticks == 3003 * 29_999)
        #expect((MediaTime.zero - frame).ticks == -33367)
    }

    @Test func comparesExactlyWhereDoublesAreEqual() {
        let long = MediaTime(ticks: .max, timebase: .nanoseconds)
        let longer = MediaTime(ticks: .max - 1, timebase: .nanoseconds)
        #expect(long.seconds == longer.seconds)
        #expect(longer < long)
        #expect(long != longer)
        #expect(MediaTime(ticks: 333_333_333, timebase: .nanoseconds) < MediaTime(ticks: 1, timebase: Timebase(1, 3)))
        #expect(MediaTime(ticks: .max, timebase: Timebase(.max, 1)) > MediaTime(ticks: .max, timebase: .nanoseconds))
        #expect(MediaTime(ticks: .min, timebase: Timebase(.max, 1)) < MediaTime(ticks: .min, timebase: .nanoseconds))
    }

    @Test func orderIsTheOrderOfExactFractions() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<20_000 {
            let (a, b) = (Self.randomTime(&random), Self.randomTime(&random))
            let left = Int128(a.ticks) * Int128(a.timebase.numerator) * Int128(b.timebase.denominator)
            let right = Int128(b.ticks) * Int128(b.timebase.numerator) * Int128(a.timebase.denominator)
            #expect((a < b) == (left < right))
            #expect((a == b) == (left == right))
        }
    }

    @Test func equalTimesHashAlike() {
        let forms = [(Int64(1), Timebase(1, 25)), (2, Timebase(1, 50)), (3600, .mpeg), (40_000, .microseconds)]
        let times = forms.map { MediaTime(ticks: $0.0, timebase: $0.1) }
        #expect(Set(times).count == 1)
        #expect(Set(times + [MediaTime(ticks: 3601, timebase: .mpeg)]).count == 2)
        let zeros = [Timebase.mpeg, .nanoseconds, Timebase(7, 3)].map { MediaTime(ticks: 0, timebase: $0) }
        #expect(Set(zeros).count == 1)
        let negative = [MediaTime(ticks: -1, timebase: Timebase(1, 25)), MediaTime(ticks: -3600, timebase: .mpeg)]
        #expect(Set(negative).count == 1)
        #expect(Set(negative + times).count == 2)

        var random = SplitMix64(seed: 3)
        for _ in 0..<5_000 {
            let time = Self.randomTime(&random)
            let factor = Int32.random(in: 1...1000, using: &random)
            let finer = Timebase(time.timebase.numerator, time.timebase.denominator * factor)
            #expect(Set([time, MediaTime(ticks: time.ticks * Int64(factor), timebase: finer)]).count == 1)
        }
    }

    @Test func becomesADurationOfWholeNanoseconds() {
        #expect(MediaTime(ticks: 1, timebase: Timebase(1, 3)).duration == .nanoseconds(333_333_333))
        #expect(MediaTime(ticks: -2, timebase: Timebase(1, 3)).duration == .nanoseconds(-666_666_667))
        #expect(MediaTime(ticks: 1001, timebase: Timebase(1, 30000)).description == "1001 × 1/30000 s")
    }

    @Test func trapsWhenTheResultDoesNotFit() async {
        await #expect(processExitsWith: .failure) {
            _ = MediaTime(ticks: .max, timebase: Timebase(1, 1)).rescaled(to: .nanoseconds)
        }
    }

    @Test func aTimebaseNeedsTwoPositiveParts() async {
        await #expect(processExitsWith: .failure) { _ = Timebase(0, 1) }
        await #expect(processExitsWith: .failure) { _ = Timebase(1, -1) }
        await #expect(processExitsWith: .failure) { _ = Rational(1, 0) }
    }

    private static func randomTime(_ random: inout SplitMix64) -> MediaTime {
        MediaTime(
            ticks: .random(in: -1_000_000...1_000_000, using: &random),
            timebase: Timebase(.random(in: 1...60, using: &random), .random(in: 1...90, using: &random))
        )
    }
}
