import FFmpegKit
import Foundation
import Kernels
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Stages

/// A room of greys with a coloured corner, under a light, as frames of any format.
private struct Room {
    var light = SIMD3<Float>(1, 1, 1)
    var contrast: Float = 1
    var format = VideoFormat(width: 96, height: 64, pixelFormat: .yuv420p, color: .bt709)

    func frame(_ ticks: Int64, _ pool: VideoFramePool) throws -> VideoFrame {
        let encoding = ColorEncoding(format)
        var frame = try pool.makeFrame(timebase: Timebase(1, 25))
        frame.presentationTicks = ticks
        let limit = Float(1 << format.pixelFormat.bitDepth) - 1
        let isWide = format.pixelFormat.bytesPerSample == 2
        for plane in 0..<format.pixelFormat.planeCount {
            let scaleX = plane == 0 ? 1 : 1 << format.pixelFormat.chromaShiftX
            let scaleY = plane == 0 ? 1 : 1 << format.pixelFormat.chromaShiftY
            frame.withPlane(plane) { view in
                for y in 0..<view.height {
                    let row = UnsafeMutableRawPointer(view.base + y * view.stride)
                    for x in 0..<view.width {
                        let code = encoding.encode(signal(x * scaleX, y * scaleY))
                        let value = min(max(code[plane].rounded(), 0), limit)
                        if isWide {
                            row.storeBytes(of: UInt16(value), toByteOffset: 2 * x, as: UInt16.self)
                        } else {
                            row.storeBytes(of: UInt8(value), toByteOffset: x, as: UInt8.self)
                        }
                    }
                }
            }
        }
        return frame.freeze()
    }

    private func signal(_ x: Int, _ y: Int) -> SIMD3<Float> {
        // Whole blocks of chroma have one colour.
        let (column, row) = (x / 4, y / 4)
        let shade = 0.002 + 0.85 * Float((column * 7 + row * 5) % 13) / 12
        let surface = row < 4 && column < 8 ? SIMD3<Float>(0.35, 0.9, 0.3) : SIMD3<Float>(repeating: 1)
        let lit = surface * shade * light
        let color = SIMD3(SignalCurve.signal(lit.x), SignalCurve.signal(lit.y), SignalCurve.signal(lit.z))
        return (color - 0.5) * contrast + 0.5
    }

    func queue(_ count: Int) throws -> FrameQueue {
        let pool = VideoFramePool(format: format)
        var queue = FrameQueue()
        for index in 0..<count { queue.append(try frame(Int64(index), pool)) }
        return queue
    }
}

/// The frame that a stage emitted; frames cannot be `#require`d.
private func taken(_ output: StageOutput) throws -> VideoFrame {
    guard let frame = output.takeFrame() else { throw StageError(.failed, stage: "color_enhancement", "no frame") }
    return frame
}

@Suite struct ColorEnhancementStageTests {
    private func plan(_ values: [String: ParameterValue] = [:]) throws -> ColorEnhancementPlan {
        let context = StageContext(modelsDirectory: "", cacheDirectory: nil, coreCount: 1, trustsCaller: true)
        let all = ["strength": ParameterValue.number(0.7)].merging(values) { $1 }
        return try ColorEnhancementPlan(StageParameters(checked: all), context)
    }

    private func measured(_ room: Room, _ count: Int = 3, shots: ShotTable = .whole) throws -> ColorEnhancementPlan {
        let analysis = try #require(try plan().analysis as? ColorAnalysis)
        let made = try AnalysisDriver.makePlan(analysis, room.queue(count), format: room.format, shots: shots)
        return try #require(made as? ColorEnhancementPlan)
    }

    /// Renders one frame of a room.
    private func render(_ plan: ColorEnhancementPlan, _ room: Room, ticks: Int64 = 0) throws -> VideoFrame {
        let instance = try plan.makeInstance(try plan.negotiate(room.format))
        let output = StageOutput()
        try instance.process(try room.frame(ticks, VideoFramePool(format: room.format)), into: output)
        return try taken(output)
    }

