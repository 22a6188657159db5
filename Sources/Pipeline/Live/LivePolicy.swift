/// Decides what happens to every live frame: the pure part of ``LiveRunner``, without threads, pictures or a clock.
///
/// Events go in with the present moment, ``actions`` come out and must be carried out in order. A *station* is a stage
/// with the conversions that lead to it; one frame is in work there at a time and the newest one waits.
///
/// The rules:
/// - A frame must have left a station early enough for the stations after it, by what those took lately.
/// - Where it is late, or the stage threw or is out of service, a station that fails open passes the raw frame if its
///   formats allow. Every other one shows its safe substitute, else its last processed picture, else nothing.
/// - An answer that comes after its frame was given up only serves as the last processed picture.
/// - A stage that does not answer within the hang timeout is abandoned, and started anew after a growing back-off.
/// - Frames leave in the order in which they came; what would overtake backwards is dropped.
struct LivePolicy {
    private(set) var stations: [Station]
    /// What is to be done, in order; the owner empties it.
    var actions: [Action] = []
    /// Whether frames wait at the entrance until older stages have drained.
    private(set) var isHolding = false
    private var isCatchingUp = false
    private var isFlushing = false
    private var sequence: UInt64 = 0
    private let limits: LiveLimits
    private let budget: Int64
    private let interval: Int64
    private let hangTimeout: Int64

    init(_ rules: [Rules], limits: LiveLimits) {
        self.limits = limits
        budget = limits.budget.wholeNanoseconds
        interval = limits.frameInterval.wholeNanoseconds
        hangTimeout = limits.hangTimeout.wholeNanoseconds
        stations = []
        var latency: Int64 = 0
        for rules in rules {
            var station = Station(rules: rules, latencyBefore: latency)
            station.waiting.reserveCapacity(max(limits.framesKeptWhileSwapping, limits.entranceFrames) + 2)
            station.inside.reserveCapacity(rules.latencyFrames + 2)
            stations.append(station)
            latency += Int64(rules.latencyFrames) * interval
        }
        actions.reserveCapacity(64)
        for index in stations.indices { actions.append(.start(index)) }
    }

    /// How long a frame may take in all.
    var declaredLatency: Duration {
        .nanoseconds(budget + interval * Int64(stations.reduce(0) { $0 + $1.rules.latencyFrames }))
    }

    /// Whether every station has made its instance.
    var isReady: Bool { stations.allSatisfy { $0.availability == .ready } }

    /// Whether no frame is under way that is still wanted.
    var isDrained: Bool {
        stations.allSatisfy { station in
            guard station.waiting.isEmpty else { return false }
            if let running = station.running { return running.isGivenUp }
            return !isFlushing || station.hasFlushed || !holdsFrames(station)
        }
    }

    /// The next moment at which ``tick(_:)`` has something to do.
    var nextDeadline: MonotonicInstant {
        var next = MonotonicInstant.distantFuture
        for index in stations.indices {
            let station = stations[index]
            if case .quarantined(.some(let until)) = station.availability { next = min(next, until) }
            if let first = station.waiting.first { next = min(next, deadline(of: first, at: index)) }
            guard let running = station.running else { continue }
            if !running.isGivenUp { next = min(next, deadline(of: running.tag, at: index)) }
            next = min(next, running.start.advanced(byNanoseconds: hangTimeout))
        }
        return next
    }

    // MARK: - Events

    /// A frame came; it is the newest one in the first station's queue.
    mutating func arrived(at arrival: MonotonicInstant, now: MonotonicInstant) {
        sequence += 1
        enter(0, Tag(sequence: sequence, arrival: arrival), now)
    }

    /// An instance was made.
    mutating func started(_ index: Int, now: MonotonicInstant) {
        guard stations[index].availability == .starting else { return }
        stations[index].availability = .ready
        advance(index, now)
    }

    /// An instance could not be made.
    mutating func couldNotStart(_ index: Int, now: MonotonicInstant) {
        quarantine(index, now)
    }

    /// A stage took a frame and emitted `count` frames.
    mutating func processed(_ index: Int, count: Int, now: MonotonicInstant) {
        guard let running = finishRunning(index) else { return }
        noteSuccess(index, nanoseconds: running.start.nanoseconds(to: now))
        if running.isGivenUp {
            for _ in 0..<count { remember(index) }
        } else {
            stations[index].inside.append(running.tag)
            for _ in 0..<count {
                let tag = stations[index].inside.isEmpty ? running.tag : stations[index].inside.removeFirst()
                if !stations[index].rules.maySendRaw { stations[index].hasLast = true }
                forward(index, .answer, tag, now)
            }
            // What the stage swallowed is not coming any more.
            while stations[index].inside.count > stations[index].rules.latencyFrames {
                stations[index].inside.removeFirst()
            }
        }
        advance(index, now)
    }

