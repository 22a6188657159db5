import FFmpegKit
import Glibc
import MediaCore
import MediaTestKit
import Testing

@testable import Pipeline

/// The runner with its threads; time stands still until a test moves it, and gates hold the stages.
@Suite struct LiveRunnerTests {
    private struct Failure: Error {}

    /// A runner under test with everything that came out.
    private final class Stand: Sendable {
        let clock = MockClock()
        let factory = FrameFactory()
        let shown = Collected<Int64>()
        let lumas = Collected<UInt16>()
        let results = Collected<StageResult>()
        let events = Collected<String>()
        /// A permit for each frame that came out.
        let out = ThreadGate()
        /// A permit for each event.
        let happened = ThreadGate()

        static let limits = LiveLimits(
            budget: .milliseconds(100),
            frameInterval: .milliseconds(40),
            entranceFrames: 4,
            hangTimeout: .seconds(1),
            firstBackOff: .seconds(10)
        )

        func runner(_ plans: [(FakePlan, FailurePolicy)]) throws -> LiveRunner {
            try LiveRunner(
                plan(plans),
                limits: Self.limits,
                converters: FakeConverterFactory(),
                clock: clock,
                onFrame: { [self] frame in
                    shown.append(frame.presentationTicks ?? -1)
                    lumas.append(frame.sample(plane: 0, x: 0, y: 0))
                    out.open()
                },
                onResult: { [self] in results.append($0) },
                onEvent: { [self] event in
                    switch event {
                    case .stageReady(let stage): events.append("ready \(stage)")
                    case .stageHung(let stage): events.append("hung \(stage)")
                    case .stageFailed(let stage, _): events.append("failed \(stage)")
                    case .stageUnavailable(let stage, _): events.append("unavailable \(stage)")
                    case .swapped: events.append("swapped")
                    case .swapFailed(let stage, _): events.append("swap failed \(stage)")
                    }
                    happened.open()
                }
            )
        }

        func plan(_ plans: [(FakePlan, FailurePolicy)]) throws -> LivePlan {
            LivePlan(
                layout: try FormatNegotiator().negotiate(
                    source: .tiny,
                    plans: plans.map(\.0),
                    sink: SinkRequirement(pixelFormats: [.yuv420p])
                ),
                policies: plans.map(\.1)
            )
        }

        /// A frame whose luma is 100 more than its time.
        func frame(_ number: Int64) throws -> VideoFrame {
            try factory.frame(number, .solid(UInt16(100 + number), 128, 128))
        }

        /// A stage that shows the frame at a luma of 10 more than its time, when its gate lets it.
        func marking(_ name: String = "marking", gate: ThreadGate? = nil, entered: ThreadGate? = nil) -> FakePlan {
            FakePlan(
                name,
                makeInstance: { [factory] _ in
                    FakeStage(process: { frame, output in
                        entered?.open()
                        gate?.pass()
                        let number = frame.presentationTicks ?? 0
                        output.report(StageResult(stage: name, time: frame.time, finding: .cut))
                        output.emit(try factory.frame(number, .solid(UInt16(10 + number), 128, 128)))
                    })
                }
            )
        }
    }

    @Test func framesGoThroughAllStagesAndConversionsInOrder() throws {
        let stand = Stand()
        let runner = try stand.runner([(stand.marking("a"), .closed), (.wanting(.nv12, name: "b"), .closed)])
        stand.happened.pass()
        stand.happened.pass()
        // `c` is the conversion at the end.
        stand.happened.pass()
        for number in 0..<Int64(10) {
            runner.offer(try stand.frame(number))
            stand.out.pass()
        }
        let taps = runner.taps.snapshot()
        #expect(runner.declaredLatency == .milliseconds(100))
        runner.finish()
        #expect(stand.shown.all == Array(0..<10))
        #expect(stand.results.all.compactMap { $0.time?.ticks } == Array(0..<10))
        #expect(taps.map(\.name) == ["pipeline", "a", "b", "convert"])
        #expect(taps.allSatisfy { $0.framesIn == 10 && $0.framesOut == 10 && $0.drops.isEmpty })
        #expect(stand.events.all.sorted() == ["ready a", "ready b", "ready convert"])
    }

    @Test func withoutStagesFramesPass() throws {
        let stand = Stand()
        let runner = try stand.runner([])
        for number in 0..<Int64(3) {
            runner.offer(try stand.frame(number))
            stand.out.pass()
        }
        runner.offer(try FrameFactory(VideoFormat(width: 8, height: 8, pixelFormat: .gray)).frame(3))
        runner.offer(try stand.frame(4))
        stand.out.pass()
        #expect(stand.shown.all == [0, 1, 2, 4])
        #expect(runner.taps.pipeline.drops[.failed] == 1)
        runner.finish()
    }