    private func difference(_ first: borrowing VideoFrame, _ second: borrowing VideoFrame) -> Double {
        let (a, b) = (FrameThumbnail(first.format), FrameThumbnail(second.format))
        first.withFramePlanes { a.update($0) }
        second.withFramePlanes { b.update($0) }
        let encoding = ColorEncoding(depth: 8, weightRed: 0.2126, weightBlue: 0.0722, isFullRange: false)
        var sum = 0.0
        for index in 0..<a.picture.y.count {
            func color(_ image: GridImage<UInt8>) -> CIELab {
                let u = image.u.map { Float($0.samples[index]) } ?? 128,
                    v = image.v.map { Float($0.samples[index]) } ?? 128
                return CIELab(signal: SIMD3<Double>(encoding.decode(SIMD3(Float(image.y.samples[index]), u, v))))
            }
            sum += color(a.picture).difference2000(to: color(b.picture))
        }
        return sum / Double(a.picture.y.count)
    }

    @Test func restoresAWarmRoom() throws {
        let good = Room(), warm = Room(light: SIMD3(1.15, 1, 0.65))
        let truth = try good.frame(0, VideoFramePool(format: good.format))
        let raw = try warm.frame(0, VideoFramePool(format: warm.format))
        let restored = try render(try measured(warm), warm)
        let before = difference(raw, truth), after = difference(restored, truth)
        #expect(before > 4 && after < 0.4 * before, "\(before) → \(after)")
    }

    @Test func leavesAGoodRoomNearlyAlone() throws {
        let good = Room()
        let raw = try good.frame(0, VideoFramePool(format: good.format))
        #expect(difference(try render(try measured(good), good), raw) < 1.5)
    }

    @Test(arguments: [PixelFormat.yuv420p, .yuv422p10, .yuv444p12, .gray, .gray10])
    func keepsEveryFormatAndTheLegalRange(pixelFormat: PixelFormat) throws {
        var room = Room(light: SIMD3(1.2, 1, 0.7), contrast: 0.6)
        room.format.pixelFormat = pixelFormat
        let result = try render(try measured(room), room, ticks: 2)
        #expect(result.format == room.format && result.presentationTicks == 2)
        let unit = UInt16(1) << UInt16(pixelFormat.bitDepth - 8)
        var outside = 0
        for plane in 0..<pixelFormat.planeCount {
            for y in 0..<pixelFormat.planeHeight(plane, height: 64) {
                for x in 0..<pixelFormat.planeWidth(plane, width: 96) {
                    let value = result.sample(plane: plane, x: x, y: y)
                    if value < 16 * unit || value > (plane == 0 ? 235 : 240) * unit { outside += 1 }
                }
            }
        }
        #expect(outside == 0)
    }

    @Test func decidesShotByShot() throws {
        let format = Room().format
        let analysis = try #require(try plan().analysis as? ColorAnalysis)
        let pool = VideoFramePool(format: format)
        var frames = FrameQueue()
        for index in 0..<6 {
            let room = index < 3 ? Room() : Room(light: SIMD3(0.75, 1, 1.3))
            frames.append(try room.frame(Int64(index), pool))
        }
        let shots = ShotTable(starts: [.zero, MediaTime(ticks: 3, timebase: Timebase(1, 25))])
        let made = try AnalysisDriver.makePlan(analysis, frames, format: format, shots: shots)
        let looks = try #require((made as? ColorEnhancementPlan)?.looks)
        #expect(looks.count == 2)
        #expect(looks[0].correction.gains == SIMD3(repeating: 1))
        #expect(looks[1].correction.gains.x > 1.1 && looks[1].correction.gains.z < 0.9)
    }

