import MediaCore
import Testing

@testable import Rendering

@Suite struct SamplePlannerTests {
    private let planner = SamplePlanner()

    @Test func takesRunsFromTheLongestShots() {
        let runs = planner.runs(in: 0..<1000, cuts: [500, 600, 620], frameBytes: 1)
        #expect(runs.count == 5)
        #expect(runs.allSatisfy { $0.count == 8 })
        #expect(runs.count { $0.upperBound <= 500 } == 3)
        #expect(runs.count { $0.lowerBound >= 620 } == 2)
        #expect(runs == runs.sorted { $0.lowerBound < $1.lowerBound })
    }

    @Test(arguments: [
        (0..<1000, [Int]()), (0..<1000, [10, 20, 30, 40, 50, 60, 70]), (100..<120, [0, 105, 400]), (0..<3, []),
        (5..<6, [5]),
    ])
    func runsLieInsideOneShotAndDoNotOverlap(frames: Range<Int>, cuts: [Int]) {
        let runs = planner.runs(in: frames, cuts: cuts, frameBytes: 1)
        #expect(!runs.isEmpty)
        for run in runs {
            #expect(!run.isEmpty && run.count <= 8)
            #expect(frames.lowerBound <= run.lowerBound && run.upperBound <= frames.upperBound)
            #expect(!cuts.contains { $0 > run.lowerBound && $0 < run.upperBound })
        }
        for (a, b) in zip(runs, runs.dropFirst()) { #expect(a.upperBound <= b.lowerBound) }
    }

    @Test func nothingGivesNothing() {
        #expect(planner.runs(in: 7..<7, cuts: [], frameBytes: 1).isEmpty)
    }

    @Test(arguments: [(1920 * 1080 * 3 / 2, 8), (3840 * 2160 * 3, 8), (7680 * 4320 * 3, 2), (7680 * 4320 * 6, 2)])
    func largeFramesMakeShorterRuns(frameBytes: Int, length: Int) {
        #expect(planner.length(frameBytes: frameBytes) == length)
    }
}
