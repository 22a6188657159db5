import FFmpegKit
import MediaCore
import MediaTestKit
import Testing

@testable import Pipeline

@Suite struct OfflineRunnerTests {
    static let modes: [OfflineRunner.Threading] = [
        .inline, .threaded(), .threaded(heavy: [0]), .threaded(heavy: [0, 1]),
    ]

    private struct Failure: Error, Equatable {
        let place: String
    }

    /// Runs `count` frames and returns the times that reached the sink.
    private func run(
        _ plans: [FakePlan],
        _ threading: OfflineRunner.Threading,
        count: Int = 20,
        window: SegmentWindow = .unbounded,
        cancellation: CancellationFlag = CancellationFlag(),
        taps: PipelineTaps? = nil,
        onResult: @escaping @Sendable (StageResult) -> Void = { _ in },
        factory: FrameFactory = FrameFactory(),
        onSource: (Int) throws -> Void = { _ in },
        onSink: (Int64) throws -> Void = { _ in }
    ) throws -> [Int64] {
        let layout = try Self.layout(plans)
        let runner = OfflineRunner(
            layout: layout,
            converters: FakeConverterFactory(),
            taps: taps,
            threading: threading,
            channelCapacity: 2
        )
        var next = 0
        var arrived: [Int64] = []
        try runner.run(
            window: window,
            cancellation: cancellation,
            source: {
                try onSource(next)
                guard next < count else { return nil }
                defer { next += 1 }
                return try factory.frame(Int64(next))
            },
            onResult: onResult,
            sink: { frame in
                let ticks = frame.presentationTicks ?? -1
                try onSink(ticks)
                arrived.append(ticks)
            }
        )
        return arrived
    }

    private static func layout(_ plans: [FakePlan]) throws -> PipelineLayout {
        try FormatNegotiator().negotiate(
            source: .tiny,
            plans: plans,
            sink: SinkRequirement(pixelFormats: [.yuv420p])
        )
    }

    @Test(arguments: modes)
    func everyFrameArrivesOnceAndInOrder(threading: OfflineRunner.Threading) throws {
        #expect(try run([], threading) == Array(0..<20))
        #expect(try run([FakePlan("a"), FakePlan("b")], threading) == Array(0..<20))
        #expect(try run([FakePlan("a")], threading, count: 0).isEmpty)
    }

    @Test(arguments: modes)
    func heldFramesAreFlushedFromTheFirstStageToTheLast(threading: OfflineRunner.Threading) throws {
        let plans = [3, 2].map { delay in
            FakePlan("delay", latencyFrames: delay, makeInstance: { _ in FakeStage.delaying(by: delay) })
        }
        #expect(try run(plans, threading) == Array(0..<20))
        #expect(try run(plans, threading, count: 2) == [0, 1])
    }

    @Test(arguments: modes)
    func stagesMayDropAndMultiplyFrames(threading: OfflineRunner.Threading) throws {
        let halving = FakePlan(
            "halve",
            makeInstance: { _ in
                FakeStage(process: { frame, output in
                    if let ticks = frame.presentationTicks, ticks % 2 == 0 { output.emit(frame) }
                })
            }
        )
        let doubling = FakePlan(
            "double",
            makeInstance: { _ in
                FakeStage(process: { frame, output in
                    output.emit(try frame.share())
                    output.emit(frame)
                })
            }
        )
        #expect(try run([halving, doubling], threading, count: 6) == [0, 0, 2, 2, 4, 4])
        #expect(try run([doubling, halving], threading, count: 3) == [0, 0, 2, 2])
    }

