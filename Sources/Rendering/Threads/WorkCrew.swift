internal import Pipeline
internal import Synchronization

/// Threads that do numbered pieces of work side by side, the first pieces first.
///
/// The first error wins: no further piece is begun, and it is thrown when all threads have ended.
final class WorkCrew: Sendable {
    private struct State: Sendable {
        var next = 0
        var running = 0
        var failure: (any Error)?
    }

    private let name: String
    private let count: Int
    private let workerCount: Int
    private let cancellation: CancellationFlag
    private let state = Mutex(State())
    private let wakeUp = Condition()

    /// Prepares a crew.
    ///
    /// - Parameters:
    ///   - name: what its threads are called.
    ///   - count: how many pieces of work there are.
    ///   - workerCount: how many are done at once.
    ///   - cancellation: when set, no further piece is begun; the work itself looks at it too.
    init(name: String, count: Int, workerCount: Int, cancellation: CancellationFlag) {
        self.name = name
        self.count = count
        self.workerCount = max(1, min(workerCount, count))
        self.cancellation = cancellation
    }

    /// Whether a piece of work failed, so that the others are of no use.
    var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// Does all pieces; returns when the last thread has ended.
    ///
    /// - Parameters:
    ///   - onTick: called about ten times a second, on the calling thread.
    ///   - body: does a piece; on one of the crew's threads.
    /// - Throws: the first error of any piece.
    func run(onTick: () -> Void = {}, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        guard count > 0 else { return }
        let clock = MonotonicClock()
        state.withLock { $0.running = workerCount }
        let threads = try (0..<workerCount).map { number in
            try NamedThread(name: "\(name)-\(number)") { [self] in work(body) }
        }
        while true {
            let isRunning = wakeUp.withLock {
                if state.withLock({ $0.running > 0 }) { wakeUp.wait(until: clock.now.advanced(by: .milliseconds(100))) }
                return state.withLock { $0.running > 0 }
            }
            onTick()
            if !isRunning { break }
        }
        for thread in threads { try thread.join() }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func work(_ body: (Int) throws -> Void) {
        while let number = take() {
            do {
                try body(number)
            } catch {
                // The first failure counts; the flag that stops the others makes them fail too.
                state.withLock { if $0.failure == nil { $0.failure = error } }
            }
        }
        wakeUp.withLock {
            state.withLock { $0.running -= 1 }
            wakeUp.broadcast()
        }
    }

    private func take() -> Int? {
        if cancellation.isCancelled { return nil }
        return state.withLock { state in
            guard state.failure == nil, state.next < count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }
}
