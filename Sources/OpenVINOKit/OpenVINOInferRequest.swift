public import Inference
internal import COpenVINO

/// One place to run a compiled model: input memory, output memory and the run between them.
///
/// It belongs to one thread at a time. See `InferenceRequest` for the rules of use. Nothing here allocates in `run()`,
/// `start()`, `wait(timeout:)`, `withInputBytes` and `withOutputBytes` unless an output is dynamic; what the library
/// itself allocates in a run is its own.
///
/// The C functions: <https://docs.openvino.ai/2024/api/c_cpp_api/group__ov__infer__request__c__api.html>.
public final class OpenVINOInferRequest: InferenceRequest {
    /// The library's `ov_infer_request_t`.
    private let handle: OpaquePointer

    /// Keeps the compiled model alive.
    private let model: OpenVINOCompiledModel

    /// Something to be released after the request.
    private let companion: AnyObject?

    /// The tensors of the inputs, by index.
    private var inputSlots: [TensorSlot]

    /// The tensors of the outputs, by index.
    private var outputSlots: [TensorSlot]

    /// The registration that the library has the address of.
    private var completion: CompletionCallback?

    /// Whether `start()` was called and no `wait(timeout:)` has seen the end.
    private var isInFlight = false

    /// Takes over a request.
    ///
    /// - Parameters:
    ///   - handle: The library's `ov_infer_request_t`; freed by this object, also when this throws.
    ///   - model: The compiled model that made it.
    ///   - companion: Something to be released after the request.
    /// - Throws: When it cannot be asked for its tensors.
    init(
        owning handle: OpaquePointer,
        model: OpenVINOCompiledModel,
        companion: AnyObject? = nil,
    ) throws(OpenVINOError) {
        var slots: [TensorSlot] = []
        do throws(OpenVINOError) {
            for (index, description) in model.inputs.enumerated() {
                let tensor = try Self.inputTensor(of: handle, at: index)
                slots.append(try TensorSlot(owning: tensor, description: description))
            }
            for (index, description) in model.outputs.enumerated() {
                let tensor = try Self.outputTensor(of: handle, at: index)
                slots.append(try TensorSlot(owning: tensor, description: description))
            }
        } catch {
            slots.forEach { $0.release() }
            ov_infer_request_free(handle)
            throw error
        }
        self.handle = handle
        self.model = model
        self.companion = companion
        inputSlots = Array(slots.prefix(model.inputs.count))
        outputSlots = Array(slots.dropFirst(model.inputs.count))
    }

    deinit {
        if isInFlight {
            // The run writes to memory and calls a handler that end with this object: it has to be over first.
            _ = ov_infer_request_cancel(handle)
            _ = ov_infer_request_wait(handle)
        }
        inputSlots.forEach { $0.release() }
        outputSlots.forEach { $0.release() }
        ov_infer_request_free(handle)
    }

    /// The model's inputs, in the order of their indices.
    public var inputs: [TensorDescription] { model.inputs }

    /// The model's outputs, in the order of their indices, as known before the run.
    public var outputs: [TensorDescription] { model.outputs }

    // MARK: Memory

    /// The shape of an output after the latest run: the described one, unless that is dynamic.
    ///
    /// - Parameter index: Which output.
    /// - Returns: The shape, with every dimension known once a run has completed.
    public func outputShape(at index: Int) -> TensorShape {
        outputSlots[index].shape
    }

    /// Lends the memory of an input for writing. Traps while a run is in flight.
    ///
    /// - Parameters:
    ///   - index: Which input.
    ///   - body: Writes the elements. The pointer ends with the call.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, nothing else.
    public func withInputBytes<Result, Failure: Error>(
        at index: Int,
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result,
    ) throws(Failure) -> Result {
        precondition(!isInFlight, "The inputs belong to the run in flight: wait for it")
        return try body(inputSlots[index].memory)
    }

    /// Lends the memory of an output for reading. Traps while a run is in flight.
    ///
    /// - Parameters:
    ///   - index: Which output.
    ///   - body: Reads the elements. The pointer ends with the call.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, nothing else.
    public func withOutputBytes<Result, Failure: Error>(
        at index: Int,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result,
    ) throws(Failure) -> Result {
        precondition(!isInFlight, "The outputs belong to the run in flight: wait for it")
        return try body(UnsafeRawBufferPointer(outputSlots[index].memory))
    }

    /// Gives a dynamic input its shape for the runs to come, and memory to match.
    ///
    /// - Parameters:
    ///   - index: Which input; its described shape must be dynamic.
    ///   - shape: A static shape that fits the described one.
    /// - Throws: `requestBusy` while a run is in flight; the library's error when the memory cannot be had.
    public func resizeInput(at index: Int, to shape: TensorShape) throws(OpenVINOError) {
        precondition(inputSlots[index].description.shape.isDynamic, "Only a dynamic input can be resized")
        precondition(!shape.isDynamic, "An input is resized to a static shape")
        try requireIdle("ov_tensor_set_shape")
        try inputSlots[index].resize(to: shape)
    }

