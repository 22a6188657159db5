import Inference
import OpenVINOKit
import Synchronization
import Testing

@Suite struct OpenVINOInferRequestTests {
    let directory: TemporaryDirectory
    let core: OpenVINOCore

    init() throws {
        directory = try TemporaryDirectory()
        core = try OpenVINOCore()
    }

    /// Compiles a document with one stream.
    func compile(_ document: String, streams: Int = 1) throws -> any CompiledNetwork {
        let path = try directory.write("model.xml", document.utf8)
        return try core.compile(modelAt: path, for: "CPU", options: .init(streamCount: streams, precision: .float32))
    }

    // MARK: Synchronous

    @Test func runsAgainAndAgainInTheSameMemory() throws {
        let request = try compile(TestModels.relu()).makeRequest()
        let input = request.withInputBytes(at: 0) { $0.baseAddress }
        let output = request.withOutputBytes(at: 0) { $0.baseAddress }
        #expect(input != nil)
        #expect(request.withInputBytes(at: 0) { $0.count } == 16)
        for round in 0..<10 {
            let value = Float(round)
            #expect(try request.result(for: [value, -value, 1, -1]) == [value, 0, 1, 0])
            #expect(request.withInputBytes(at: 0) { $0.baseAddress } == input)
            #expect(request.withOutputBytes(at: 0) { $0.baseAddress } == output)
        }
    }

    @Test func keepsItsInputBetweenRuns() throws {
        let request = try compile(TestModels.relu()).makeRequest()
        _ = try request.result(for: [1, 2, 3, 4])
        try request.run()
        #expect(request.output == [1, 2, 3, 4])
    }

    @Test func requestsDoNotShareMemory() throws {
        let network = try compile(TestModels.relu())
        let first = try network.makeRequest()
        let second = try network.makeRequest()
        first.fill(with: [1, 1, 1, 1])
        second.fill(with: [2, 2, 2, 2])
        try first.run()
        try second.run()
        #expect(first.output == [1, 1, 1, 1])
        #expect(second.output == [2, 2, 2, 2])
    }

    @Test func outlivesTheNetworkAndTheCore() throws {
        func makeRequest() throws -> any InferenceRequest {
            let path = try directory.write("model.xml", TestModels.relu().utf8)
            return try OpenVINOCore().compile(modelAt: path, for: "CPU", options: .init()).makeRequest()
        }
        #expect(try makeRequest().result(for: [-1, 1, -1, 1]) == [0, 1, 0, 1])
    }

