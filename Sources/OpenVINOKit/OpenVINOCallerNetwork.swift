internal import Inference
internal import Synchronization

/// A network whose requests compute on the thread that runs them.
///
/// The library runs a request on the calling thread only when the model was compiled for one stream, and runs one such
/// request at a time. So every request has a compiled copy of its own, and copies of requests that ended serve the next
/// ones. A copy of the selfie network costs about 5 MB; between decoding and encoding, a run on the thread that has the
/// frame in its cache takes two thirds of the time of one on a pinned thread of the library.
final class OpenVINOCallerNetwork: CompiledNetwork, Sendable {
    /// The network's inputs, in the order of their indices.
    let inputs: [TensorDescription]

    /// The network's outputs, in the order of their indices.
    let outputs: [TensorDescription]

    private let core: OpenVINOCore
    private let device: InferenceDevice.ID
    private let properties: [OpenVINOProperty: String]
    private let state: Mutex<State>

    private struct State: ~Copyable {
        let model: OpenVINOModel
        var idle: [OpenVINOCompiledModel]
    }

    /// Compiles the first copy.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - core: Compiles it.
    ///   - device: For which device.
    ///   - properties: How to compile it; they must ask for one stream.
    /// - Throws: What compiling throws.
    init(
        _ model: consuming sending OpenVINOModel,
        core: OpenVINOCore,
        device: InferenceDevice.ID,
        properties: [OpenVINOProperty: String],
    ) throws(OpenVINOError) {
        let first = try core.compile(model, for: device, properties: properties)
        (inputs, outputs) = (first.inputs, first.outputs)
        self.core = core
        self.device = device
        self.properties = properties
        state = Mutex(State(model: model, idle: [first]))
    }

    /// Makes a request on an idle copy, or on a new one.
    ///
    /// - Returns: A request that keeps its copy for itself.
    /// - Throws: What compiling throws, mostly for want of memory.
    func makeRequest() throws(OpenVINOError) -> sending any InferenceRequest {
        let lease = Lease(try takeCopy(), of: self)
        return try lease.copy.makeInferRequest(keeping: lease)
    }

    private func takeCopy() throws(OpenVINOError) -> OpenVINOCompiledModel {
        // Compiling inside the lock: `OpenVINOModel` belongs to one thread at a time.
        let result = state.withLock { state -> Result<OpenVINOCompiledModel, OpenVINOError> in
            if let copy = state.idle.popLast() { return .success(copy) }
            do throws(OpenVINOError) {
                return .success(try core.compile(state.model, for: device, properties: properties))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// How many copies wait for a request.
    var idleCopyCount: Int { state.withLock { $0.idle.count } }

    /// Gives a copy back when the request that has it ends.
    private final class Lease {
        let copy: OpenVINOCompiledModel
        private let network: OpenVINOCallerNetwork

        init(_ copy: OpenVINOCompiledModel, of network: OpenVINOCallerNetwork) {
            self.copy = copy
            self.network = network
        }

        deinit {
            let copy = copy
            network.state.withLock { $0.idle.append(copy) }
        }
    }
}