    /// Makes an input read from the caller's memory from now on, without copying.
    ///
    /// - Parameters:
    ///   - index: Which input; its shape must be static.
    ///   - memory: At least the described number of bytes, aligned for the element type (64 bytes is fastest).
    ///   - owner: What keeps `memory` alive; retained until the binding ends.
    /// - Throws: `requestBusy` while a run is in flight; the library's error when the device refuses the memory.
    public func bindInput(
        at index: Int,
        to memory: UnsafeMutableRawBufferPointer,
        owner: AnyObject,
    ) throws(OpenVINOError) {
        try bind(&inputSlots[index], to: memory, owner: owner) { (tensor) throws(OpenVINOError) in
            try setInput(tensor, at: index)
        }
    }

    /// Makes an output write to the caller's memory from now on, without copying.
    ///
    /// - Parameters:
    ///   - index: Which output; its shape must be static.
    ///   - memory: At least the described number of bytes, aligned for the element type (64 bytes is fastest).
    ///   - owner: What keeps `memory` alive; retained until the binding ends.
    /// - Throws: `requestBusy` while a run is in flight; the library's error when the device refuses the memory.
    public func bindOutput(
        at index: Int,
        to memory: UnsafeMutableRawBufferPointer,
        owner: AnyObject,
    ) throws(OpenVINOError) {
        try bind(&outputSlots[index], to: memory, owner: owner) { (tensor) throws(OpenVINOError) in
            try setOutput(tensor, at: index)
        }
    }

    /// Returns all inputs and outputs to the request's own memory and releases the owners of bound memory.
    ///
    /// - Throws: `requestBusy` while a run is in flight.
    public func removeBindings() throws(OpenVINOError) {
        try requireIdle("ov_infer_request_set_input_tensor_by_index")
        for index in inputSlots.indices {
            try inputSlots[index].unbind { (tensor) throws(OpenVINOError) in try setInput(tensor, at: index) }
        }
        for index in outputSlots.indices {
            try outputSlots[index].unbind { (tensor) throws(OpenVINOError) in try setOutput(tensor, at: index) }
        }
    }

    // MARK: Running

    /// Runs the model and returns when the outputs are there. Blocks.
    ///
    /// A model compiled for one stream computes on this thread, one for several streams on threads of the library,
    /// while this one sleeps: in both cases the time that a caller measures is the same.
    ///
    /// - Throws: `requestBusy` while a run is in flight; the device's error when the run failed.
    public func run() throws(OpenVINOError) {
        try requireIdle("ov_infer_request_infer")
        try check(ov_infer_request_infer(handle), "ov_infer_request_infer")
        try refreshDynamicOutputs()
    }

    /// Calls a closure at the end of every later `start()`, or no longer when `nil`.
    ///
    /// - Parameter handler: Called once for each `start()`, on a thread of the library; the outcome comes from
    ///   `wait(timeout:)`, which must not be called in the handler.
    /// - Throws: `requestBusy` while a run is in flight.
    public func setCompletionHandler(_ handler: (@Sendable () -> Void)?) throws(OpenVINOError) {
        try requireIdle("ov_infer_request_set_callback")
        guard handler != nil || completion != nil else { return }
        // The C API cannot unregister, so no handler is a handler that does nothing.
        let replacement = CompletionCallback(handler ?? {})
        try replacement.register(with: handle)
        completion = replacement
    }

    /// Starts a run on the device's own threads and returns at once.
    ///
    /// - Throws: `requestBusy` while a run is in flight, also one that has ended and was not waited for.
    public func start() throws(OpenVINOError) {
        try requireIdle("ov_infer_request_start_async")
        try check(ov_infer_request_start_async(handle), "ov_infer_request_start_async")
        isInFlight = true
    }

    /// Waits for the run that `start()` began. Blocks.
    ///
    /// - Parameter timeout: How long to wait, rounded up to whole milliseconds; `nil` without end, zero to ask.
    /// - Returns: How the run stands. After `timedOut` it goes on; wait again or cancel.
    /// - Throws: `inferNotStarted` when no run is in flight; the device's error when the run failed.
    public func wait(timeout: Duration?) throws(OpenVINOError) -> InferenceOutcome {
        guard isInFlight else {
            throw OpenVINOError(
                code: .inferNotStarted,
                call: "ov_infer_request_wait",
                subject: nil,
                message: "no run is in flight"
            )
        }
        let status: ov_status_e
        let call: StaticString
        if let timeout {
            call = "ov_infer_request_wait_for"
            status = ov_infer_request_wait_for(handle, timeout.wholeMilliseconds)
        } else {
            call = "ov_infer_request_wait"
            status = ov_infer_request_wait(handle)
        }
        let code = OpenVINOError.Code(rawValue: status.rawValue)
        guard code != .resultNotReady else { return .timedOut }
        isInFlight = false
        guard code != .inferCancelled else { return .cancelled }
        try check(status, call)
        try refreshDynamicOutputs()
        return .completed
    }

