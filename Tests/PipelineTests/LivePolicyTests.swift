import Testing

@testable import Pipeline

/// The policy alone: moments are milliseconds, no thread runs and nothing is waited for.
@Suite struct LivePolicyTests {
    private static let open = LivePolicy.Rules(failure: .open, keepsFormat: true, latencyFrames: 0)
    private static let closed = LivePolicy.Rules(failure: .closed, keepsFormat: true, latencyFrames: 0)

    /// Budget 100 ms, 25 frames a second, hang after 500 ms, back-off 1 s to 4 s, three restarts.
    private static let limits = LiveLimits(
        budget: .milliseconds(100),
        frameInterval: .milliseconds(40),
        framesKeptWhileSwapping: 3,
        hangTimeout: .milliseconds(500),
        firstBackOff: .seconds(1),
        longestBackOff: .seconds(4),
        maximumRestarts: 3,
        failuresBeforeRestart: 3
    )

    /// A policy whose stations are all ready.
    private func ready(_ rules: LivePolicy.Rules...) -> LivePolicy {
        var policy = LivePolicy(rules, limits: Self.limits)
        for index in rules.indices { policy.started(index, now: at(0)) }
        policy.actions = []
        return policy
    }

    /// What one event made the policy do.
    private func actions(_ policy: inout LivePolicy, _ event: (inout LivePolicy) -> Void) -> [LivePolicy.Action] {
        event(&policy)
        defer { policy.actions = [] }
        return policy.actions
    }

    private func frame(_ policy: inout LivePolicy, at time: Int64) -> [LivePolicy.Action] {
        actions(&policy) { $0.arrived(at: at(time), now: at(time)) }
    }

    // MARK: - The ordinary way

