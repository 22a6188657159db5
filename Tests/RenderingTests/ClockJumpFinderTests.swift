import FFmpegKit
import MediaCore
import Testing

@testable import Rendering

@Suite struct ClockJumpFinderTests {
    /// Packets of 40 ms, one every 100 bytes, the tracks ten bytes apart.
    private func feed(_ finder: inout ClockJumpFinder, track: Int, times: [Int64]) {
        for (number, ticks) in times.enumerated() {
            let sample = ClockJumpFinder.Sample(
                position: Int64(number * 100 + track * 10),
                presentationTicks: ticks,
                decodingTicks: ticks,
                durationTicks: 3600
            )
            finder.add(sample, track: track, timebase: .mpeg)
        }
    }

    private func steps(from first: Int64, _ count: Int) -> [Int64] { (0..<count).map { first + Int64($0) * 3600 } }

    @Test func aSteadyClockNeedsNoShift() {
        var finder = ClockJumpFinder()
        for track in 0..<2 { feed(&finder, track: track, times: steps(from: 100, 50)) }
        #expect(finder.shifts().isEmpty)
    }

    @Test func allTracksMoveByOneTimeAndNoneOverlapsItself() {
        var finder = ClockJumpFinder()
        feed(&finder, track: 0, times: steps(from: 1000, 20) + steps(from: 1000, 20))
        feed(&finder, track: 1, times: steps(from: 0, 20) + steps(from: 500, 20))
        let shifts = finder.shifts().shifts
        #expect(shifts.map(\.position) == [2000])
        #expect(shifts.map(\.offset) == [MediaTime(ticks: 72_000, timebase: .mpeg)])
    }

    @Test func shiftsAddUp() {
        var finder = ClockJumpFinder()
        feed(&finder, track: 0, times: steps(from: 0, 10) + steps(from: 0, 10) + steps(from: 9_000_000, 10))
        let shifts = finder.shifts()
        #expect(shifts.shifts.map(\.offset.ticks) == [36_000, 72_000 - 9_000_000])
        #expect(shifts.offset(at: 999) == nil)
        #expect(shifts.offset(at: 1000)?.ticks == 36_000)
        #expect(shifts.offset(at: 5000)?.ticks == 72_000 - 9_000_000)
    }

    /// A damaged time in one track is not the file's clock when another track runs on beside it.
    @Test func oneTracksWrongTimeIsNoJump() {
        var finder = ClockJumpFinder()
        var times = steps(from: 0, 40)
        times[20] = 90_000_000
        feed(&finder, track: 0, times: times)
        feed(&finder, track: 1, times: steps(from: 0, 40))
        #expect(finder.shifts().isEmpty)
    }

    @Test func picturesShownBeforeTheFirstDecodedOneAreLeftRoom() {
        var finder = ClockJumpFinder()
        feed(&finder, track: 0, times: steps(from: 90_000, 10))
        for (number, (presentation, decoding)) in [(10_800, 0), (3600, 3600), (7200, 7200)].enumerated() {
            let sample = ClockJumpFinder.Sample(
                position: Int64(2000 + number),
                presentationTicks: Int64(presentation),
                decodingTicks: Int64(decoding),
                durationTicks: 3600
            )
            finder.add(sample, track: 0, timebase: .mpeg)
        }
        #expect(finder.shifts().shifts.map(\.offset.ticks) == [90_000 + 36_000 - 3600])
    }
}
