import FFmpegKit
import MediaCore
import MediaTestKit
import Pipeline
import Synchronization
import Testing

@testable import Stages

private func iou(_ alpha: [UInt8], _ scene: Scene, _ disc: Scene.Disc) -> Double {
    var (both, either) = (0, 0)
    for y in 0..<scene.format.height {
        for x in 0..<scene.format.width {
            let (found, real) = (alpha[y * scene.format.width + x] > 127, scene.isPerson(x, y, disc))
            if found && real { both += 1 }
            if found || real { either += 1 }
        }
    }
    return either == 0 ? 1 : Double(both) / Double(either)
}

@Suite struct VirtualBackgroundStageTests {
    @Test func masksEveryFrameWithItsOwnContent() throws {
        let scene = Scene()
        let instance = try VirtualBackgroundPlan.fake("#00ff00").instance(scene)
        var last: Scene.Disc?
        for index in 0..<12 {
            let disc = Scene.Disc(x: 80 + 12 * Double(index), y: 100, radius: 40)
            let frame = try instance.picture(try scene.frame(Int64(index), disc))
            #expect(frame.presentationTicks == Int64(index))
            let alpha = instance.lastAlpha
            #expect(iou(alpha, scene, disc) > 0.97, "frame \(index)")
            if let last { #expect(iou(alpha, scene, disc) > iou(alpha, scene, last) + 0.1) }
            last = disc
        }
    }

    @Test(arguments: PixelFormat.allCases)
    func keepsPeopleAndBackgroundExactly(pixelFormat: PixelFormat) throws {
        let scene = Scene(width: 322, height: 183, pixelFormat)
        let plan = try VirtualBackgroundPlan.fake("#3366cc")
        let instance = try plan.instance(scene)
        let color = try #require(BackgroundColor(parsing: "#3366cc")).codeValues(in: scene.format)
        for index in 0..<3 {
            let disc = Scene.Disc(x: 120 + 3 * Double(index), y: 100, radius: 50)
            let input = try scene.frame(Int64(index), disc)
            let output = try instance.picture(try scene.frame(Int64(index), disc))
            #expect(output.format == scene.format)
            let alpha = instance.lastAlpha
            let shift = pixelFormat == .p010 ? 6 : 0
            var wrong = 0
            for plane in 0..<pixelFormat.planeCount {
                let components = plane > 0 && pixelFormat.hasInterleavedChroma ? 2 : 1
                let (stepX, stepY) =
                    plane == 0 ? (1, 1) : (1 << pixelFormat.chromaShiftX, 1 << pixelFormat.chromaShiftY)
                for y in 0..<pixelFormat.planeHeight(plane, height: 183) {
                    for x in 0..<(pixelFormat.planeWidth(plane, width: 322) * components) {
                        var covered: Set<UInt8> = []
                        for pixelY in (y * stepY)..<min(183, (y + 1) * stepY) {
                            for pixelX in (x / components * stepX)..<min(322, (x / components + 1) * stepX) {
                                covered.insert(alpha[pixelY * 322 + pixelX])
                            }
                        }
                        let sample = output.sample(plane: plane, x: x, y: y)
                        if covered == [0] {
                            let isFirst = plane == 1 && x % components == 0
                            let value = plane == 0 ? color.luma : isFirst ? color.first : color.second
                            if sample != value << shift { wrong += 1 }
                        } else if covered == [255] {
                            if sample != input.sample(plane: plane, x: x, y: y) { wrong += 1 }
                        }
                    }
                }
            }
            #expect(wrong == 0)
            #expect(alpha.contains(0) && alpha.contains(255))
        }
    }

    @Test(arguments: [(1, 1), (2, 2), (1, 90), (90, 1), (5, 3), (175, 143), (641, 17)], PixelFormat.allCases)
    func takesAnySize(size: (Int, Int), pixelFormat: PixelFormat) throws {
        let scene = Scene(width: size.0, height: size.1, pixelFormat)
        for background in ["blur", "#102030"] {
            let instance = try VirtualBackgroundPlan.fake(background).instance(scene)
            for index in 0..<2 {
                let disc = Scene.Disc(x: Double(size.0) / 2, y: Double(size.1) / 2, radius: 30)
                let frame = try instance.picture(try scene.frame(Int64(index), disc))
                #expect(frame.format == scene.format)
            }
            let safe = try required(instance.fallback(for: try scene.frame(3, nil)))
            #expect(safe.format == scene.format)
        }
    }

    @Test(arguments: Orientation.allCases)
    func findsPeopleInTurnedVideo(orientation: Orientation) throws {
        let scene = Scene(width: 320, height: 180, .yuv420p, orientation)
        let instance = try VirtualBackgroundPlan.fake("#000000").instance(scene)
        let isPortrait = orientation.swapsAxes
        for index in 0..<15 {
            // Above the centre of the picture as it is seen.
            let disc = Scene.Disc(x: isPortrait ? 80 : 140 + Double(index), y: isPortrait ? 90 : 60, radius: 36)
            let frame = try instance.picture(try scene.frame(Int64(index), disc))
            #expect(frame.format.orientation == orientation)
            #expect(iou(instance.lastAlpha, scene, disc) > 0.97)
        }
    }

    @Test func showsTheNetworkAnUprightPicture() throws {
        let upright = Scene(width: 180, height: 320, .yuv420p)
        let disc = Scene.Disc(x: 60, y: 250, radius: 40)
        func mask(_ scene: Scene) throws -> (Int, Int, [Float]) {
            let instance = try VirtualBackgroundPlan.fake().instance(scene)
            _ = try instance.picture(try scene.frame(0, disc))
            return instance.withLastNetworkMask { mask, width, height in
                var copy: [Float] = []
                for index in mask.indices { copy.append(mask[index]) }
                return (width, height, copy)
            }
        }
        let (width, height, expected) = try mask(upright)
        for orientation in [Orientation.clockwise90, .clockwise270] {
            let turn = Turn(orientation, width: height, height: width)
            let (codedWidth, codedHeight, coded) = try mask(Scene(width: 320, height: 180, .yuv420p, orientation))
            #expect(codedWidth == height && codedHeight == width)
            var difference: Float = 0
            for y in 0..<codedHeight {
                for x in 0..<codedWidth {
                    let seen = turn.upright(Region(left: x, top: y, right: x + 1, bottom: y + 1))
                    difference += abs(coded[y * codedWidth + x] - expected[seen.top * width + seen.left])
                }
            }
            #expect(difference / Float(coded.count) < 0.005)
        }
    }

    @Test func forgetsEverythingAtACut() throws {
        let dark = Scene()
        var bright = Scene()
        bright.room = (90, 110)
        bright.field = 11
        let plan = try VirtualBackgroundPlan.fake()
        let cut = try plan.instance(dark)
        for index in 0..<5 { _ = try cut.picture(try dark.frame(Int64(index), .init(x: 80, y: 90, radius: 40))) }
        let fresh = try plan.instance(bright)
        for index in 5..<8 {
            let disc = Scene.Disc(x: 230, y: 100, radius: 50)
            let after = try cut.picture(try bright.frame(Int64(index), disc))
            let alone = try fresh.picture(try bright.frame(Int64(index), disc))
            #expect(Pictured(after) == Pictured(alone))
        }
    }

    @Test func forgetsEverythingAtAReset() throws {
        let scene = Scene()
        let plan = try VirtualBackgroundPlan.fake()
        let used = try plan.instance(scene)
        for index in 0..<25 {
            _ = try used.picture(try scene.frame(Int64(index), .init(x: 80 + Double(index), y: 90, radius: 40)))
        }
        used.reset()
        let fresh = try plan.instance(scene)
        for index in 0..<12 {
            let disc = Scene.Disc(x: 200 - 2 * Double(index), y: 100, radius: 30)
            let again = try used.picture(try scene.frame(Int64(index), disc))
            let alone = try fresh.picture(try scene.frame(Int64(index), disc))
            #expect(Pictured(again) == Pictured(alone))
        }
    }

    @Test func showsOnlyBackgroundWhenNobodyIsThere() throws {
        let scene = Scene()
        let instance = try VirtualBackgroundPlan.fake("#ffffff").instance(scene)
        for index in 0..<12 {
            let frame = try instance.picture(try scene.frame(Int64(index), nil))
            #expect(instance.lastAlpha.allSatisfy { $0 == 0 })
            #expect(frame.sample(plane: 0, x: 17, y: 33) == 235)
        }
    }

    @Test func showsSeveralPeople() throws {
        let scene = Scene(width: 640, height: 360)
        let instance = try VirtualBackgroundPlan.fake("#000000").instance(scene)
        let (left, right) = (Scene.Disc(x: 110, y: 200, radius: 60), Scene.Disc(x: 530, y: 180, radius: 70))
        for index in 0..<12 {
            let frame = try scene.frame(Int64(index), left)
            let other = try scene.frame(Int64(index), right)
            var both = try scene.pool.makeFrame(timebase: Timebase(1, 25))
            try both.copySamples(of: frame)
            for plane in 0..<3 {
                both.withPlane(plane) { view in
                    other.withPlane(plane) { source in
                        for y in 0..<view.height {
                            (view.base + y * view.stride + view.width / 2).update(
                                from: source.base + y * source.stride + view.width / 2,
                                count: view.width / 2
                            )
                        }
                    }
                }
            }
            _ = try instance.picture(both.freeze())
            let alpha = instance.lastAlpha
            #expect(alpha[200 * 640 + 110] == 255 && alpha[180 * 640 + 530] == 255 && alpha[180 * 640 + 320] == 0)
        }
    }

    @Test func findsSomebodyWhoComesIn() throws {
        let scene = Scene(width: 640, height: 360)
        let instance = try VirtualBackgroundPlan.fake("#000000").instance(scene)
        // A region of the first person's own, then someone in the opposite corner: found within ten frames and a look.
        for index in 0..<8 {
            _ = try instance.picture(try scene.frame(Int64(index), .init(x: 100, y: 200, radius: 50)))
        }
        var found: Int?
        for index in 8..<30 {
            _ = try instance.picture(try scene.frame(Int64(index), .init(x: 560, y: 100, radius: 50)))
            if instance.lastAlpha[100 * 640 + 560] == 255 {
                found = index
                break
            }
        }
        #expect(try #require(found) <= 11)
    }

    @Test func givesTheSameTwice() throws {
        let scene = Scene(width: 321, height: 180, .yuv420p10)
        let plan = try VirtualBackgroundPlan.fake(strength: 0.9)
        let (first, second) = (try plan.instance(scene), try plan.instance(scene))
        for index in 0..<25 {
            let disc = Scene.Disc(x: 100 + 3 * Double(index % 9), y: 90, radius: 44)
            let one = try first.picture(try scene.frame(Int64(index), disc))
            let two = try second.picture(try scene.frame(Int64(index), disc))
            #expect(Pictured(one) == Pictured(two))
        }
    }

    @Test func sharesOneNetworkBetweenStreams() async throws {
        let network = FakeNetwork()
        let plan = try VirtualBackgroundPlan.fake(network: network)
        let format = Scene().format
        @Sendable func run() throws -> [[UInt8]] {
            let scene = Scene(format)
            let instance = try plan.instance(scene)
            var pictures: [[UInt8]] = []
            for index in 0..<15 {
                let disc = Scene.Disc(x: 60 + 9 * Double(index), y: 90, radius: 40)
                pictures.append(Pictured(try instance.picture(try scene.frame(Int64(index), disc))).bytes)
            }
            return pictures
        }
        let alone = try run()
        let together = try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
            for _ in 0..<4 { group.addTask { try run() } }
            var results: [[[UInt8]]] = []
            for try await result in group { results.append(result) }
            return results
        }
        #expect(together.allSatisfy { $0 == alone })
        #expect(network.requestCount.load(ordering: .relaxed) == 5)
    }

