import FFmpegKit
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

/// How much of the room's pattern a picture still shows: the mean difference between a dark and a bright field's luma.
private func contrast(_ frame: borrowing VideoFrame, _ scene: Scene, besides disc: Scene.Disc? = nil) -> Double {
    var (bright, dark, brightCount, darkCount) = (0.0, 0.0, 0, 0)
    for y in 0..<scene.format.height {
        for x in 0..<scene.format.width {
            if let disc, disc.contains(x, y) { continue }
            let value = Double(frame.sample(plane: 0, x: x, y: y))
            if (x / scene.field + y / scene.field) % 2 == 0 {
                dark += value
                darkCount += 1
            } else {
                bright += value
                brightCount += 1
            }
        }
    }
    return abs(bright / Double(max(1, brightCount)) - dark / Double(max(1, darkCount)))
}

/// Whether a picture shows a part of a frame as it is.
private func shows(_ frame: borrowing VideoFrame, _ picture: borrowing VideoFrame, x: Int, y: Int) -> Bool {
    for row in y..<(y + 10) {
        for column in x..<(x + 10)
        where frame.sample(plane: 0, x: column, y: row) != picture.sample(plane: 0, x: column, y: row) {
            return false
        }
    }
    return true
}

@Suite struct VirtualBackgroundFallbackTests {
    private let disc = Scene.Disc(x: 160, y: 100, radius: 45)

    /// Bigger than the disc, because the safe mask is soft.
    private var rim: Scene.Disc { Scene.Disc(x: disc.x, y: disc.y, radius: disc.radius + 6) }

    @Test(arguments: ["blur", "#00ff00"])
    func blursEverythingBeforeTheFirstMask(background: String) throws {
        let scene = Scene()
        let instance = try VirtualBackgroundPlan.fake(background).instance(scene)
        let frame = try scene.frame(7, disc)
        #expect(contrast(frame, scene) > 30)
        let safe = try required(instance.fallback(for: frame))
        #expect(safe.presentationTicks == 7)
        #expect(safe.format == scene.format)
        #expect(contrast(safe, scene) < 2)
        // Viewers still see that something is there.
        #expect(safe.sample(plane: 0, x: 160, y: 100) > safe.sample(plane: 0, x: 5, y: 5) + 20)
    }

    @Test func usesTheLastMaskWhileItIsFresh() throws {
        let scene = Scene()
        let instance = try VirtualBackgroundPlan.fake("#00ff00").instance(scene)
        for index in 0..<4 { _ = try instance.picture(try scene.frame(Int64(index), disc)) }
        let frame = try scene.frame(4, disc)
        let safe = try required(instance.fallback(for: frame))
        let showsPerson = shows(frame, safe, x: 155, y: 95)
        #expect(showsPerson)
        let green = try #require(BackgroundColor(parsing: "#00ff00")).codeValues(in: scene.format)
        #expect(safe.sample(plane: 0, x: 20, y: 20) == green.luma)
        #expect(contrast(safe, scene, besides: rim) < 1)
    }

    @Test func hidesEverybodyOnceTheMaskIsOld() throws {
        let scene = Scene()
        let instance = try VirtualBackgroundPlan.fake("#00ff00").instance(scene)
        for index in 0..<4 { _ = try instance.picture(try scene.frame(Int64(index), disc)) }
        // 13 frames of 40 ms later.
        let frame = try scene.frame(17, disc)
        let safe = try required(instance.fallback(for: frame))
        #expect(contrast(safe, scene) < 2)
        let showsPerson = shows(frame, safe, x: 155, y: 95)
        #expect(!showsPerson)
    }

    @Test func countsFramesWithoutTimes() throws {
        let scene = Scene()
        let instance = try VirtualBackgroundPlan.fake("#00ff00").instance(scene)
        for _ in 0..<4 { _ = try instance.picture(try scene.frame(nil, disc)) }
        let frame = try scene.frame(nil, disc)
        for index in 0..<20 {
            let safe = try required(instance.fallback(for: frame))
            let showsPerson = shows(frame, safe, x: 155, y: 95)
            #expect(showsPerson == (index < 15))
        }
    }

    @Test func hidesEverybodyAfterACut() throws {
        let scene = Scene()
        var other = scene
        other.room = (90, 140)
        let instance = try VirtualBackgroundPlan.fake("#00ff00").instance(scene)
        for index in 0..<4 { _ = try instance.picture(try scene.frame(Int64(index), disc)) }
        let safe = try required(instance.fallback(for: try other.frame(4, nil)))
        #expect(contrast(safe, other) < 2)
    }

    @Test func hidesEverybodyInAnotherSize() throws {
        let (scene, other) = (Scene(), Scene(width: 640, height: 360))
        let instance = try VirtualBackgroundPlan.fake("#00ff00").instance(scene)
        for index in 0..<4 { _ = try instance.picture(try scene.frame(Int64(index), disc)) }
        let safe = try required(instance.fallback(for: try other.frame(4, disc)))
        #expect(safe.format == other.format)
        #expect(contrast(safe, other) < 2)
    }

    @Test func answersForAFrameThatTheNetworkFailedOn() throws {
        let scene = Scene()
        let network = FakeNetwork(failsAfter: 6)
        let instance = try VirtualBackgroundPlan.fake("blur", network: network).instance(scene)
        var failures = 0
        for index in 0..<10 {
            let output = StageOutput()
            do {
                try instance.process(try scene.frame(Int64(index), disc), into: output)
            } catch {
                failures += 1
                if output.takeFrame() != nil { Issue.record("a frame came out") }
                let safe = try required(instance.fallback(for: try scene.frame(Int64(index), disc)))
                #expect(contrast(safe, scene, besides: rim) < 2)
            }
        }
        #expect(failures > 3)
    }

    @Test func hidesTheRoomWhereSomebodyMovedAway() throws {
        let scene = Scene()
        let instance = try VirtualBackgroundPlan.fake("#00ff00").instance(scene)
        for index in 0..<4 { _ = try instance.picture(try scene.frame(Int64(index), disc)) }
        let moved = Scene.Disc(x: disc.x + 24, y: disc.y, radius: disc.radius)
        let frame = try scene.frame(4, moved)
        let safe = try required(instance.fallback(for: frame))
        let away = Scene.Disc(x: moved.x, y: moved.y, radius: moved.radius + 6)
        #expect(contrast(safe, scene, besides: away) < 1)
        // The middle of the person stays.
        let showsPerson = shows(frame, safe, x: 165, y: 95)
        #expect(showsPerson)
    }

    @Test func leavesNoTraceInTheFramesAfter() throws {
        let scene = Scene()
        let plan = try VirtualBackgroundPlan.fake()
        let (late, punctual) = (try plan.instance(scene), try plan.instance(scene))
        for index in 0..<10 {
            let disc = Scene.Disc(x: 100 + 2 * Double(index), y: 90, radius: 40)
            let one = try late.picture(try scene.frame(Int64(index), disc))
            let two = try punctual.picture(try scene.frame(Int64(index), disc))
            #expect(Pictured(one) == Pictured(two))
            _ = late.fallback(for: try scene.frame(Int64(index), nil))
        }
    }
}
