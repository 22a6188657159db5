import MediaCore
import Pipeline
import Testing

@testable import Rendering

@Suite struct SegmentPlannerTests {
    /// A table of `count` frames of 512 ticks at 25 fps with a keyframe every `interval` frames.
    private func table(_ count: Int, keyframeEvery interval: Int, isComplete: Bool = true) -> FrameTable {
        FrameTable(
            ticks: (0..<count).map { Int64($0) * 512 },
            keyframes: stride(from: 0, to: count, by: interval).map {
                FrameTable.Keyframe(index: $0, ticks: Int64($0) * 512, seekTicks: Int64($0) * 512 - 1024)
            },
            timebase: Timebase(1, 12800),
            lastDuration: 512,
            isComplete: isComplete,
            missingFrames: 0
        )
    }

    @Test(arguments: [
        (1.0, 2, 1), (9.9, 2, 1), (10.0, 2, 2), (20.0, 2, 2), (35.0, 2, 4), (120.0, 2, 12), (3600.0, 2, 360),
        (12.0, 4, 2), (40.0, 4, 4), (60.0, 16, 12), (100.0, 16, 16), (0.04, 8, 1),
    ])
    func countSuitsLengthAndWorkers(seconds: Double, workers: Int, expected: Int) {
        #expect(SegmentPlanner(workerCount: workers, preRollFrames: 0).segmentCount(seconds: seconds) == expected)
    }

