internal import Inference
internal import COpenVINO

/// One input or output of a request: the tensor that is set on it and where its elements lie.
///
/// The request that holds it frees the tensors by `release()`. Asking the library for a tensor allocates, so
/// it happens once and the address is kept; only a dynamic output is asked for again after each run.
struct TensorSlot {
    /// What the model says about the input or output.
    let description: TensorDescription

    /// The request's own `ov_tensor_t`, which owns its memory; owned.
    private var own: OpaquePointer

    /// The `ov_tensor_t` around the caller's memory, while bound; owned.
    private var bound: OpaquePointer?

    /// What keeps the caller's memory alive, while bound.
    private var owner: AnyObject?

    /// The elements of the tensor that is set: the caller's, or else the request's own.
    private(set) var memory: UnsafeMutableRawBufferPointer

    /// The shape of the tensor that is set.
    private(set) var shape: TensorShape

    /// Takes over a tensor.
    ///
    /// - Parameters:
    ///   - tensor: The request's own `ov_tensor_t`; freed by the slot, also when this throws.
    ///   - description: What the model says about it.
    /// - Throws: When the tensor cannot be asked for its memory.
    init(owning tensor: OpaquePointer, description: TensorDescription) throws(OpenVINOError) {
        do throws(OpenVINOError) {
            self.description = description
            own = tensor
            memory = try Self.memory(of: tensor)
            shape = description.shape.isDynamic ? try Self.shape(of: tensor) : description.shape
        } catch {
            ov_tensor_free(tensor)
            throw error
        }
    }

    /// The tensor that the request should use now.
    var current: OpaquePointer { bound ?? own }

    /// Whether the caller's memory is in use.
    var isBound: Bool { bound != nil }

    /// Frees the tensors; the slot must not be used afterwards.
    func release() {
        if let bound {
            ov_tensor_free(bound)
        }
        ov_tensor_free(own)
    }

    /// Puts the caller's memory into the slot once the request has accepted a tensor around it.
    ///
    /// - Parameters:
    ///   - tensor: The `ov_tensor_t` around the memory; freed by the slot.
    ///   - memory: The memory, exactly as long as the tensor.
    ///   - owner: What keeps it alive.
    mutating func bind(owning tensor: OpaquePointer, memory: UnsafeMutableRawBufferPointer, owner: AnyObject) {
        if let bound {
            ov_tensor_free(bound)
        }
        bound = tensor
        self.memory = memory
        self.owner = owner
    }

    /// Takes the caller's memory out of the slot once the request uses its own tensor again.
    ///
    /// - Parameter set: Sets the own tensor on the request.
    /// - Throws: What `set` throws; the slot then stays bound.
    mutating func unbind(_ set: (OpaquePointer) throws(OpenVINOError) -> Void) throws(OpenVINOError) {
        guard let tensor = bound else { return }
        let ownMemory = try Self.memory(of: own)
        try set(own)
        memory = ownMemory
        bound = nil
        owner = nil
        ov_tensor_free(tensor)
    }

    /// Gives the own tensor of a dynamic input another shape, which may move its memory.
    ///
    /// - Parameter newShape: A static shape.
    /// - Throws: When the memory cannot be had.
    mutating func resize(to newShape: TensorShape) throws(OpenVINOError) {
        let status = newShape.withStaticShape { ov_tensor_set_shape(own, $0) }
        try check(status, "ov_tensor_set_shape", "\(newShape)")
        memory = try Self.memory(of: own)
        shape = newShape
    }

    /// Replaces the own tensor by the one that a run has left behind, for dynamic outputs.
    ///
    /// - Parameter tensor: The `ov_tensor_t`; freed by the slot, also when this throws.
    /// - Throws: When the tensor cannot be asked for its memory and shape.
    mutating func replace(owning tensor: OpaquePointer) throws(OpenVINOError) {
        self = try TensorSlot(replacing: own, by: tensor, description: description)
    }

    /// Takes over a tensor in place of another, which is freed when this succeeds.
    ///
    /// - Parameters:
    ///   - former: The former tensor.
    ///   - tensor: The new one.
    ///   - description: What the model says about it.
    /// - Throws: When the tensor cannot be asked for its memory and shape.
    private init(
        replacing former: OpaquePointer,
        by tensor: OpaquePointer,
        description: TensorDescription,
    ) throws(OpenVINOError) {
        try self.init(owning: tensor, description: description)
        ov_tensor_free(former)
    }

    /// Asks a tensor where its elements are.
    ///
    /// - Parameter tensor: The `ov_tensor_t`, borrowed.
    /// - Returns: Its memory; empty while a dynamic shape is open.
    /// - Throws: The error of the failed call.
    private static func memory(of tensor: OpaquePointer) throws(OpenVINOError) -> UnsafeMutableRawBufferPointer {
        var byteCount = 0
        try check(ov_tensor_get_byte_size(tensor, &byteCount), "ov_tensor_get_byte_size")
        guard byteCount > 0 else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        var data: UnsafeMutableRawPointer?
        try check(ov_tensor_data(tensor, &data), "ov_tensor_data")
        return UnsafeMutableRawBufferPointer(start: data, count: data == nil ? 0 : byteCount)
    }

    /// Asks a tensor for its shape.
    ///
    /// - Parameter tensor: The `ov_tensor_t`, borrowed.
    /// - Returns: Its shape.
    /// - Throws: The error of the failed call.
    private static func shape(of tensor: OpaquePointer) throws(OpenVINOError) -> TensorShape {
        var shape = ov_shape_t()
        try check(ov_tensor_get_shape(tensor, &shape), "ov_tensor_get_shape")
        defer { _ = ov_shape_free(&shape) }
        return TensorShape(shape)
    }
}
