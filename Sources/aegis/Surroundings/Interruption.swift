internal import Glibc
internal import Pipeline
internal import Rendering
internal import Synchronization

/// Turns Ctrl-C and its relatives into a wish to stop.
///
/// The signals are blocked in every thread and taken by one thread of their own, so that what happens then is ordinary
/// code and not a signal handler.
final class Interruption: Sendable {
    /// The exit code of an interrupted command.
    static let exitStatus: Int32 = 130

    /// Set by the first signal while something is worked on.
    let flag = CancellationFlag()
    private let isWorking = Atomic<Bool>(false)
    private let signals: SignalSet

    /// Blocks the signals and starts the thread that takes them. Call it before any other thread starts.
    ///
    /// - Throws: when the system has no thread to give.
    init() throws {
        // SIGINT is taken even where a shell left it ignored for a job in the background: whoever sends it means it.
        signals = SignalSet([SIGINT, SIGTERM] + (SignalSet.isIgnored(SIGHUP) ? [] : [SIGHUP]))
        signals.block()
        // A reader that went away (`aegis probe FILE | head`) is an error of `write`, not a reason to die.
        signal(SIGPIPE, SIG_IGN)
        _ = try NamedThread(name: "signals") { [self] in
            while true {
                signals.wait()
                if isWorking.load(ordering: .acquiring), !flag.isCancelled {
                    Self.tell("aegis: stopping; once more stops at once\n")
                    flag.cancel()
                } else {
                    CleanUp.removeAll()
                    Self.tell("")
                    _exit(Interruption.exitStatus)
                }
            }
        }
    }

    /// Takes the place of the progress line on a terminal; programs hear of the end only.
    private static func tell(_ text: String) {
        guard ProgressLine.isPossible else { return }
        try? StandardStream.error.write("\r\u{1B}[K" + text)
    }

    /// Runs work that looks at ``flag`` and cleans up behind itself. Outside of it a signal ends the process at once,
    /// and inside of it the second one.
    func whileWorking<R>(_ body: () throws -> R) rethrows -> R {
        isWorking.store(true, ordering: .releasing)
        defer { isWorking.store(false, ordering: .releasing) }
        return try body()
    }

    /// Gives signals back their usual meaning, for a program that takes this one's place.
    func restoreDefaults() {
        signal(SIGPIPE, SIG_DFL)
        signals.unblock()
    }
}

/// Some signals.
private struct SignalSet: Sendable {
    private let numbers: [Int32]

    init(_ numbers: [Int32]) { self.numbers = numbers }

    private var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        return set
    }

    func block() {
        var set = set
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    func unblock() {
        var set = set
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Waits for one of them.
    func wait() {
        var set = set
        var number: Int32 = 0
        while sigwait(&set, &number) != 0 {}
    }

    /// Whether the parent asked that a signal be ignored, as `nohup` does.
    static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