    @Test(arguments: [
        (500, 12, 0, 2), (3000, 250, 8, 2), (3000, 250, 0, 4), (751, 30, 5, 3), (250, 250, 8, 2), (1, 1, 8, 2),
    ])
    func segmentsCoverEveryFrameOnce(frames: Int, interval: Int, preRoll: Int, workers: Int) {
        let table = table(frames, keyframeEvery: interval)
        let segments = SegmentPlanner(workerCount: workers, preRollFrames: preRoll)
            .segments(of: table, from: nil, to: nil, canSplit: true)
        #expect(segments.first?.start == nil)
        #expect(segments.last?.end == nil)
        #expect(segments.reduce(0) { $0 + $1.expectedFrames } == frames)
        for (a, b) in zip(segments, segments.dropFirst()) { #expect(a.end == b.start && b.start != nil) }
        #expect(segments.map(\.index) == Array(segments.indices))
    }

    @Test func startsPreRollFramesAfterAKeyframe() throws {
        let table = table(1000, keyframeEvery: 50)
        let segments = SegmentPlanner(workerCount: 2, preRollFrames: 8)
            .segments(of: table, from: nil, to: nil, canSplit: true)
        #expect(segments.count == 4)
        for segment in segments.dropFirst() {
            let start = try #require(segment.start)
            let preRoll = try #require(segment.preRollStart)
            #expect((start - 8 * 512) % (50 * 512) == 0)
            #expect(preRoll == start - 8 * 512)
            #expect(segment.seekTicks == preRoll - 1024)
        }
    }

    @Test func fewSegmentsAreEqualEvenWhereKeyframesAreNot() {
        let table = table(1199, keyframeEvery: 120)
        let segments = SegmentPlanner(workerCount: 2, preRollFrames: 8)
            .segments(of: table, from: nil, to: nil, canSplit: true)
        #expect(segments.count == 6)
        #expect(segments.allSatisfy { (185...215).contains($0.expectedFrames) })
    }

    @Test func manySegmentsBeginWhereNothingIsDecodedTwice() {
        let table = table(6000, keyframeEvery: 120)
        let segments = SegmentPlanner(workerCount: 2, preRollFrames: 8)
            .segments(of: table, from: nil, to: nil, canSplit: true)
        #expect(segments.count == 24)
        #expect(segments.dropFirst().allSatisfy { (($0.start ?? 0) / 512 - 8) % 120 == 0 })
    }

    @Test func oneKeyframeMeansOneSegment() {
        let table = table(1500, keyframeEvery: 1500)
        let segments = SegmentPlanner(workerCount: 2, preRollFrames: 8)
            .segments(of: table, from: nil, to: nil, canSplit: true)
        #expect(segments.count == 1)
    }

    @Test func doesNotSplitWhatMustStayWhole() {
        let planner = SegmentPlanner(workerCount: 2, preRollFrames: 0)
        #expect(planner.segments(of: table(1000, keyframeEvery: 10), from: nil, to: nil, canSplit: false).count == 1)
        let unreliable = table(1000, keyframeEvery: 10, isComplete: false)
        #expect(planner.segments(of: unreliable, from: nil, to: nil, canSplit: true).count == 1)
    }

    @Test func trimsToFramesInsideTheRange() throws {
        let table = table(1000, keyframeEvery: 50)
        let segments = SegmentPlanner(workerCount: 2, preRollFrames: 4)
            .segments(of: table, from: 100 * 512 + 1, to: 200 * 512, canSplit: true)
        let first = try #require(segments.first)
        #expect(segments.reduce(0) { $0 + $1.expectedFrames } == 99)
        let places: [Int64?] = [first.start, first.preRollStart, first.seekTicks, segments.last?.end]
        #expect(places == [51201, 49664, 24576, 102_400])
    }

    @Test func emptyRangeGivesNoFrames() {
        let segments = SegmentPlanner(workerCount: 2, preRollFrames: 4)
            .segments(of: table(100, keyframeEvery: 50), from: 1_000_000, to: nil, canSplit: true)
        #expect(segments.count == 1)
        #expect(segments[0].expectedFrames == 0)
    }

    // MARK: - Cuts

    private func shots(_ frames: [Int]) -> ShotTable {
        ShotTable(starts: frames.map { MediaTime(ticks: Int64($0), timebase: Timebase(1, 25)) })
    }

    @Test func beginsAtACutWithoutPreRoll() throws {
        var planner = SegmentPlanner(workerCount: 2, preRollFrames: 8)
        planner.shots = shots([0, 260])
        let segments = planner.segments(of: table(500, keyframeEvery: 50), from: nil, to: nil, canSplit: true)
        #expect(segments.count == 2)
        let second = segments[1]
        #expect(second.start == 133_120)
        #expect(second.preRollStart == nil)
        #expect(second.seekTicks == 126_976)
    }

    @Test func preRollDoesNotCrossACut() throws {
        var planner = SegmentPlanner(workerCount: 2, preRollFrames: 20)
        // The cut lies too far from the middle to begin there, but inside the pre-roll of the keyframe's place.
        planner.shots = shots([0, 205])
        let segments = planner.segments(of: table(500, keyframeEvery: 200), from: nil, to: nil, canSplit: true)
        let second = try #require(segments.last)
        let start = try #require(second.start) / 512
        let preRoll = try #require(second.preRollStart) / 512
        #expect(preRoll == max(205, start - 20))
        planner.shots = shots([0, 215])
        let trimmed = planner.segments(of: table(500, keyframeEvery: 200), from: 220 * 512, to: nil, canSplit: false)
        #expect(trimmed[0].preRollStart == 110_080)
    }

    @Test func shortShotsShareASegmentAndLongOnesAreSliced() {
        var planner = SegmentPlanner(workerCount: 2, preRollFrames: 8)
        // A minute of shots of one second, then two minutes without a cut.
        planner.shots = shots(Array(stride(from: 0, to: 1500, by: 25)))
        let segments = planner.segments(of: table(4500, keyframeEvery: 125), from: nil, to: nil, canSplit: true)
        #expect(segments.reduce(0) { $0 + $1.expectedFrames } == 4500)
        #expect((14...18).contains(segments.count))
        for segment in segments.dropFirst() {
            let start = Int((segment.start ?? 0) / 512)
            #expect(start > 1480 ? segment.preRollStart != nil : start % 25 == 0 && segment.preRollStart == nil)
        }
    }
}