    @Test func aFrameGoesFromStationToStation() {
        var policy = ready(Self.open, Self.closed)
        #expect(policy.isReady && policy.isDrained)
        #expect(frame(&policy, at: 0) == [.process(0)])
        #expect(!policy.isDrained)
        #expect(
            actions(&policy) { $0.processed(0, count: 1, now: at(10)) } == [.forward(0, .answer, at(0)), .process(1)]
        )
        #expect(actions(&policy) { $0.processed(1, count: 1, now: at(20)) } == [.forward(1, .answer, at(0))])
        #expect(policy.isDrained)
        #expect(policy.nextDeadline == .distantFuture)
    }

    @Test func instancesAreMadeFirst() {
        var policy = LivePolicy([Self.open, Self.closed], limits: Self.limits)
        #expect(policy.actions == [.start(0), .start(1)])
        policy.started(1, now: at(0))
        #expect(!policy.isReady)
        policy.started(0, now: at(0))
        #expect(policy.isReady)
    }

    @Test func theNewestFrameWinsAtTheEntranceAndBetweenStations() {
        var policy = ready(Self.open, Self.open)
        #expect(frame(&policy, at: 0) == [.process(0)])
        #expect(frame(&policy, at: 10) == [])
        #expect(frame(&policy, at: 20) == [.count(0, .newestWins), .drop(0, .waiting)])
        #expect(
            actions(&policy) { $0.processed(0, count: 1, now: at(30)) }
                == [.forward(0, .answer, at(0)), .process(1), .process(0)]
        )
        #expect(
            actions(&policy) { $0.processed(0, count: 1, now: at(40)) } == [.forward(0, .answer, at(20))]
        )
        #expect(frame(&policy, at: 41) == [.process(0)])
        // The second station is still at the first frame: the one that waits there makes room.
        #expect(
            actions(&policy) { $0.processed(0, count: 1, now: at(50)) }
                == [.forward(0, .answer, at(41)), .count(1, .newestWins), .drop(1, .waiting)]
        )
    }

    @Test func aStageMaySwallowFrames() {
        var policy = ready(Self.closed)
        _ = frame(&policy, at: 0)
        #expect(actions(&policy) { $0.processed(0, count: 0, now: at(5)) } == [])
        #expect(policy.isDrained)
    }

    // MARK: - Lateness

    @Test func aLateFrameIsPassedOnWhereTheStageFailsOpen() {
        var policy = ready(Self.open)
        _ = frame(&policy, at: 0)
        #expect(policy.nextDeadline == at(100))
        #expect(actions(&policy) { $0.tick(at(99)) } == [])
        #expect(
            actions(&policy) { $0.tick(at(100)) }
                == [.count(0, .late), .count(0, .bypassed), .forward(0, .raw, at(0))]
        )
        #expect(policy.isDrained)
        // The answer is of no use any more.
        #expect(actions(&policy) { $0.processed(0, count: 1, now: at(120)) } == [.drop(0, .answer)])
    }

    @Test func aLateFrameIsDroppedWhereTheStageFailsClosedAndHasShownNothingYet() {
        var policy = ready(Self.closed)
        _ = frame(&policy, at: 0)
        #expect(actions(&policy) { $0.tick(at(100)) } == [.count(0, .late), .drop(0, .raw)])
        // But its late answer is what the next late frame will show.
        #expect(actions(&policy) { $0.processed(0, count: 1, now: at(120)) } == [.remember(0)])
        _ = frame(&policy, at: 130)
        #expect(
            actions(&policy) { $0.tick(at(230)) }
                == [.count(0, .late), .count(0, .reused), .forward(0, .lastForRaw, at(130))]
        )
    }

    @Test func aFrameThatWaitsTooLongIsReplacedWithoutTheBusyStage() {
        var policy = ready(Self.closed)
        _ = frame(&policy, at: 0)
        _ = actions(&policy) { $0.processed(0, count: 1, now: at(1)) }
        _ = frame(&policy, at: 40)
        _ = frame(&policy, at: 50)
        #expect(policy.nextDeadline == at(140))
        #expect(
            actions(&policy) { $0.tick(at(150)) }
                == [
                    .count(0, .late), .count(0, .reused), .forward(0, .lastForRaw, at(40)),
                    .count(0, .late), .count(0, .reused), .forward(0, .lastForWaiting, at(50)),
                ]
        )
    }

    @Test func aFrameThatComesLateAsksAFreeClosedStageForItsSubstitute() {
        var policy = ready(Self.closed)
        #expect(
            actions(&policy) { $0.arrived(at: at(0), now: at(100)) } == [.count(0, .late), .substitute(0)]
        )
        #expect(
            actions(&policy) { $0.substituted(0, didThrow: false, hasPicture: true, now: at(101)) }
                == [.count(0, .substituted), .forward(0, .answer, at(0))]
        )
        // Without a substitute, and with nothing shown before, nothing is shown.
        #expect(actions(&policy) { $0.arrived(at: at(10), now: at(110)) } == [.count(0, .late), .substitute(0)])
        #expect(
            actions(&policy) { $0.substituted(0, didThrow: false, hasPicture: false, now: at(111)) } == [.drop(0, .raw)]
        )
    }

    @Test func earlyStationsLeaveTimeForLaterOnes() {
        var policy = ready(Self.open, Self.closed)
        _ = frame(&policy, at: 0)
        _ = actions(&policy) { $0.processed(0, count: 1, now: at(5)) }
        _ = actions(&policy) { $0.processed(1, count: 1, now: at(35)) }
        _ = frame(&policy, at: 1000)
        // The second station took 30 ms: the first one has 70 of 100.
        #expect(policy.nextDeadline == at(1070))
        #expect(
            actions(&policy) { $0.tick(at(1070)) }
                == [.count(0, .late), .count(0, .bypassed), .forward(0, .raw, at(1000)), .process(1)]
        )
        #expect(policy.nextDeadline == at(1100))
    }

    @Test func atMostHalfOfTheBudgetIsKeptForLaterStations() {
        var policy = ready(Self.open, Self.open)
        _ = frame(&policy, at: 0)
        _ = actions(&policy) { $0.processed(0, count: 1, now: at(1)) }
        _ = actions(&policy) { $0.processed(1, count: 1, now: at(95)) }
        _ = frame(&policy, at: 1000)
        #expect(policy.nextDeadline == at(1050))
    }

    // MARK: - Failures

    @Test(arguments: [
        (
            failure: FailurePolicy.open, keeps: true, picture: false, hadOne: true,
            expected: [
                LivePolicy.Action.count(0, .failed), .count(0, .bypassed), .forward(0, .raw, at(40)),
            ]
        ),
        (.closed, true, true, true, [.count(0, .failed), .count(0, .substituted), .forward(0, .answer, at(40))]),
        (.closed, true, false, true, [.count(0, .failed), .count(0, .reused), .forward(0, .lastForRaw, at(40))]),
        (.closed, true, false, false, [.count(0, .failed), .drop(0, .raw)]),
        // A raw frame of another format cannot be shown, so open means substitute too.
        (.open, false, true, true, [.count(0, .failed), .count(0, .substituted), .forward(0, .answer, at(40))]),
        (.open, false, false, true, [.count(0, .failed), .count(0, .reused), .forward(0, .lastForRaw, at(40))]),
        (.open, false, false, false, [.count(0, .failed), .drop(0, .raw)]),
    ])
    func aThrowingStageIsReplaced(
        failure: FailurePolicy,
        keeps: Bool,
        picture: Bool,
        hadOne: Bool,
        expected: [LivePolicy.Action]
    ) {
        var policy = ready(LivePolicy.Rules(failure: failure, keepsFormat: keeps, latencyFrames: 0))
        if hadOne {
            _ = frame(&policy, at: 0)
            _ = actions(&policy) { $0.processed(0, count: 1, now: at(1)) }
        }
        _ = frame(&policy, at: 40)
        #expect(
            actions(&policy) { $0.substituted(0, didThrow: true, hasPicture: picture, now: at(41)) } == expected
        )
        #expect(policy.isDrained)
    }

    @Test func anInstanceThatKeepsFailingIsReplaced() {
        var policy = ready(Self.open)
        for time in [Int64(0), 40] {
            _ = frame(&policy, at: time)
            _ = actions(&policy) { $0.substituted(0, didThrow: true, hasPicture: false, now: at(time)) }
        }
        _ = frame(&policy, at: 80)
        #expect(
            actions(&policy) { $0.substituted(0, didThrow: true, hasPicture: false, now: at(80)) }
                == [.count(0, .failed), .count(0, .bypassed), .forward(0, .raw, at(80)), .retire(0)]
        )
        #expect(
            frame(&policy, at: 120)
                == [.count(0, .quarantined), .count(0, .bypassed), .forward(0, .waiting, at(120))]
        )
        #expect(policy.nextDeadline == at(1080))
        #expect(actions(&policy) { $0.tick(at(1080)) } == [.start(0)])
        #expect(
            frame(&policy, at: 1090) == [.count(0, .warmUp), .count(0, .bypassed), .forward(0, .waiting, at(1090))]
        )
        #expect(actions(&policy) { $0.started(0, now: at(1100)) } == [])
        #expect(frame(&policy, at: 1130) == [.process(0)])
    }

    @Test func aSingleSuccessEndsARowOfFailures() {
        var policy = ready(Self.open)
        for (time, succeeds) in [(Int64(0), false), (40, false), (80, true), (120, false), (160, false)] {
            _ = frame(&policy, at: time)
            _ = actions(&policy) { policy in
                if succeeds {
                    policy.processed(0, count: 1, now: at(time))
                } else {
                    policy.substituted(0, didThrow: true, hasPicture: false, now: at(time))
                }
            }
        }
        #expect(policy.isReady)
    }

    @Test func whatWarmsUpNeverShowsRawFramesWhereItFailsClosed() {
        var policy = LivePolicy([Self.closed], limits: Self.limits)
        policy.actions = []
        #expect(frame(&policy, at: 0) == [.count(0, .warmUp), .drop(0, .waiting)])
        policy.started(0, now: at(10))
        #expect(frame(&policy, at: 40) == [.process(0)])
    }

    // MARK: - Hanging

    @Test func aHungStageIsAbandonedAndTriedAgainLaterAndLater() {
        var policy = ready(Self.closed)
        var time: Int64 = 0
        for backOff in [Int64(1000), 2000, 4000] {
            _ = frame(&policy, at: time)
            _ = actions(&policy) { $0.tick(at(time + 100)) }
            #expect(policy.nextDeadline == at(time + 500))
            #expect(actions(&policy) { $0.tick(at(time + 500)) } == [.abandon(0)])
            time += 500 + backOff
            #expect(policy.nextDeadline == at(time))
            #expect(frame(&policy, at: time - 1) == [.count(0, .quarantined), .drop(0, .waiting)])
            #expect(actions(&policy) { $0.tick(at(time)) } == [.start(0)])
            _ = actions(&policy) { $0.started(0, now: at(time)) }
        }
        // Out of service for good.
        _ = frame(&policy, at: time)
        #expect(
            actions(&policy) { $0.tick(at(time + 500)) } == [.count(0, .late), .drop(0, .raw), .abandon(0)]
        )
        #expect(policy.nextDeadline == .distantFuture)
        #expect(frame(&policy, at: time + 100_000) == [.count(0, .quarantined), .drop(0, .waiting)])
    }

    @Test func anInstanceThatCannotBeMadeIsTriedAgain() {
        var policy = LivePolicy([Self.open], limits: Self.limits)
        policy.actions = []
        policy.couldNotStart(0, now: at(0))
        #expect(policy.nextDeadline == at(1000))
        #expect(frame(&policy, at: 1) == [.count(0, .quarantined), .count(0, .bypassed), .forward(0, .waiting, at(1))])
        #expect(actions(&policy) { $0.tick(at(1000)) } == [.start(0)])
    }

    @Test func manySuccessesMakeTheBackOffShortAgain() {
        var policy = ready(Self.open)
        policy.couldNotStart(0, now: at(0))
        _ = actions(&policy) { $0.tick(at(1000)) }
        _ = actions(&policy) { $0.started(0, now: at(1000)) }
        for number in 0..<Int64(100) {
            _ = frame(&policy, at: 1000 + number)
            _ = actions(&policy) { $0.processed(0, count: 1, now: at(1000 + number)) }
        }
        policy.couldNotStart(0, now: at(2000))
        #expect(policy.nextDeadline == at(3000))
    }

    // MARK: - Look-ahead

    @Test func lookAheadMovesDeadlinesAndIsDeclared() {
        let looking = LivePolicy.Rules(failure: .open, keepsFormat: true, latencyFrames: 2)
        var policy = ready(looking, Self.closed)
        #expect(policy.declaredLatency == .milliseconds(180))
        for (number, time) in [Int64(0), 40].enumerated() {
            #expect(frame(&policy, at: time) == [.process(0)])
            #expect(actions(&policy) { $0.processed(0, count: 0, now: at(time + 1)) } == [], "frame \(number)")
        }
        _ = frame(&policy, at: 80)
        #expect(
            actions(&policy) { $0.processed(0, count: 1, now: at(81)) } == [.forward(0, .answer, at(0)), .process(1)]
        )
        // Arrival, budget, and two frames of look-ahead before the second station.
        #expect(policy.nextDeadline == at(180))
        _ = actions(&policy) { $0.processed(1, count: 1, now: at(82)) }
        #expect(policy.isDrained)

        #expect(actions(&policy) { $0.beginFlush(at(90)) } == [.flush(0)])
        #expect(!policy.isDrained)
        #expect(
            actions(&policy) { $0.flushed(0, count: 2, now: at(91)) }
                == [.forward(0, .answer, at(40)), .process(1), .forward(0, .answer, at(80))]
        )
        _ = actions(&policy) { $0.processed(1, count: 1, now: at(92)) }
        _ = actions(&policy) { $0.processed(1, count: 1, now: at(93)) }
        #expect(policy.isDrained)
    }

    @Test func whatARawFrameHasOvertakenIsDropped() {
        var policy = ready(LivePolicy.Rules(failure: .open, keepsFormat: true, latencyFrames: 1))
        _ = frame(&policy, at: 0)
        _ = actions(&policy) { $0.processed(0, count: 0, now: at(1)) }
        _ = frame(&policy, at: 40)
        #expect(
            actions(&policy) { $0.tick(at(140)) }
                == [.count(0, .late), .count(0, .bypassed), .forward(0, .raw, at(40))]
        )
        // The answer would be the frame before the one that has just left.
        #expect(actions(&policy) { $0.processed(0, count: 1, now: at(150)) } == [.drop(0, .answer)])
        _ = frame(&policy, at: 160)
        #expect(
            actions(&policy) { $0.processed(0, count: 1, now: at(161)) } == [.count(0, .late), .drop(0, .answer)]
        )
    }

    // MARK: - Hot swap

    @Test func framesWaitAtTheEntranceUntilTheOldStagesAreEmpty() {
        var policy = ready(Self.closed)
        policy.hold()
        for time in [Int64(0), 10, 20] { #expect(frame(&policy, at: time) == []) }
        #expect(frame(&policy, at: 30) == [.count(0, .newestWins), .drop(0, .waiting)])
        #expect(actions(&policy) { $0.release(at(40)) } == [.process(0)])
        // Those that waited are not dropped because newer ones come, until the queue is short again.
        #expect(frame(&policy, at: 50) == [])
        for (time, arrival) in [(Int64(55), Int64(10)), (60, 20), (65, 30)] {
            #expect(
                actions(&policy) { $0.processed(0, count: 1, now: at(time)) }
                    == [.forward(0, .answer, at(arrival)), .process(0)]
            )
        }
        _ = actions(&policy) { $0.processed(0, count: 1, now: at(70)) }
        #expect(policy.isDrained)
        #expect(frame(&policy, at: 80) == [.process(0)])
        #expect(frame(&policy, at: 81) == [])
        #expect(frame(&policy, at: 82) == [.count(0, .newestWins), .drop(0, .waiting)])
    }

    @Test func aFrameThatExpiresAtTheEntranceIsReplaced() {
        var policy = ready(Self.closed)
        policy.hold()
        _ = frame(&policy, at: 0)
        #expect(policy.nextDeadline == at(100))
        #expect(actions(&policy) { $0.tick(at(100)) } == [.count(0, .late), .substitute(0)])
    }
}

private func at(_ milliseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: milliseconds * 1_000_000) }