    /// Asks the run in flight to stop early; without one nothing happens.
    ///
    /// - Throws: The error of the call.
    public func cancel() throws(OpenVINOError) {
        guard isInFlight else { return }
        try check(ov_infer_request_cancel(handle), "ov_infer_request_cancel")
    }

    // MARK: Tensors

    /// Throws when a run is in flight.
    ///
    /// - Parameter call: The function that cannot be called now, for the error.
    /// - Throws: `requestBusy`.
    private func requireIdle(_ call: StaticString) throws(OpenVINOError) {
        guard isInFlight else { return }
        throw OpenVINOError(
            code: .requestBusy,
            call: "\(call)",
            subject: nil,
            message: "a run is in flight; wait for it first"
        )
    }

    /// Asks again for the outputs whose size only a run decides.
    ///
    /// - Throws: The error of the failed call.
    private func refreshDynamicOutputs() throws(OpenVINOError) {
        for index in outputSlots.indices where outputSlots[index].description.shape.isDynamic {
            try outputSlots[index].replace(owning: try Self.outputTensor(of: handle, at: index))
        }
    }

    /// Puts a tensor around the caller's memory and sets it on the request.
    ///
    /// - Parameters:
    ///   - slot: The input or output.
    ///   - memory: The caller's memory.
    ///   - owner: What keeps it alive.
    ///   - set: Sets the tensor on the request.
    /// - Throws: The error of the failed call; the slot then is as before.
    private func bind(
        _ slot: inout TensorSlot,
        to memory: UnsafeMutableRawBufferPointer,
        owner: AnyObject,
        _ set: (OpaquePointer) throws(OpenVINOError) -> Void,
    ) throws(OpenVINOError) {
        guard let byteCount = slot.description.byteCount, let type = slot.description.elementType.enumerator,
            let alignment = slot.description.elementType.byteCount
        else {
            preconditionFailure("Only a tensor of static shape and plain elements can be bound to memory")
        }
        guard let address = memory.baseAddress, memory.count >= byteCount else {
            preconditionFailure("The memory is smaller than the tensor")
        }
        precondition(Int(bitPattern: address) % alignment == 0, "The memory is not aligned for the elements")
        try requireIdle("ov_tensor_create_from_host_ptr")
        let tensor = try makeObject("ov_tensor_create_from_host_ptr") { result in
            slot.shape.withStaticShape { ov_tensor_create_from_host_ptr(type, $0, address, &result) }
        }
        do throws(OpenVINOError) {
            try set(tensor)
        } catch {
            ov_tensor_free(tensor)
            throw error
        }
        slot.bind(owning: tensor, memory: UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount]), owner: owner)
    }

    /// Sets the tensor of an input.
    ///
    /// - Parameters:
    ///   - tensor: The `ov_tensor_t`, borrowed; the request keeps a reference of its own to what is behind it.
    ///   - index: Which input.
    /// - Throws: The error of the call.
    private func setInput(_ tensor: OpaquePointer, at index: Int) throws(OpenVINOError) {
        try check(
            ov_infer_request_set_input_tensor_by_index(handle, index, tensor),
            "ov_infer_request_set_input_tensor_by_index"
        )
    }

    /// Sets the tensor of an output.
    ///
    /// - Parameters:
    ///   - tensor: The `ov_tensor_t`, borrowed; the request keeps a reference of its own to what is behind it.
    ///   - index: Which output.
    /// - Throws: The error of the call.
    private func setOutput(_ tensor: OpaquePointer, at index: Int) throws(OpenVINOError) {
        try check(
            ov_infer_request_set_output_tensor_by_index(handle, index, tensor),
            "ov_infer_request_set_output_tensor_by_index"
        )
    }

    /// Asks a request for the tensor of an input.
    ///
    /// - Parameters:
    ///   - request: The `ov_infer_request_t`, borrowed.
    ///   - index: Which input.
    /// - Returns: The `ov_tensor_t`, owned by the caller.
    /// - Throws: The error of the call.
    private static func inputTensor(of request: OpaquePointer, at index: Int) throws(OpenVINOError) -> OpaquePointer {
        try makeObject("ov_infer_request_get_input_tensor_by_index") {
            ov_infer_request_get_input_tensor_by_index(request, index, &$0)
        }
    }

    /// Asks a request for the tensor of an output.
    ///
    /// - Parameters:
    ///   - request: The `ov_infer_request_t`, borrowed.
    ///   - index: Which output.
    /// - Returns: The `ov_tensor_t`, owned by the caller.
    /// - Throws: The error of the call.
    private static func outputTensor(of request: OpaquePointer, at index: Int) throws(OpenVINOError) -> OpaquePointer {
        try makeObject("ov_infer_request_get_output_tensor_by_index") {
            ov_infer_request_get_output_tensor_by_index(request, index, &$0)
        }
    }
}

extension Duration {
    /// The duration in milliseconds, rounded up, and between 0 and 24 days, which the library's clock cannot overflow.
    fileprivate var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let longest = Int64(Int32.max)
        guard seconds < longest / 1000 else { return longest }
        let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
        return seconds * 1000 + (attoseconds + attosecondsPerMillisecond - 1) / attosecondsPerMillisecond
    }
}
