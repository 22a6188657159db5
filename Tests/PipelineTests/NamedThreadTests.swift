import MediaTestKit
import Pipeline
import Testing

@Suite struct NamedThreadTests {
    @Test(arguments: [
        ("decode", "decode"), ("a name of many bytes", "a name of many "), ("Überlänge-äöüß", "Überlänge-ä"), ("", ""),
    ])
    func carriesItsName(given: String, kept: String) throws {
        let seen = Collected<String>()
        let thread = try NamedThread(name: given) { seen.append(NamedThread.currentName) }
        try thread.join()
        #expect(thread.name == kept)
        #expect(seen.all == [kept])
    }

    @Test func joinGivesTheErrorOfTheBodyEveryTime() throws {
        let thread = try NamedThread(name: "fails", stackSize: 1 << 16) { throw Failure() }
        #expect(throws: Failure.self) { try thread.join() }
        #expect(throws: Failure.self) { try thread.join() }
        #expect(thread.isFinished)
    }

    @Test func manyMayJoin() throws {
        let gate = ThreadGate()
        let worker = try NamedThread(name: "worker") { gate.pass() }
        let waiting = try (0..<4).map { _ in try NamedThread(name: "waiter") { try worker.join() } }
        #expect(!worker.isFinished)
        gate.open()
        for thread in waiting { try thread.join() }
        #expect(worker.isFinished)
    }

    @Test func releasesWhatItsBodyCapturedBeforeItIsFinished() throws {
        weak var token: Token?
        let thread: NamedThread
        do {
            let strong = Token()
            token = strong
            thread = try NamedThread(name: "holder") { withExtendedLifetime(strong) {} }
        }
        try thread.join()
        #expect(token == nil)
    }

    @Test func anAbandonedThreadGoesItsWay() throws {
        let (gate, done) = (ThreadGate(), ThreadGate())
        do {
            _ = try NamedThread(name: "abandoned") {
                gate.pass()
                done.open()
            }
        }
        gate.open()
        done.pass()
    }

    @Test func cannotJoinItself() async {
        await #expect(processExitsWith: .failure) {
            let channel = BoundedChannel<NamedThread>(capacity: 1)
            let thread = try NamedThread(name: "self") { try channel.receive()?.join() }
            _ = channel.send(thread)
            try thread.join()
        }
    }

    private struct Failure: Error {}
    private final class Token: Sendable {}
}