    @Test(arguments: modes)
    func conversionsAreMadeWhereFormatsDiffer(threading: OfflineRunner.Threading) throws {
        let taps = PipelineTaps(try Self.layout([.wanting(.yuv444p), .wanting(.yuv444p), .wanting(.nv12)]))
        let times = try run([.wanting(.yuv444p), .wanting(.yuv444p), .wanting(.nv12)], threading, taps: taps)
        #expect(times == Array(0..<20))
        let snapshot = taps.snapshot()
        #expect(
            snapshot.map(\.name) == ["source", "convert", "fake", "fake", "convert", "fake", "convert", "sink"]
        )
        #expect(snapshot.dropFirst().map(\.framesIn) == Array(repeating: 20, count: 7))
        #expect(snapshot.dropLast().map(\.framesOut) == Array(repeating: 20, count: 7))
        #expect(snapshot.allSatisfy { $0.latency.count == 20 && $0.drops.isEmpty })
    }

    @Test(arguments: modes)
    func preRollAndLookAheadStopBeforeTheSink(threading: OfflineRunner.Threading) throws {
        let seen = Collected<Int64>()
        let plan = FakePlan(
            "finder",
            makeInstance: { _ in
                FakeStage(process: { frame, output in
                    seen.append(frame.presentationTicks ?? -1)
                    output.report(StageResult(stage: "finder", time: frame.time, finding: .cut))
                    output.emit(frame)
                })
            }
        )
        let taps = PipelineTaps(try Self.layout([plan]))
        let results = Collected<StageResult>()
        // The window is given in another timebase than the frames have.
        let window = SegmentWindow(
            start: MediaTime(ticks: 5 * 3600, timebase: .mpeg),
            end: MediaTime(ticks: 15 * 3600, timebase: .mpeg)
        )
        let times = try run([plan], threading, window: window, taps: taps, onResult: { results.append($0) })
        #expect(times == Array(5..<15))
        #expect(seen.all == Array(0..<20))
        #expect(results.all.compactMap { $0.time?.ticks } == Array(5..<15))
        #expect(taps.sink.snapshot().drops == [.overlap: 10])
        #expect(try run([], threading, window: window) == Array(5..<15))
    }

    @Test(arguments: modes, ["source", "stage", "flush", "sink", "make"])
    func theFirstErrorStopsEverythingAndReleasesAllFrames(threading: OfflineRunner.Threading, place: String) throws {
        weak var pool: VideoFramePool?
        do {
            let factory = FrameFactory()
            pool = factory.pool
            let failing = FakePlan(
                "failing",
                makeInstance: { _ in
                    if place == "make" { throw Failure(place: place) }
                    return FakeStage(
                        process: { frame, output in
                            if place == "stage", frame.presentationTicks == 7 { throw Failure(place: place) }
                            output.emit(frame)
                        },
                        flush: { _ in if place == "flush" { throw Failure(place: place) } }
                    )
                }
            )
            let delaying = FakePlan("delaying", makeInstance: { _ in FakeStage.delaying(by: 2) })
            #expect(throws: Failure(place: place)) {
                try run(
                    [delaying, failing],
                    threading,
                    factory: factory,
                    onSource: { if place == "source", $0 == 9 { throw Failure(place: place) } },
                    onSink: { if place == "sink", $0 == 5 { throw Failure(place: place) } }
                )
            }
        }
        #expect(pool == nil)
    }

    @Test(arguments: modes)
    func cancellingStopsWithoutWaitingForTheEnd(threading: OfflineRunner.Threading) throws {
        let flag = CancellationFlag()
        #expect(throws: CancellationError.self) {
            // The source never ends by itself.
            _ = try run(
                [FakePlan("a"), FakePlan("b")],
                threading,
                count: .max,
                cancellation: flag,
                onSink: { if $0 == 10 { flag.cancel() } }
            )
        }
        #expect(throws: CancellationError.self) { try run([], threading, cancellation: flag) }
    }

    @Test func aWaitingSinkHoldsTheSourceBack() throws {
        let delivered = Collected<Int>()
        var largest = 0
        _ = try run(
            [FakePlan("a"), FakePlan("b")],
            .threaded(heavy: [0, 1]),
            count: 200,
            onSource: { delivered.append($0) },
            onSink: { largest = max(largest, delivered.count - 1 - Int($0)) }
        )
        // Three channels of two, one frame on each of the four threads.
        #expect(largest <= 3 * 2 + 4)
    }

    @Test func threadsCarryTheNamesOfTheirWork() throws {
        let names = Collected<String>()
        let plan = FakePlan(
            "upscaling_of_faces",
            makeInstance: { _ in
                FakeStage(process: { frame, output in
                    names.append(NamedThread.currentName)
                    output.emit(frame)
                })
            }
        )
        func threads(_ threading: OfflineRunner.Threading) throws -> [String] {
            let before = names.count
            _ = try run(
                [plan, plan],
                threading,
                count: 1,
                onSource: { _ in names.append(NamedThread.currentName) },
                onSink: { _ in names.append(NamedThread.currentName) }
            )
            return Set(names.all.dropFirst(before)).sorted()
        }
        #expect(try threads(.threaded()) == ["decode", "encode", "stages"])
        #expect(try threads(.threaded(heavy: [1])) == ["decode", "encode", "stage-upscaling"])
        #expect(try threads(.inline) == [NamedThread.currentName])
    }

    @Test(arguments: [
        ([PixelFormat](), [Int](), [Range<Int>]()),
        ([.yuv420p], [], [0..<1]),
        ([.yuv420p], [0], [0..<1]),
        ([.yuv444p], [], [0..<3]),
        ([.yuv444p], [0], [0..<2, 2..<3]),
        ([.yuv420p, .yuv420p, .yuv420p], [1], [0..<1, 1..<2, 2..<3]),
        ([.yuv420p, .nv12, .yuv420p], [1], [0..<1, 1..<3, 3..<5]),
        ([.yuv420p, .nv12, .yuv420p], [0, 2], [0..<1, 1..<3, 3..<5]),
        ([.yuv420p, .yuv420p, .nv12], [0, 1], [0..<1, 1..<2, 2..<5]),
    ])
    func heavyStagesGetAThreadOfTheirOwn(formats: [PixelFormat], heavy: [Int], groups: [Range<Int>]) throws {
        let layout = try Self.layout(formats.map { FakePlan.wanting($0) })
        #expect(layout.threadGroups(heavy: Set(heavy)) == groups)
    }
}
