public import Inference
internal import COpenVINO

/// A model as read from its file, before it is compiled for a device.
///
/// It has one owner and belongs to one thread at a time.
public struct OpenVINOModel: ~Copyable {
    /// The library's `ov_model_t`.
    private let handle: OpaquePointer

    /// Keeps the readers' shared libraries loaded for as long as the model refers to them.
    private let core: OpenVINOCore

    /// Where the model was read from.
    public let path: String

    /// The model's inputs, in the order of their indices.
    public private(set) var inputs: [TensorDescription]

    /// The model's outputs, in the order of their indices.
    public private(set) var outputs: [TensorDescription]

    /// Takes over a model.
    ///
    /// - Parameters:
    ///   - handle: The library's `ov_model_t`; freed by this value, also when this throws.
    ///   - path: Where the model was read from.
    ///   - core: The core that read it.
    /// - Throws: When the model has no inputs or no outputs, or cannot be asked for them.
    init(owning handle: OpaquePointer, path: String, core: OpenVINOCore) throws(OpenVINOError) {
        do throws(OpenVINOError) {
            let (inputs, outputs) = try Self.describe(handle)
            guard !inputs.isEmpty, !outputs.isEmpty else {
                throw OpenVINOError(
                    code: .networkNotRead,
                    call: "ov_core_read_model",
                    subject: path,
                    message: "the model has \(inputs.count) inputs and \(outputs.count) outputs; "
                        + "it needs at least one of each",
                )
            }
            self.handle = handle
            self.path = path
            self.core = core
            self.inputs = inputs
            self.outputs = outputs
        } catch {
            ov_model_free(handle)
            throw error
        }
    }

    deinit {
        ov_model_free(handle)
    }

    /// Changes the shapes of inputs, and with them those of everything computed from them.
    ///
    /// After a failure the model is in an unknown state: let go of it.
    ///
    /// - Parameter shapes: The new shapes, by input index.
    /// - Throws: `notFound` for an index that the model does not have; the library's error when the graph cannot
    ///   take such a shape.
    public mutating func reshape(inputs shapes: [Int: TensorShape]) throws(OpenVINOError) {
        let indices = shapes.keys.sorted()
        for index in indices where !inputs.indices.contains(index) {
            throw OpenVINOError(
                code: .notFound,
                call: "ov_model_reshape_by_port_indexes",
                subject: path,
                message: "the model has no input \(index); it has \(inputs.count)",
            )
        }
        var partialShapes: [ov_partial_shape_t] = []
        defer {
            for index in partialShapes.indices {
                ov_partial_shape_free(&partialShapes[index])
            }
        }
        for index in indices {
            guard let shape = shapes[index] else { continue }
            partialShapes.append(try shape.makePartialShape())
        }
        try check(
            ov_model_reshape_by_port_indexes(handle, indices, partialShapes, indices.count),
            "ov_model_reshape_by_port_indexes",
            path,
        )
        (inputs, outputs) = try Self.describe(handle)
    }

    /// Lends the library's `ov_model_t`.
    ///
    /// - Parameter body: Uses it; the pointer ends with the call.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    borrowing func withHandle<Result, Failure: Error>(
        _ body: (OpaquePointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(handle)
    }

    /// Asks a model for its inputs and outputs.
    ///
    /// - Parameter handle: The library's `ov_model_t`, borrowed.
    /// - Returns: Both, in the order of their indices.
    /// - Throws: The error of the failed call.
    private static func describe(
        _ handle: OpaquePointer
    ) throws(OpenVINOError) -> (inputs: [TensorDescription], outputs: [TensorDescription]) {
        let inputs = try TensorDescription.all(
            "ov_model_inputs_size",
            { ov_model_inputs_size(handle, &$0) },
            "ov_model_const_input_by_index",
            { ov_model_const_input_by_index(handle, $0, &$1) },
        )
        let outputs = try TensorDescription.all(
            "ov_model_outputs_size",
            { ov_model_outputs_size(handle, &$0) },
            "ov_model_const_output_by_index",
            { ov_model_const_output_by_index(handle, $0, &$1) },
        )
        return (inputs, outputs)
    }
}

extension TensorShape {
    /// Makes the library's form of a shape.
    ///
    /// - Returns: A shape that the caller frees by `ov_partial_shape_free`.
    /// - Throws: The error of the failed call.
    fileprivate func makePartialShape() throws(OpenVINOError) -> ov_partial_shape_t {
        var partialShape = ov_partial_shape_t()
        let open = ov_dimension_t(min: -1, max: -1)
        guard isRanked else {
            try check(ov_partial_shape_create_dynamic(open, nil, &partialShape), "ov_partial_shape_create_dynamic")
            return partialShape
        }
        let extents = dimensions.map { extent in
            extent.map { ov_dimension_t(min: Int64($0), max: Int64($0)) } ?? open
        }
        try check(
            ov_partial_shape_create(Int64(extents.count), extents, &partialShape),
            "ov_partial_shape_create",
            description,
        )
        return partialShape
    }
}