    @Test func doesNotDependOnWhereASegmentBegins() throws {
        let room = Room(light: SIMD3(1.2, 1, 0.7))
        let plan = try measured(room, 40)
        let agreement = try plan.negotiate(room.format)
        let long = try plan.makeInstance(agreement), short = try plan.makeInstance(agreement)
        let pool = VideoFramePool(format: room.format)
        let (first, second) = (StageOutput(), StageOutput())
        for index in 0..<20 {
            try long.process(try room.frame(Int64(index), pool), into: first)
            if index < 19 { _ = first.takeFrame() }
        }
        try short.process(try room.frame(19, pool), into: second)
        let a = try taken(first), b = try taken(second)
        #expect(difference(a, b) == 0)
        #expect(plan.preRollFrames == 0)
    }

    @Test func storesWhatItMeasured() throws {
        let analysis = try #require(try plan().analysis as? ColorAnalysis)
        let file = try AnalysisDriver.measure(analysis, Room().queue(2), format: Room().format)
        let measurement = try #require(file.frames.first?.measurement)
        let data = try JSONEncoder().encode(measurement)
        #expect(try JSONDecoder().decode(ColorMeasurement.self, from: data) == measurement)
        #expect(measurement.tiles != nil && file.frames.last?.measurement.tiles == nil)
    }

    @Test func followsALiveStreamSlowly() throws {
        let plan = try plan()
        let agreement = try plan.negotiate(Room().format)
        let instance = try plan.makeInstance(agreement)
        let output = StageOutput()
        let pool = VideoFramePool(format: Room().format)
        var last: VideoFrame?
        var largest = 0.0
        // The light of an unmoving room changes within one frame, too little for a cut.
        for index in 0..<20 {
            let room = Room(light: index < 4 ? SIMD3(1.15, 1, 0.7) : SIMD3(1.1, 1, 0.75))
            try instance.process(try room.frame(Int64(index), pool), into: output)
            let frame = try taken(output)
            if let last, index > 5 { largest = max(largest, difference(frame, last)) }
            last = consume frame
        }
        #expect(largest < 0.4, "\(largest)")
        instance.reset()
    }

    @Test func leavesHDRAlone() throws {
        for transfer: UInt8 in [16, 18] {
            var room = Room(light: SIMD3(1.3, 1, 0.5))
            room.format.pixelFormat = .yuv420p10
            room.format.color = ColorDescription(primaries: 9, transfer: transfer, matrix: 9, isFullRange: false)
            let raw = try room.frame(0, VideoFramePool(format: room.format))
            #expect(difference(try render(try measured(room), room), raw) == 0)
            #expect(difference(try render(try plan(), room), raw) == 0)
            let agreement = FormatAgreement(input: room.format, output: room.format)
            let judge = try #require(try measured(room).stageGuard)
            let verdict = try judge.judge(ArraySampleFrames(agreement, try room.queue(1)))
            #expect(verdict.outcome == .rolledBack)
            #expect(verdict.explanation?.contains(transfer == 16 ? "PQ" : "HLG") == true)
        }
    }

