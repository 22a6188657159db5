import MediaTestKit
import Testing

@testable import Pipeline

@Suite struct CancellationFlagTests {
    @Test func callsEachHandlerOnce() throws {
        let flag = CancellationFlag()
        let calls = Collected<Int>()
        try flag.check()
        flag.withHandler({ calls.append(0) }) {}
        flag.withHandler({ calls.append(1) }) {
            flag.withHandler({ calls.append(2) }) {
                flag.cancel()
                flag.cancel()
            }
        }
        #expect(calls.all.sorted() == [1, 2])
        #expect(throws: CancellationError.self) { try flag.check() }
        // A flag that is set already calls at once.
        flag.withHandler({ calls.append(3) }) {}
        #expect(calls.count == 3)
    }
}
