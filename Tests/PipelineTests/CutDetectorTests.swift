import MediaCore
import Pipeline
import Testing

@Suite struct CutDetectorTests {
    /// Frames of pictures that are called by letters: frames of one letter look alike up to `motion` a frame, different
    /// letters differ by 60.
    private func frames(_ pictures: String, motion: Float = 1, fps: Int32 = 25) -> [MeasuredFrame<FrameChange>] {
        let letters = Array(pictures)
        return letters.indices.map { index in
            let scores = (1...FrameChange.reach).filter { index - $0 >= 0 }.map { lag in
                letters[index] == letters[index - lag] ? motion * Float(lag) : 60
            }
            return MeasuredFrame(
                time: MediaTime(ticks: Int64(index), timebase: Timebase(1, fps)),
                measurement: FrameChange(scores: scores)
            )
        }
    }

    private func cuts(_ frames: [MeasuredFrame<FrameChange>], _ detector: CutDetector = CutDetector()) -> [Int] {
        detector.shots(in: frames).starts.dropFirst().map { Int($0.ticks) }
    }

    private func run(_ letter: String, _ count: Int) -> String { String(repeating: letter, count: count) }

    @Test func findsCuts() {
        #expect(cuts(frames(run("a", 30) + run("b", 30) + run("c", 30))) == [30, 60])
    }

    @Test func theFirstShotBeginsWithTheFirstFrame() {
        let shots = CutDetector().shots(in: frames(run("a", 30)))
        #expect(shots.starts == [MediaTime(ticks: 0, timebase: Timebase(1, 25))])
        #expect(CutDetector().shots(in: []) == .whole)
    }

    @Test(arguments: 1...4) func aFlashIsNoCut(length: Int) {
        #expect(cuts(frames(run("a", 30) + run("f", length) + run("a", 40))) == [])
    }

    @Test func aPictureThatStaysIsNoFlash() {
        // Nine frames are too short for a shot but too long for a flash: the way there counts, the way back comes too soon.
        #expect(cuts(frames(run("a", 30) + run("f", 9) + run("a", 40))) == [30])
    }

    @Test func aFlashThatHidesACutIsOne() {
        #expect(cuts(frames(run("a", 30) + run("f", 2) + run("b", 40))) == [30])
    }

    @Test func fastMotionIsNoCut() {
        #expect(cuts(frames(run("a", 60), motion: 18)) == [])
        // Nor is a cut so little more than the motion around it; four times as much is one.
        #expect(cuts(frames(run("a", 30) + run("b", 30), motion: 20)) == [])
        #expect(cuts(frames(run("a", 30) + run("b", 30), motion: 15)) == [30])
    }

    @Test func repeatedFramesDoNotMakeMotionLookLikeCuts() {
        // Every second frame repeats the one before: the others carry twice the motion.
        let frames = frames(run("a", 60), motion: 16).enumerated().map { index, frame in
            let repeated = FrameChange(scores: [0] + frame.measurement.scores.dropFirst())
            return index % 2 == 0 ? frame : MeasuredFrame(time: frame.time, measurement: repeated)
        }
        #expect(cuts(frames) == [])
    }

    @Test func shotsHaveALeastLength() {
        // 0.6 s are 15 frames.
        #expect(cuts(frames(run("a", 30) + run("b", 14) + run("c", 30))) == [30])
        #expect(cuts(frames(run("a", 30) + run("b", 15) + run("c", 30))) == [30, 45])
        #expect(cuts(frames(run("a", 10) + run("b", 30))) == [])
        #expect(cuts(frames(run("a", 60) + run("b", 30), fps: 120)) == [])
    }

    @Test func ofTwoCloseCutsTheClearerOneCounts() {
        var frames = frames(run("a", 30) + run("b", 10) + run("c", 30))
        let scores = frames[40].measurement.scores.map { $0 * 2 }
        frames[40] = MeasuredFrame(time: frames[40].time, measurement: FrameChange(scores: scores))
        #expect(cuts(frames) == [40])
    }

    @Test func smallChangesAreNoCuts() {
        var detector = CutDetector()
        detector.minimumScore = 61
        #expect(cuts(frames(run("a", 30) + run("b", 30)), detector) == [])
    }
}