    @Test func passesOnWhatABorrowerThrows() throws {
        struct Stop: Error {}
        let request = try compile(TestModels.relu()).makeRequest()
        #expect(throws: Stop.self) {
            try request.withInputBytes(at: 0) { (_) throws(Stop) in throw Stop() }
        }
    }

    @Test func twoNetworksRunOnManyThreads() async throws {
        let relu = try compile(TestModels.relu(), streams: 2)
        let wide = try compile(TestModels.relu(shape: "1,4,64,64"), streams: 2)
        // The first run on the main thread, the others elsewhere: openvinotoolkit/openvino#24509.
        #expect(try relu.makeRequest().result(for: [-1, 1, -1, 1]) == [0, 1, 0, 1])
        try await withThrowingTaskGroup { group in
            for task in 0..<4 {
                group.addTask {
                    let network = task.isMultiple(of: 2) ? relu : wide
                    let request = try network.makeRequest()
                    for round in 0..<50 {
                        let value = Float(task * 1000 + round)
                        request.withInput(at: 0, as: Float.self) { span in
                            for index in span.indices { span[index] = index.isMultiple(of: 2) ? value : -value }
                        }
                        try request.run()
                        let isRight = request.withOutput(at: 0, as: Float.self) { span in
                            span.indices.allSatisfy { span[$0] == ($0.isMultiple(of: 2) ? value : 0) }
                        }
                        #expect(isRight)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    // MARK: The caller's memory

    /// Memory on a 64-byte boundary.
    final class Memory {
        let bytes: UnsafeMutableRawBufferPointer

        init(of values: [Float]) {
            bytes = .allocate(byteCount: values.count * 4, alignment: 64)
            bytes.bindMemory(to: Float.self).baseAddress?.initialize(from: values, count: values.count)
        }

        deinit {
            bytes.deallocate()
        }

        var values: [Float] { Array(bytes.bindMemory(to: Float.self)) }
    }

    @Test func readsAndWritesTheCallersMemory() throws {
        let request = try compile(TestModels.relu()).makeRequest()
        let source = Memory(of: [-1, 2, -3, 4])
        let sink = Memory(of: [9, 9, 9, 9])
        try request.bindInput(at: 0, to: source.bytes, owner: source)
        try request.bindOutput(at: 0, to: sink.bytes, owner: sink)
        try request.run()
        #expect(sink.values == [0, 2, 0, 4])
        #expect(request.output == [0, 2, 0, 4])
        #expect(request.withInputBytes(at: 0) { $0.baseAddress } == source.bytes.baseAddress)
        #expect(request.withOutputBytes(at: 0) { $0.baseAddress } == UnsafeRawPointer(sink.bytes.baseAddress))

        let other = Memory(of: [5, 5, 5, 5, 77])
        try request.bindInput(at: 0, to: other.bytes, owner: other)
        #expect(request.withInputBytes(at: 0) { $0.count } == 16)
        try request.run()
        #expect(sink.values == [5, 5, 5, 5])
    }

    @Test func returnsToItsOwnMemory() throws {
        let request = try compile(TestModels.relu()).makeRequest()
        let own = request.withInputBytes(at: 0) { $0.baseAddress }
        let source = Memory(of: [1, 1, 1, 1])
        let sink = Memory(of: [9, 9, 9, 9])
        try request.bindInput(at: 0, to: source.bytes, owner: source)
        try request.bindOutput(at: 0, to: sink.bytes, owner: sink)
        try request.removeBindings()
        #expect(request.withInputBytes(at: 0) { $0.baseAddress } == own)
        #expect(try request.result(for: [-2, 2, -2, 2]) == [0, 2, 0, 2])
        #expect(source.values == [1, 1, 1, 1])
        #expect(sink.values == [9, 9, 9, 9])
    }

    @Test func keepsTheOwnerOfBoundMemoryAlive() throws {
        let request = try compile(TestModels.relu()).makeRequest()
        weak var released: Memory?
        try {
            let memory = Memory(of: [1, 2, 3, 4])
            released = memory
            try request.bindInput(at: 0, to: memory.bytes, owner: memory)
        }()
        #expect(released != nil)
        try request.run()
        #expect(request.output == [1, 2, 3, 4])
        try request.removeBindings()
        #expect(released == nil)
    }

    // MARK: Dynamic shapes

    @Test func followsDynamicShapes() throws {
        let network = try compile(TestModels.relu(shape: "1,-1"))
        let request = try #require(try network.makeRequest() as? OpenVINOInferRequest)
        for count in [3, 1000, 1] {
            try request.resizeInput(at: 0, to: [1, count])
            let values = (0..<count).map { Float($0 - 1) }
            #expect(try request.result(for: values) == values.map { max(0, $0) })
            #expect(request.outputShape(at: 0) == [1, count])
        }
    }

    // MARK: Asynchronous

    @Test func startsAndWaits() throws {
        let request = try compile(TestModels.relu()).makeRequest()
        for round in 1...20 {
            let value = Float(round)
            request.fill(with: [value, -value, value, -value])
            try request.start()
            #expect(try request.wait() == .completed)
            #expect(request.output == [value, 0, value, 0])
        }
    }

    @Test func callsTheHandlerOnceForEachStart() throws {
        final class Counter: Sendable {
            let count = Atomic(0)
        }
        let first = Counter()
        let second = Counter()
        let request = try compile(TestModels.relu()).makeRequest()
        try request.setCompletionHandler { first.count.add(1, ordering: .relaxed) }
        for _ in 0..<10 {
            try request.start()
            _ = try request.wait()
        }
        #expect(first.count.load(ordering: .relaxed) == 10)

        try request.setCompletionHandler { second.count.add(1, ordering: .relaxed) }
        try request.start()
        _ = try request.wait()
        try request.setCompletionHandler(nil)
        try request.start()
        _ = try request.wait()
        #expect(first.count.load(ordering: .relaxed) == 10)
        #expect(second.count.load(ordering: .relaxed) == 1)
    }

    @Test func releasesTheHandler() throws {
        final class Token: Sendable {}
        weak var released: Token?
        try {
            let token = Token()
            released = token
            let request = try compile(TestModels.relu()).makeRequest()
            try request.setCompletionHandler { _ = token }
            try request.start()
            _ = try request.wait()
        }()
        #expect(released == nil)
    }

    @Test func refusesASecondRunInFlight() throws {
        let request = try compile(TestModels.slow(steps: 2)).makeRequest()
        try request.start()
        let refusals: [() throws -> Void] = [
            { try request.run() },
            { try request.start() },
            { try request.setCompletionHandler {} },
            { try request.removeBindings() },
        ]
        for refusal in refusals {
            let error = #expect(throws: OpenVINOError.self) { try refusal() }
            #expect(error?.code == .requestBusy)
        }
        #expect(try request.wait() == .completed)
        try request.run()
    }

    @Test func waitsNoLongerThanAsked() throws {
        let request = try compile(TestModels.slow(steps: 8)).makeRequest()
        try request.start()
        #expect(try request.wait(timeout: .zero) == .timedOut)
        #expect(try request.wait(timeout: .nanoseconds(1)) == .timedOut)
        #expect(try request.wait(timeout: .seconds(1_000_000_000_000)) == .completed)
    }

    @Test func stopsWhenCancelledAndRunsAgain() throws {
        let request = try compile(TestModels.slow(steps: 16)).makeRequest()
        try request.start()
        try request.cancel()
        #expect(try request.wait() == .cancelled)
        try request.start()
        #expect(try request.wait() == .completed)
        // Nothing to stop any more.
        try request.cancel()
        try request.run()
    }

    @Test func hasNothingToWaitForBeforeAStart() throws {
        let request = try compile(TestModels.relu()).makeRequest()
        let error = #expect(throws: OpenVINOError.self) { try request.wait() }
        #expect(error?.code == .inferNotStarted)
        try request.cancel()
    }

    @Test func canBeDroppedInFlight() throws {
        let network = try compile(TestModels.slow(steps: 8))
        for _ in 0..<3 {
            let request = try network.makeRequest()
            try request.setCompletionHandler {}
            try request.start()
        }
    }
}