    @Test func takesFramesThatLieUpsideDown() throws {
        let scene = Scene()
        let plan = try VirtualBackgroundPlan.fake("#00ff00")
        let (straight, flipped) = (try plan.instance(scene), try plan.instance(scene))
        let (disc, mirrored) = (Scene.Disc(x: 160, y: 70, radius: 40), Scene.Disc(x: 160, y: 110, radius: 40))
        let graph = try VideoFilterGraph("vflip", input: scene.format, timebase: Timebase(1, 25))
        try graph.send(try scene.frame(4, disc))
        let upsideDown = try required(try graph.receive())
        let isForward = upsideDown.hasForwardRows
        #expect(!isForward)
        let safe = try required(flipped.fallback(for: upsideDown))
        #expect(safe.presentationTicks == 4)
        let output = try flipped.picture(upsideDown)
        #expect(output.presentationTicks == 4)
        _ = try straight.picture(try scene.frame(4, mirrored))
        #expect(iou(flipped.lastAlpha, scene, mirrored) > 0.97)
    }

    @Test func followsAChangeOfSize() throws {
        let (small, large) = (Scene(), Scene(width: 640, height: 480))
        let instance = try VirtualBackgroundPlan.fake("#123456").instance(small)
        for round in 0..<3 {
            let scene = round % 2 == 0 ? small : large
            let disc = Scene.Disc(x: 150, y: 90, radius: 45)
            let frame = try instance.picture(try scene.frame(Int64(round), disc))
            #expect(frame.format == scene.format)
            #expect(iou(instance.lastAlpha, scene, disc) > 0.97)
        }
    }

    @Test func reportsItsMeans() throws {
        let scene = Scene()
        let instance = try VirtualBackgroundPlan.fake().instance(scene)
        let output = StageOutput()
        try instance.flush(into: output)
        output.drainResults { Issue.record("unexpected result \($0)") }
        let disc = Scene.Disc(x: 160, y: 90, radius: 40)
        for index in 0..<10 { _ = try instance.picture(try scene.frame(Int64(index), disc)) }
        try instance.flush(into: output)
        var results: [StageResult] = []
        output.drainResults { results.append($0) }
        #expect(results.count == 2)
        for result in results {
            guard case .metric(let name, let value, _) = result.finding else { continue }
            switch name {
            case "person_share": #expect(abs(value - 100 * 3.14159 * 1600 / 57600) < 0.5)
            case "mask_change_per_frame": #expect(value < 0.0005)
            default: Issue.record("unknown metric \(name)")
            }
        }
    }
}
