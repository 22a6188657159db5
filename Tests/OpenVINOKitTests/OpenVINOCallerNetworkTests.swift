import Glibc
import Inference
import Synchronization
import Testing

@testable import OpenVINOKit

@Suite struct OpenVINOCallerNetworkTests {
    let directory: TemporaryDirectory
    let core: OpenVINOCore

    init() throws {
        directory = try TemporaryDirectory()
        core = try OpenVINOCore()
    }

    private func compile(_ document: String) throws -> OpenVINOCallerNetwork {
        let path = try directory.write("model.xml", document.utf8)
        var options = InferenceOptions(precision: .float32)
        options.runsOnCallingThread = true
        return try #require(try core.compile(modelAt: path, for: "CPU", options: options) as? OpenVINOCallerNetwork)
    }

    @Test func givesTheSameResultsAsASharedNetwork() throws {
        let request = try compile(TestModels.relu()).makeRequest()
        #expect(try request.result(for: [1, -2, 3, -4]) == [1, 0, 3, 0])
    }

    @Test func reusesTheCopiesOfRequestsThatEnded() throws {
        let network = try compile(TestModels.relu())
        for _ in 0..<3 {
            let first = try network.makeRequest(), second = try network.makeRequest()
            #expect(try first.result(for: [1, 1, 1, 1]) == [1, 1, 1, 1])
            #expect(try second.result(for: [2, 2, 2, 2]) == [2, 2, 2, 2])
            #expect(network.idleCopyCount == 0)
        }
        #expect(network.idleCopyCount == 2)
    }

    @Test func computesOnTheThreadThatRunsIt() throws {
        let request = try compile(TestModels.slow(steps: 2)).makeRequest()
        request.withInputBytes(at: 0) { $0.bindMemory(to: Float.self).update(repeating: 0.5) }
        try request.run()
        func threadTime() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let before = threadTime()
        try request.run()
        // Another thread's work would leave this one's clock nearly still.
        #expect(threadTime() - before > 0.0005)
    }

    @Test func outlivesTheNetwork() throws {
        let request = try compile(TestModels.relu()).makeRequest()
        #expect(try request.result(for: [0, 1, 2, 3]) == [0, 1, 2, 3])
    }
}
