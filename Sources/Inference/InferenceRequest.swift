/// One place to run a network: input memory, output memory and the run between them.
///
/// A request belongs to one thread at a time and is used again for every frame. Fill the inputs, `run()`, read the
/// outputs; or `start()`, do something else, and `wait(timeout:)`. On the synchronous path neither this protocol nor
/// its users allocate.
///
/// Indices out of range, spans of the wrong element type and memory that is too small are programmer errors and trap.
public protocol InferenceRequest: AnyObject {
    /// The network's inputs, in the order of their indices.
    var inputs: [TensorDescription] { get }

    /// The network's outputs, in the order of their indices, as known before the run.
    var outputs: [TensorDescription] { get }

    /// The shape of an output after the latest run: the described one, unless that is dynamic.
    ///
    /// - Parameter index: Which output.
    /// - Returns: The shape, with every dimension known once a run has completed.
    func outputShape(at index: Int) -> TensorShape

    /// Lends the memory of an input for writing. Not allowed while a run is in flight.
    ///
    /// The address stays the same between runs until a `bind…` call changes it, and what was written stays there.
    ///
    /// - Parameters:
    ///   - index: Which input.
    ///   - body: Writes the elements, dense and row by row in the described shape. The pointer ends with the call.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, nothing else.
    func withInputBytes<Result, Failure: Error>(
        at index: Int,
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result,
    ) throws(Failure) -> Result

    /// Lends the memory of an output for reading. Its contents are those of the latest completed run.
    ///
    /// - Parameters:
    ///   - index: Which output.
    ///   - body: Reads the elements, dense and row by row in `outputShape(at:)`. The pointer ends with the call.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, nothing else.
    func withOutputBytes<Result, Failure: Error>(
        at index: Int,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result,
    ) throws(Failure) -> Result

    /// Makes an input read from the caller's memory from now on, without copying.
    ///
    /// - Parameters:
    ///   - index: Which input; its shape must be static.
    ///   - memory: At least the described number of bytes, aligned for the element type (64 bytes is fastest).
    ///   - owner: What keeps `memory` alive; retained until the binding ends.
    /// - Throws: The backend's own error, when the device cannot use the memory.
    func bindInput(at index: Int, to memory: UnsafeMutableRawBufferPointer, owner: AnyObject) throws

    /// Makes an output write to the caller's memory from now on, without copying.
    ///
    /// - Parameters:
    ///   - index: Which output; its shape must be static.
    ///   - memory: At least the described number of bytes, aligned for the element type (64 bytes is fastest).
    ///   - owner: What keeps `memory` alive; retained until the binding ends.
    /// - Throws: The backend's own error, when the device cannot use the memory.
    func bindOutput(at index: Int, to memory: UnsafeMutableRawBufferPointer, owner: AnyObject) throws

    /// Returns all inputs and outputs to the request's own memory and releases the owners of bound memory.
    ///
    /// - Throws: The backend's own error, when a run is in flight.
    func removeBindings() throws

    /// Runs the network and returns when the outputs are there. Blocks.
    ///
    /// - Throws: The backend's own error; the request can be used again.
    func run() throws

    /// Calls a closure at the end of every later `start()`, or no longer when `nil`.
    ///
    /// The closure runs on a thread of the backend, for failed and cancelled runs too. It should signal someone and
    /// return: calling `wait(timeout:)` in it, or releasing the last reference to the request, never returns.
    ///
    /// - Parameter handler: Called once for each `start()`; the outcome comes from `wait(timeout:)`.
    /// - Throws: The backend's own error, when a run is in flight.
    func setCompletionHandler(_ handler: (@Sendable () -> Void)?) throws

    /// Starts a run and returns at once. Follow it by `wait(timeout:)` before the next run.
    ///
    /// - Throws: The backend's own error, when a run is already in flight.
    func start() throws

    /// Waits for the run that `start()` began. Blocks.
    ///
    /// - Parameter timeout: How long to wait, rounded up to whole milliseconds; `nil` without end, zero to ask.
    /// - Returns: How the run stands. After `timedOut` it goes on; wait again or cancel.
    /// - Throws: The backend's own error, when the run failed.
    func wait(timeout: Duration?) throws -> InferenceOutcome

    /// Asks the run in flight to stop early; `wait(timeout:)` then tells `cancelled`, or `completed` if it was too late.
    ///
    /// - Throws: The backend's own error.
    func cancel() throws
}

/// How a run that was waited for stands.
public enum InferenceOutcome: Sendable, Hashable {
    /// The outputs are there.
    case completed
    /// The run goes on; the time to wait is over.
    case timedOut
    /// The run was cancelled; the outputs are worthless.
    case cancelled
}

extension InferenceRequest {
    /// Waits without end for the run that `start()` began. Blocks.
    ///
    /// - Returns: How the run ended.
    /// - Throws: The backend's own error, when the run failed.
    public func wait() throws -> InferenceOutcome {
        try wait(timeout: nil)
    }

    /// Lends an input as a span of its elements for writing. Not allowed while a run is in flight.
    ///
    /// - Parameters:
    ///   - index: Which input.
    ///   - type: The element type, which must be the described one.
    ///   - body: Writes the elements, dense and row by row in the described shape.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, nothing else.
    public func withInput<Element: TensorElement, Result, Failure: Error>(
        at index: Int,
        as type: Element.Type,
        _ body: (inout MutableSpan<Element>) throws(Failure) -> Result,
    ) throws(Failure) -> Result {
        precondition(
            inputs[index].elementType == Element.tensorElementType,
            "The input has another element type than the span that was asked for",
        )
        return try withInputBytes(at: index) { (bytes) throws(Failure) -> Result in
            let elements = bytes.bindMemory(to: Element.self)
            var span = elements.mutableSpan
            return try body(&span)
        }
    }

    /// Lends an output as a span of its elements for reading: those of the latest completed run.
    ///
    /// - Parameters:
    ///   - index: Which output.
    ///   - type: The element type, which must be the described one.
    ///   - body: Reads the elements, dense and row by row in `outputShape(at:)`.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, nothing else.
    public func withOutput<Element: TensorElement, Result, Failure: Error>(
        at index: Int,
        as type: Element.Type,
        _ body: (Span<Element>) throws(Failure) -> Result,
    ) throws(Failure) -> Result {
        precondition(
            outputs[index].elementType == Element.tensorElementType,
            "The output has another element type than the span that was asked for",
        )
        return try withOutputBytes(at: index) { (bytes) throws(Failure) -> Result in
            try body(bytes.bindMemory(to: Element.self).span)
        }
    }
}
