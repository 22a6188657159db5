/// A network ready to run on one device: weights and code, shared by all threads.
public protocol CompiledNetwork: AnyObject, Sendable {
    /// The network's inputs, in the order of their indices.
    var inputs: [TensorDescription] { get }

    /// The network's outputs, in the order of their indices.
    var outputs: [TensorDescription] { get }

    /// Makes a request: the memory for one run at a time. Each thread that runs the network makes its own.
    ///
    /// - Returns: A request that keeps the network alive.
    /// - Throws: The backend's own error, mostly for want of memory.
    func makeRequest() throws -> sending any InferenceRequest
}