    /// A stage emitted what it held.
    mutating func flushed(_ index: Int, count: Int, now: MonotonicInstant) {
        guard let running = finishRunning(index) else { return }
        for _ in 0..<count {
            let tag = stations[index].inside.isEmpty ? running.tag : stations[index].inside.removeFirst()
            if running.isGivenUp { actions.append(.drop(index, .answer)) } else { forward(index, .answer, tag, now) }
        }
        advance(index, now)
        advanceFlush(now)
    }

    /// A stage was asked for a substitute, or gave one after it threw.
    ///
    /// - Parameters:
    ///   - didThrow: whether `process` (or `flush`) threw before.
    ///   - hasPicture: whether the answer is a picture.
    mutating func substituted(_ index: Int, didThrow: Bool, hasPicture: Bool, now: MonotonicInstant) {
        guard let running = finishRunning(index) else { return }
        if didThrow {
            actions.append(.count(index, .failed))
            stations[index].failures += 1
            stations[index].inside.removeAll(keepingCapacity: true)
        }
        if running.isGivenUp || running.work == .flush {
            if hasPicture { actions.append(.drop(index, .answer)) }
        } else if hasPicture {
            actions.append(.count(index, .substituted))
            forward(index, .answer, running.tag, now)
        } else if stations[index].rules.maySendRaw {
            actions.append(.count(index, .bypassed))
            forward(index, .raw, running.tag, now)
        } else {
            repeatLast(index, .raw, running.tag, now)
        }
        if stations[index].failures >= limits.failuresBeforeRestart {
            actions.append(.retire(index))
            quarantine(index, now)
        }
        advance(index, now)
        if running.work == .flush { advanceFlush(now) }
    }

    /// Time has passed.
    mutating func tick(_ now: MonotonicInstant) {
        for index in stations.indices {
            if case .quarantined(.some(let until)) = stations[index].availability, until <= now {
                stations[index].availability = .starting
                actions.append(.start(index))
            }
            if let running = stations[index].running {
                let isHung = running.start.advanced(byNanoseconds: hangTimeout) <= now
                if !running.isGivenUp, isHung || deadline(of: running.tag, at: index) <= now {
                    giveUp(index, running, now)
                }
                if isHung {
                    stations[index].running = nil
                    stations[index].inside.removeAll(keepingCapacity: true)
                    actions.append(.abandon(index))
                    quarantine(index, now)
                }
            }
            while let first = stations[index].waiting.first, deadline(of: first, at: index) <= now {
                replaceWaiting(index, because: .late, now)
            }
            advance(index, now)
        }
        advanceFlush(now)
    }

    /// Keeps frames at the entrance, because frames of older stages are still under way.
    mutating func hold() {
        isHolding = true
        isCatchingUp = true
    }

    /// Lets frames in.
    mutating func release(_ now: MonotonicInstant) {
        isHolding = false
        if !stations.isEmpty { advance(0, now) }
    }

    /// No more frames come: lets stages with look-ahead emit what they hold, one after the other.
    mutating func beginFlush(_ now: MonotonicInstant) {
        guard !isFlushing else { return }
        isFlushing = true
        advanceFlush(now)
    }
}

// MARK: - Decisions

extension LivePolicy {
    /// When a frame must have left a station: its arrival, the budget and the look-ahead of earlier stages, less what the
    /// later stations usually take, which is at most half of the budget.
    func deadline(of tag: Tag, at index: Int) -> MonotonicInstant {
        var reserve: Int64 = 0
        for later in stations.indices.dropFirst(index + 1) { reserve += stations[later].usualNanoseconds }
        return tag.arrival.advanced(byNanoseconds: budget + stations[index].latencyBefore - min(reserve, budget / 2))
    }

    private mutating func enter(_ index: Int, _ tag: Tag, _ now: MonotonicInstant) {
        var limit = 1
        if index == 0 {
            if !isHolding, stations[0].waiting.count <= limits.entranceFrames { isCatchingUp = false }
            limit = isCatchingUp ? limits.framesKeptWhileSwapping : limits.entranceFrames
        }
        while stations[index].waiting.count >= limit {
            stations[index].waiting.removeFirst()
            actions.append(.count(index, .newestWins))
            actions.append(.drop(index, .waiting))
        }
        stations[index].waiting.append(tag)
        advance(index, now)
    }