    @Test func finishingLetsFramesUnderWayLeave() throws {
        let stand = Stand()
        let plan = FakePlan("delay", latencyFrames: 2, makeInstance: { _ in FakeStage.delaying(by: 2) })
        let runner = try stand.runner([(plan, .closed), (stand.marking(), .closed)])
        stand.happened.pass()
        stand.happened.pass()
        for number in 0..<Int64(4) {
            runner.offer(try stand.frame(number))
            if number >= 2 { stand.out.pass() }
        }
        runner.finish()
        #expect(stand.shown.all == [0, 1, 2, 3])
        #expect(stand.lumas.all == [10, 11, 12, 13])
    }

    @Test func aLateFrameIsShownRawByAnOpenStage() throws {
        let stand = Stand()
        let (gate, entered) = (ThreadGate(), ThreadGate())
        let runner = try stand.runner([(stand.marking(gate: gate, entered: entered), .open)])
        stand.happened.pass()
        runner.offer(try stand.frame(0))
        entered.pass()
        stand.clock.advance(by: .milliseconds(100))
        stand.out.pass()
        gate.open(2)
        runner.offer(try stand.frame(1))
        stand.out.pass()
        #expect(stand.shown.all == [0, 1])
        #expect(stand.lumas.all == [100, 11])
        #expect(runner.taps.snapshot()[1].drops == [.late: 1, .bypassed: 1])
        runner.finish()
    }

    @Test func aLateFrameRepeatsTheLastPictureOfAClosedStage() throws {
        let stand = Stand()
        let (gate, entered) = (ThreadGate(permits: 1), ThreadGate())
        let runner = try stand.runner([(stand.marking(gate: gate, entered: entered), .closed)])
        stand.happened.pass()
        runner.offer(try stand.frame(0))
        stand.out.pass()
        entered.pass()
        runner.offer(try stand.frame(1))
        entered.pass()
        stand.clock.advance(by: .milliseconds(100))
        stand.out.pass()
        gate.open()
        runner.finish()
        // The picture of frame 0 with the time of frame 1.
        #expect(stand.shown.all == [0, 1])
        #expect(stand.lumas.all == [10, 10])
    }

    @Test func whatAClosedStageCannotProcessIsNeverShown() throws {
        let stand = Stand()
        let failing = FakePlan(
            "failing",
            makeInstance: { [factory = stand.factory] _ in
                FakeStage(
                    process: { _, _ in throw Failure() },
                    fallback: { frame in
                        guard let number = frame.presentationTicks, number % 2 == 0 else { return nil }
                        return try? factory.frame(number, .solid(50, 128, 128))
                    }
                )
            }
        )
        let runner = try stand.runner([(failing, .closed)])
        // Before the instance is ready, and while it fails.
        runner.offer(try stand.frame(7))
        stand.happened.pass()
        for number in 0..<Int64(4) {
            runner.offer(try stand.frame(number))
            stand.happened.pass()
        }
        runner.finish()
        #expect(stand.shown.all.filter { $0 != 7 } == [0, 2])
        #expect(stand.lumas.all.allSatisfy { $0 == 50 })
        #expect(stand.events.all.filter { $0 == "failed failing" }.count >= 4)
    }

    @Test func anOpenStageThatThrowsShowsTheRawFrame() throws {
        let stand = Stand()
        let failing = FakePlan("failing", makeInstance: { _ in FakeStage(process: { _, _ in throw Failure() }) })
        let runner = try stand.runner([(failing, .open), (stand.marking(), .closed)])
        stand.happened.pass()
        stand.happened.pass()
        for number in 0..<Int64(3) {
            runner.offer(try stand.frame(number))
            stand.out.pass()
        }
        #expect(stand.lumas.all == [10, 11, 12])
        #expect(runner.taps.snapshot()[1].drops == [.failed: 3, .bypassed: 3])
        runner.finish()
    }

