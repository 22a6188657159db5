import Glibc
import Inference
import OpenVINOKit
import Testing

/// Programmer errors end the process rather than read foreign memory.
@Suite struct InferenceRequestTrapTests {
    @Test func aSpanOfAnotherElementTypeTraps() async {
        await #expect(processExitsWith: trap) {
            try makeReluRequest().withInput(at: 0, as: UInt8.self) { _ in }
        }
        await #expect(processExitsWith: trap) {
            try makeReluRequest().withOutput(at: 0, as: Double.self) { _ in }
        }
    }

    @Test func anIndexOutOfRangeTraps() async {
        await #expect(processExitsWith: trap) {
            try makeReluRequest().withInputBytes(at: 1) { _ in }
        }
    }

    @Test func memoryThatIsTooSmallTraps() async {
        await #expect(processExitsWith: trap) {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 15, alignment: 64)
            try makeReluRequest().bindInput(at: 0, to: memory, owner: Owner())
        }
    }

    @Test func memoryOffTheElementsBoundaryTraps() async {
        await #expect(processExitsWith: trap) {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 64)
            let shifted = UnsafeMutableRawBufferPointer(rebasing: memory[1...])
            try makeReluRequest().bindOutput(at: 0, to: shifted, owner: Owner())
        }
    }

    @Test func touchingMemoryInFlightTraps() async {
        await #expect(processExitsWith: trap) {
            let request = try makeReluRequest()
            try request.start()
            request.withInputBytes(at: 0) { _ in }
        }
    }
}

#if arch(x86_64)
/// How a failed precondition ends a process; an error that a test body throws ends it otherwise.
private let trap = ExitTest.Condition.signal(SIGILL)
#else
/// How a failed precondition ends a process; an error that a test body throws ends it otherwise.
private let trap = ExitTest.Condition.signal(SIGTRAP)
#endif

/// Something that can be retained.
private final class Owner {}

/// A request of a tiny network, on files that go away at once.
private func makeReluRequest() throws -> any InferenceRequest {
    let directory = try TemporaryDirectory()
    let path = try directory.write("relu.xml", TestModels.relu().utf8)
    return try OpenVINOCore().compile(modelAt: path, for: "CPU", options: .init()).makeRequest()
}
