import Foundation
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

@Suite struct ShotStabilizerTests {
    private let stabilizer = ShotStabilizer(
        aspect: 16.0 / 9,
        height: 720,
        factor: 2,
        smoothingFrames: 25,
        frameRate: 25
    )

    /// The motions of a camera with the given views, in picture heights.
    private func motions(_ views: [SimilarityTransform]) -> [FrameMotion] {
        zip([views[0]] + views, views).map { FrameMotion(motion: $1.inverse.after($0), confidence: 0.9) }
    }

    private func shaky(_ count: Int, size: Double) -> [SimilarityTransform] {
        ShakyScene.shaky(count: count, size: size, pan: 2).views.map {
            SimilarityTransform(x: $0.x / 720, y: $0.y / 720, angle: $0.roll)
        }
    }

    @Test func calmsAShakyPanWithoutShowingEdges() {
        let result = stabilizer.stabilize(motions(shaky(200, size: 6)))
        #expect(result.corrections.count == 200)
        #expect(result.calmPath.jitter < 0.05 * result.path.jitter)
        #expect(result.calmPath.angleJitter < 0.1 * result.path.angleJitter)
        #expect((1...1.1501).contains(result.zoom))
        let geometry = CropGeometry(aspect: 16.0 / 9, maximumZoom: 1.15)
        #expect(result.corrections.allSatisfy { geometry.neededZoom($0) <= result.zoom })
    }

    @Test func neverZoomsFurtherThanAllowed() {
        // Far more than any crop could hide.
        let result = stabilizer.stabilize(motions(shaky(150, size: 60)))
        #expect(result.zoom <= 1.151)
        let geometry = CropGeometry(aspect: 16.0 / 9, maximumZoom: 1.15)
        #expect(result.corrections.allSatisfy { geometry.neededZoom($0) <= result.zoom })
        #expect(result.calmPath.jitter < 0.7 * result.path.jitter)
    }

    @Test func smallTremorCostsASmallCrop() {
        let result = stabilizer.stabilize(motions(shaky(150, size: 1)))
        #expect(!result.corrections.isEmpty)
        #expect(result.zoom < 1.04)
    }

    @Test func leavesSteadyShotsAlone() {
        let still = [SimilarityTransform](repeating: .identity, count: 80)
        #expect(stabilizer.stabilize(motions(still)).corrections.isEmpty)
        let pan = (0..<120).map { index in
            let time = Double(index) / 119
            return SimilarityTransform(x: 0.6 * time * time * (3 - 2 * time))
        }
        #expect(stabilizer.stabilize(motions(pan)).corrections.isEmpty)
        #expect(stabilizer.stabilize(motions(shaky(200, size: 0.1))).corrections.isEmpty)
        #expect(stabilizer.stabilize([]).corrections.isEmpty)
        #expect(stabilizer.stabilize(motions(shaky(5, size: 9))).corrections.isEmpty)
        #expect(stabilizer.stabilize([FrameMotion](repeating: .unknown, count: 50)).corrections.isEmpty)
    }

    @Test func aRolledCameraStaysInside() {
        let views = shaky(120, size: 6).enumerated().map { index, view in
            var rolled = view
            rolled.angle += 0.02 * Double(index)
            return rolled
        }
        let result = stabilizer.stabilize(motions(views))
        let geometry = CropGeometry(aspect: 16.0 / 9, maximumZoom: 1.15)
        #expect(!result.corrections.isEmpty)
        #expect(result.corrections.allSatisfy { geometry.neededZoom($0) <= result.zoom })
    }

    // MARK: - The table

    private func time(_ tick: Int64) -> MediaTime { MediaTime(ticks: tick, timebase: Timebase(1, 25)) }

    private func table(
        shots: ShotTable,
        _ views: [SimilarityTransform],
        isInterlaced: Bool = false
    ) -> StabilizationTable {
        let frames = motions(views).enumerated().map { index, motion in
            var motion = motion
            motion.isInterlaced = isInterlaced
            return MeasuredFrame(time: time(Int64(index)), measurement: motion)
        }
        let format = VideoFormat(width: 1280, height: 720, pixelFormat: .yuv420p)
        return StabilizationTable(
            MeasuredFile(format: format, frameRate: Rational(25, 1), shots: shots, frames: frames),
            smoothing: 1
        )
    }

    @Test func everyShotIsOnItsOwn() throws {
        let (first, second) = (shaky(60, size: 6), shaky(60, size: 3))
        let jump = SimilarityTransform(x: 5, y: 3, angle: 1)
        let cut = ShotTable(starts: [time(0), time(60)])
        let both = table(shots: cut, first + second.map { jump.after($0) })
        let alone = table(shots: .whole, first)
        #expect(both.shots.count == 2 && both.changesAnything)
        #expect(both.shots[0].zoom == alone.shots[0].zoom)
        for tick in [Int64(0), 30, 59] {
            let (a, b) = (both.correction(at: time(tick)), alone.correction(at: time(tick)))
            #expect(try #require(a).transform == #require(b).transform)
        }
        let after = try #require(both.correction(at: time(60)))
        #expect(after.transform.cornerShift(aspect: 1.78) < 0.2)
        #expect(after.zoom == both.shots[1].zoom)
    }

    @Test func timesBetweenFramesGetWhatLiesBetween() throws {
        let table = table(shots: .whole, shaky(60, size: 6))
        let (a, b) = (try #require(table.correction(at: time(20))), try #require(table.correction(at: time(21))))
        let middle = try #require(table.correction(at: MediaTime(ticks: 41, timebase: Timebase(1, 50))))
        #expect(abs(middle.transform.x - (a.transform.x + b.transform.x) / 2) < 1e-12)
        #expect(table.correction(at: time(500))?.transform == table.correction(at: time(59))?.transform)
        #expect(table.correction(at: nil) == nil)
    }

    @Test func interlacedFilesAreLeftAlone() {
        let table = table(shots: .whole, shaky(60, size: 6), isInterlaced: true)
        #expect(table.isInterlaced && !table.changesAnything)
        #expect(table.correction(at: time(3)) == nil)
    }
}