    @Test func aHungStageIsAbandonedAndReplacedLater() throws {
        let stand = Stand()
        let (gate, entered, ended) = (ThreadGate(), ThreadGate(), ThreadGate())
        let instances = Collected<Int>()
        let hanging = FakePlan(
            "hanging",
            makeInstance: { _ in
                let isFirst = instances.count == 0
                instances.append(1)
                return FakeStage(process: { frame, output in
                    if isFirst {
                        entered.open()
                        gate.pass()
                        ended.open()
                    }
                    output.report(StageResult(stage: "hanging", time: frame.time, finding: .cut))
                    output.emit(frame)
                })
            }
        )
        let runner = try stand.runner([(hanging, .open)])
        stand.happened.pass()
        runner.offer(try stand.frame(0))
        entered.pass()
        stand.clock.advance(by: .seconds(1))
        stand.out.pass()
        stand.happened.pass()
        #expect(stand.events.all == ["ready hanging", "hung hanging"])
        // Out of service: frames pass, since it fails open.
        runner.offer(try stand.frame(1))
        stand.out.pass()
        #expect(instances.count == 1)
        stand.clock.advance(by: .seconds(10))
        stand.happened.pass()
        runner.offer(try stand.frame(2))
        stand.out.pass()
        #expect(instances.count == 2)
        #expect(stand.shown.all == [0, 1, 2])
        let drops = runner.taps.snapshot()[1].drops
        #expect(drops == [.late: 1, .quarantined: 1, .bypassed: 2])
        // What the abandoned thread does at last changes nothing.
        gate.open()
        ended.pass()
        runner.finish()
        #expect(stand.shown.all == [0, 1, 2])
        #expect(stand.results.all.compactMap { $0.time?.ticks } == [2])
    }

    @Test func swappingLosesNoFrameAndShowsNoRawOne() throws {
        let stand = Stand()
        let (gate, entered, making) = (ThreadGate(permits: 1), ThreadGate(), ThreadGate())
        let runner = try stand.runner([(stand.marking("old", gate: gate, entered: entered), .closed)])
        stand.happened.pass()
        runner.offer(try stand.frame(0))
        stand.out.pass()
        entered.pass()

        let new = FakePlan(
            "new",
            makeInstance: { [factory = stand.factory] _ in
                making.pass()
                return FakeStage(process: { frame, output in
                    let number = frame.presentationTicks ?? 0
                    output.emit(try factory.frame(number, .solid(UInt16(30 + number), 128, 128)))
                })
            }
        )
        runner.swap(to: try stand.plan([(new, .closed)]))
        // The new stage is not ready: the old one goes on.
        runner.offer(try stand.frame(1))
        entered.pass()
        making.open()
        stand.happened.pass()
        #expect(stand.events.all == ["ready old", "ready new"])
        // Frame 1 is still in the old stage when frames 2 and 3 come for the new one.
        runner.offer(try stand.frame(2))
        runner.offer(try stand.frame(3))
        gate.open()
        for _ in 1...3 { stand.out.pass() }
        stand.happened.pass()
        #expect(stand.events.all.last == "swapped")
        #expect(stand.shown.all == [0, 1, 2, 3])
        #expect(stand.lumas.all == [10, 11, 32, 33])
        #expect(runner.taps.snapshot().map(\.name) == ["pipeline", "new"])

        // To no stages at all and back.
        runner.swap(to: try stand.plan([]))
        stand.happened.pass()
        runner.offer(try stand.frame(4))
        stand.out.pass()
        #expect(stand.lumas.all.last == 104)
        runner.finish()
    }

    @Test func aSwapThatFailsLeavesTheOldStages() throws {
        let stand = Stand()
        let runner = try stand.runner([(stand.marking("old"), .closed)])
        stand.happened.pass()
        runner.swap(to: try stand.plan([(FakePlan("broken", makeInstance: { _ in throw Failure() }), .open)]))
        stand.happened.pass()
        stand.happened.pass()
        #expect(stand.events.all == ["ready old", "unavailable broken", "swap failed broken"])
        runner.offer(try stand.frame(0))
        stand.out.pass()
        #expect(stand.lumas.all == [10])
        runner.finish()
    }

    @Test func cancellingReleasesEverythingEvenWhileAStageIsBusy() throws {
        let (gate, entered, ended) = (ThreadGate(), ThreadGate(), ThreadGate())
        weak var pool: VideoFramePool?
        do {
            let stand = Stand()
            pool = stand.factory.pool
            let busy = FakePlan(
                "busy",
                makeInstance: { _ in
                    FakeStage(process: { frame, output in
                        entered.open()
                        gate.pass()
                        output.emit(frame)
                        ended.open()
                    })
                }
            )
            let runner = try stand.runner([(busy, .closed)])
            stand.happened.pass()
            for number in 0..<Int64(3) { runner.offer(try stand.frame(number)) }
            entered.pass()
            runner.cancel()
            runner.offer(try stand.frame(3))
            #expect(stand.shown.count == 0)
        }
        // Only the frame inside the abandoned stage is left.
        gate.open()
        ended.pass()
        while pool != nil { sched_yield() }
    }

    @Test func everyStageHasAPolicy() async {
        await #expect(processExitsWith: .failure) {
            let layout = try FormatNegotiator().negotiate(
                source: .tiny,
                plans: [FakePlan("a")],
                sink: SinkRequirement(pixelFormats: [.yuv420p])
            )
            _ = LivePlan(layout: layout, policies: [])
        }
    }
}