    /// Takes up the next frame where that is possible.
    private mutating func advance(_ index: Int, _ now: MonotonicInstant) {
        while let first = stations[index].waiting.first {
            switch stations[index].availability {
            case .starting: replaceWaiting(index, because: .warmUp, now)
            case .quarantined: replaceWaiting(index, because: .quarantined, now)
            case .ready:
                if stations[index].running != nil || (index == 0 && isHolding) { return }
                if deadline(of: first, at: index) <= now {
                    replaceWaiting(index, because: .late, now)
                } else {
                    stations[index].waiting.removeFirst()
                    stations[index].running = Running(tag: first, work: .process, start: now)
                    actions.append(.process(index))
                }
            }
        }
    }

    /// Shows something else instead of the frame that has waited longest.
    private mutating func replaceWaiting(_ index: Int, because cause: DropCause, _ now: MonotonicInstant) {
        let tag = stations[index].waiting.removeFirst()
        actions.append(.count(index, cause))
        if stations[index].rules.maySendRaw {
            actions.append(.count(index, .bypassed))
            forward(index, .waiting, tag, now)
        } else if stations[index].availability == .ready, stations[index].running == nil {
            stations[index].running = Running(tag: tag, work: .substitute, start: now)
            actions.append(.substitute(index))
        } else {
            repeatLast(index, .waiting, tag, now)
        }
    }

    /// Shows something else instead of the frame in work.
    private mutating func giveUp(_ index: Int, _ running: Running, _ now: MonotonicInstant) {
        stations[index].running?.isGivenUp = true
        if running.work == .flush { return }
        if running.work == .process { actions.append(.count(index, .late)) }
        if stations[index].rules.maySendRaw {
            actions.append(.count(index, .bypassed))
            forward(index, .raw, running.tag, now)
        } else {
            repeatLast(index, .raw, running.tag, now)
        }
    }

    private mutating func repeatLast(_ index: Int, _ picture: Picture, _ tag: Tag, _ now: MonotonicInstant) {
        guard stations[index].hasLast, tag.sequence >= stations[index].newestLeft else {
            actions.append(.drop(index, picture))
            return
        }
        actions.append(.count(index, .reused))
        forward(index, picture == .waiting ? .lastForWaiting : .lastForRaw, tag, now)
    }

    private mutating func forward(_ index: Int, _ picture: Picture, _ tag: Tag, _ now: MonotonicInstant) {
        guard tag.sequence >= stations[index].newestLeft else {
            actions.append(.count(index, .late))
            actions.append(.drop(index, picture))
            return
        }
        stations[index].newestLeft = tag.sequence
        actions.append(.forward(index, picture, tag.arrival))
        if index + 1 < stations.count { enter(index + 1, tag, now) }
    }

    private mutating func remember(_ index: Int) {
        if stations[index].rules.maySendRaw {
            actions.append(.drop(index, .answer))
        } else {
            stations[index].hasLast = true
            actions.append(.remember(index))
        }
    }

    private mutating func finishRunning(_ index: Int) -> Running? {
        defer { stations[index].running = nil }
        return stations[index].running
    }

    private mutating func noteSuccess(_ index: Int, nanoseconds: Int64) {
        let usual = stations[index].usualNanoseconds
        stations[index].usualNanoseconds = usual == 0 ? nanoseconds : usual + (nanoseconds - usual) / 8
        stations[index].failures = 0
        stations[index].successes += 1
        // Well again: the next trouble starts with a short back-off.
        if stations[index].successes >= 100 { stations[index].restarts = 0 }
    }

    private mutating func quarantine(_ index: Int, _ now: MonotonicInstant) {
        let station = stations[index]
        stations[index].failures = 0
        stations[index].successes = 0
        stations[index].restarts += 1
        guard station.restarts < limits.maximumRestarts else {
            stations[index].availability = .quarantined(until: nil)
            return
        }
        let first = limits.firstBackOff.wholeNanoseconds
        let (doubled, overflow) = first.multipliedReportingOverflow(by: 1 << min(station.restarts, 32))
        let longest = limits.longestBackOff.wholeNanoseconds
        let backOff = overflow ? longest : min(doubled, longest)
        stations[index].availability = .quarantined(until: now.advanced(byNanoseconds: backOff))
    }

    private func holdsFrames(_ station: Station) -> Bool {
        station.rules.latencyFrames > 0 && station.availability == .ready
    }

    private mutating func advanceFlush(_ now: MonotonicInstant) {
        guard isFlushing else { return }
        for index in stations.indices {
            guard stations[index].waiting.isEmpty else { return }
            if let running = stations[index].running {
                // Nobody waits for a stage that is late anyway.
                if running.isGivenUp { continue }
                return
            }
            guard holdsFrames(stations[index]), !stations[index].hasFlushed else { continue }
            stations[index].hasFlushed = true
            let tag = Tag(sequence: sequence, arrival: now)
            stations[index].running = Running(tag: tag, work: .flush, start: now)
            actions.append(.flush(index))
            return
        }
    }
}
