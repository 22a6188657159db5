public import Inference
internal import COpenVINO

/// A model compiled for one device: shared by all threads, each of which runs it by a request of its own.
///
/// The C functions: <https://docs.openvino.ai/2024/api/c_cpp_api/group__ov__compiled__model__c__api.html>.
public final class OpenVINOCompiledModel: CompiledNetwork, @unchecked Sendable {
    // Safe because: all stored properties are constants, and the library allows concurrent calls on a compiled model
    // (<https://github.com/intel/openvino-rs/issues/180>).

    /// The library's `ov_compiled_model_t`.
    private let handle: OpaquePointer

    /// Keeps the device's plugin loaded.
    private let core: OpenVINOCore

    /// The model's inputs, in the order of their indices.
    public let inputs: [TensorDescription]

    /// The model's outputs, in the order of their indices.
    public let outputs: [TensorDescription]

    /// Takes over a compiled model.
    ///
    /// - Parameters:
    ///   - handle: The library's `ov_compiled_model_t`; freed by this object, also when this throws.
    ///   - core: The core that compiled it.
    /// - Throws: When it cannot be asked for its inputs and outputs.
    init(owning handle: OpaquePointer, core: OpenVINOCore) throws(OpenVINOError) {
        do throws(OpenVINOError) {
            inputs = try TensorDescription.all(
                "ov_compiled_model_inputs_size",
                { ov_compiled_model_inputs_size(handle, &$0) },
                "ov_compiled_model_input_by_index",
                { ov_compiled_model_input_by_index(handle, $0, &$1) },
            )
            outputs = try TensorDescription.all(
                "ov_compiled_model_outputs_size",
                { ov_compiled_model_outputs_size(handle, &$0) },
                "ov_compiled_model_output_by_index",
                { ov_compiled_model_output_by_index(handle, $0, &$1) },
            )
        } catch {
            ov_compiled_model_free(handle)
            throw error
        }
        self.handle = handle
        self.core = core
    }

    deinit {
        ov_compiled_model_free(handle)
    }

    /// Reads a property, such as how many streams the model was compiled for.
    ///
    /// - Parameter property: Which.
    /// - Returns: The value as text, in the property's own form.
    /// - Throws: `generalError` when the compiled model has no such property.
    public func property(_ property: OpenVINOProperty) throws(OpenVINOError) -> String {
        var value: UnsafeMutablePointer<CChar>?
        try check(
            ov_compiled_model_get_property(handle, property.rawValue, &value),
            "ov_compiled_model_get_property",
            property.rawValue,
        )
        return takeString(value) ?? ""
    }

    /// Makes a request: the memory for one run at a time. Each thread that runs the model makes its own.
    ///
    /// - Returns: A request that keeps the compiled model alive.
    /// - Throws: The error of the failed call.
    public func makeInferRequest() throws(OpenVINOError) -> sending OpenVINOInferRequest {
        try makeInferRequest(keeping: nil)
    }

    /// Makes a request that keeps something else alive too.
    ///
    /// - Parameter companion: Released after the request.
    /// - Returns: A request that keeps the compiled model and `companion` alive.
    /// - Throws: The error of the failed call.
    func makeInferRequest(keeping companion: sending AnyObject?) throws(OpenVINOError) -> sending OpenVINOInferRequest {
        let request = try makeObject("ov_compiled_model_create_infer_request") {
            ov_compiled_model_create_infer_request(handle, &$0)
        }
        return try OpenVINOInferRequest(owning: request, model: self, companion: companion)
    }

    /// The request of `makeInferRequest()`.
    ///
    /// - Returns: A request that keeps the compiled model alive.
    /// - Throws: The error of the failed call.
    public func makeRequest() throws(OpenVINOError) -> sending any InferenceRequest {
        try makeInferRequest()
    }
}