    @Test func appliesAUsersTable() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("swap.cube")
        // Red and blue change places.
        let points = (0..<8).map { "\($0 >> 2) \($0 >> 1 & 1) \($0 & 1)" }
        try (["LUT_3D_SIZE 2"] + points).joined(separator: "\r\n").write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
        let plan = try plan(["strength": .number(0), "lut": .text(path)])
        #expect(plan.analysis == nil)
        let warm = Room(light: SIMD3(1.2, 1, 0.7)), cold = Room(light: SIMD3(0.7, 1, 1.2))
        let swapped = try render(plan, warm)
        var sum = 0
        let expected = try cold.frame(0, VideoFramePool(format: cold.format))
        // Outside the green corner, whose red and blue differ.
        for x in 40..<96 {
            sum += abs(Int(swapped.sample(plane: 0, x: x, y: 40)) - Int(expected.sample(plane: 0, x: x, y: 40)))
        }
        #expect(Double(sum) / 56 < 1.5)
    }

    @Test func namesTheLineOfAWrongTable() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("bad.cube")
        try "LUT_3D_SIZE 2\n0 0 0\n0 zero 0\n".write(toFile: path, atomically: true, encoding: .utf8)
        do {
            _ = try plan(["lut": .text(path)])
            Issue.record("accepted")
        } catch let error as StageError {
            #expect(error.code == .usage && error.message.contains("line 3"))
        }
    }

    @Test func guardKeepsWhatItCanFindAgain() throws {
        let warm = Room(light: SIMD3(1.1, 1, 0.78))
        let plan = try measured(warm)
        let agreement = try plan.negotiate(warm.format)
        let verdict = try #require(plan.stageGuard).judge(ArraySampleFrames(agreement, try warm.queue(2)))
        #expect(verdict.outcome == .kept)
        let cast = try #require(verdict.metrics.first { $0.name == "injected_cast" })
        #expect(cast.after < 0.5 * (cast.before ?? 0))
    }

    @Test func guardTakesBackWhatClipsAndReportsTheRest() throws {
        let room = Room()
        var look = ShotLook.none
        // Brighter than it may be.
        look.correction.white = 0.77
        look.tones = [(.zero, LocalContrast.Curves(repeating: 600, count: 64 * ToneGrid.nodes))]
        let plan = try plan().with(looks: [look], shots: .whole)
        let agreement = try plan.negotiate(room.format)
        let verdict = try #require(plan.stageGuard).judge(ArraySampleFrames(agreement, try room.queue(1)))
        #expect(verdict.outcome == .kept)
        #expect(verdict.explanation?.contains("highlights") == true)
        let changed = try #require(verdict.plan as? ColorEnhancementPlan)
        #expect(changed.looks?.first?.correction == ColorCorrection.none && changed.looks?.first?.tones.count == 1)
        let change = try #require(verdict.metrics.first { $0.name == "color_change" })
        #expect(change.after < 3)
    }

    @Test func guardRollsBackWhatIsGood() throws {
        let plan = try plan().with(looks: [.none], shots: .whole)
        let agreement = try plan.negotiate(Room().format)
        let verdict = try #require(plan.stageGuard).judge(ArraySampleFrames(agreement, try Room().queue(1)))
        #expect(verdict.outcome == .rolledBack)
        #expect(verdict.explanation?.contains("good already") == true)
    }
}

@Suite struct LocalContrastTests {
    private func histograms(_ bins: [Int: Float]) -> [Float] {
        var result = [Float](repeating: 0, count: 8 * 8 * 16)
        for tile in 0..<64 { for (bin, share) in bins { result[tile * 16 + bin] = share } }
        return result
    }

    @Test func spreadsAFlatPictureWithoutMovingItsMean() throws {
        let flat = histograms([7: 0.5, 8: 0.5])
        let curves = try #require(LocalContrast.curves(flat, spread: 0.1, strength: 0.7, isFullRange: true))
        #expect(curves.count == 64 * ToneGrid.nodes)
        // Below the middle darker, above brighter, ends where they were.
        #expect(curves[7] < -50 && curves[9] > 50)
        #expect(curves[0] == 0 && abs(curves[16]) <= 1 && abs(Int(curves[7]) + Int(curves[9])) < 120)
    }

    @Test func changesGoodPicturesLess() throws {
        let flat = histograms([3: 0.25, 4: 0.25, 11: 0.25, 12: 0.25])
        let much = try #require(LocalContrast.curves(flat, spread: 0.2, strength: 0.7, isFullRange: false))
        let little = try #require(LocalContrast.curves(flat, spread: 0.9, strength: 0.7, isFullRange: false))
        #expect(little.map { abs(Int($0)) }.max() ?? 0 < much.map { abs(Int($0)) }.max() ?? 0)
        #expect(LocalContrast.curves(flat, spread: 0.2, strength: 0, isFullRange: false) == nil)
    }
}
