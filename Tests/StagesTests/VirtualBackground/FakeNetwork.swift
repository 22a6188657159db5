import Inference
import OpenVINOKit
import Synchronization

@testable import Stages

/// A network that takes everything bright for a person; counts its requests and runs.
final class FakeNetwork: CompiledNetwork {
    let inputs = [TensorDescription(name: "image", shape: [1, 3, 144, 256], elementType: .float32)]
    let outputs = [TensorDescription(name: "alpha", shape: [1, 1, 144, 256], elementType: .float32)]
    let requestCount = Atomic<Int>(0)
    let runCount = Atomic<Int>(0)
    /// Runs after which every run fails.
    let failsAfter: Int

    init(failsAfter: Int = .max) { self.failsAfter = failsAfter }

    func makeRequest() -> sending any InferenceRequest {
        requestCount.add(1, ordering: .relaxed)
        return FakeRequest(self)
    }
}

/// The failure of a ``FakeNetwork``.
struct FakeFailure: Error {}

/// A request of a ``FakeNetwork``.
final class FakeRequest: InferenceRequest {
    private let network: FakeNetwork
    private let input: UnsafeMutableBufferPointer<Float>
    private let output: UnsafeMutableBufferPointer<Float>

    init(_ network: FakeNetwork) {
        self.network = network
        input = .allocate(capacity: 3 * 144 * 256)
        output = .allocate(capacity: 144 * 256)
        input.initialize(repeating: 0)
        output.initialize(repeating: 0)
    }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    var inputs: [TensorDescription] { network.inputs }
    var outputs: [TensorDescription] { network.outputs }
    func outputShape(at index: Int) -> TensorShape { outputs[index].shape }

    func withInputBytes<Result, Failure: Error>(
        at index: Int,
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result { try body(UnsafeMutableRawBufferPointer(input)) }

    func withOutputBytes<Result, Failure: Error>(
        at index: Int,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result { try body(UnsafeRawBufferPointer(output)) }

    func bindInput(at index: Int, to memory: UnsafeMutableRawBufferPointer, owner: AnyObject) {}
    func bindOutput(at index: Int, to memory: UnsafeMutableRawBufferPointer, owner: AnyObject) {}
    func removeBindings() {}

    func run() throws {
        let runs = network.runCount.add(1, ordering: .relaxed).newValue
        if runs > network.failsAfter { throw FakeFailure() }
        for index in output.indices {
            // Green, which is close to luma whatever the chroma.
            output[index] = max(0, min(1, (input[144 * 256 + index] - 0.45) * 10))
        }
    }

    func setCompletionHandler(_ handler: (@Sendable () -> Void)?) {}
    func start() throws { try run() }
    func wait(timeout: Duration?) -> InferenceOutcome { .completed }
    func cancel() {}
}
