public import Inference
internal import COpenVINO

/// OpenVINO itself: the devices it found, and the readers of model files.
///
/// A program makes one and shares it; each further one loads the device plugins again, and streams of different cores
/// compete for the same processors. All methods may be called from any thread (the maintainers on reading, compiling
/// and properties: <https://github.com/openvinotoolkit/openvino/issues/27366>). They block: never call them on
/// Swift's cooperative pool.
///
/// The C functions: <https://docs.openvino.ai/2024/api/c_cpp_api/group__ov__core__c__api.html>.
public final class OpenVINOCore: @unchecked Sendable {
    // Safe because: `handle` never changes, and the library guards what is behind it by its own locks.

    /// The library's `ov_core_t`.
    private let handle: OpaquePointer

    /// Starts OpenVINO.
    ///
    /// Weights are read into memory rather than mapped: cutting short a mapped file kills the process with `SIGBUS`.
    ///
    /// - Throws: When the library is incomplete.
    public init() throws(OpenVINOError) {
        handle = try makeObject("ov_core_create") { ov_core_create(&$0) }
        try setProperties([.enableMemoryMapping: "NO"])
    }

    deinit {
        ov_core_free(handle)
    }

    /// The library's version and build, such as `2026.4.1-22982-…`.
    ///
    /// - Returns: The build number, which begins with the version.
    /// - Throws: The error of the call.
    public static func version() throws(OpenVINOError) -> String {
        var version = ov_version_t()
        try check(ov_get_openvino_version(&version), "ov_get_openvino_version")
        defer { ov_version_free(&version) }
        return version.buildNumber.map { String(cString: $0) } ?? ""
    }

    // MARK: Devices and properties

    /// The devices that this machine has and OpenVINO has a plugin for: `CPU`, `GPU` or `GPU.0`, `NPU`.
    ///
    /// - Returns: The devices, with their names for people.
    /// - Throws: The error of the call.
    public func availableDevices() throws(OpenVINOError) -> [InferenceDevice] {
        var list = ov_available_devices_t()
        try check(ov_core_get_available_devices(handle, &list), "ov_core_get_available_devices")
        defer { ov_available_devices_free(&list) }
        var devices: [InferenceDevice] = []
        for name in UnsafeBufferPointer(start: list.devices, count: list.size) {
            guard let name else { continue }
            let id = String(cString: name)
            // A device without a full name is still a device.
            let fullName = (try? property(.deviceFullName, of: id)) ?? id
            devices.append(InferenceDevice(id: id, kind: .init(openVINODevice: id), fullName: fullName))
        }
        return devices
    }

    /// Reads a property.
    ///
    /// - Parameters:
    ///   - property: Which.
    ///   - device: Of which device, or `nil` for the core's own.
    /// - Returns: The value as text, in the property's own form.
    /// - Throws: `generalError` when there is no such device or it has no such property.
    public func property(
        _ property: OpenVINOProperty,
        of device: InferenceDevice.ID? = nil,
    ) throws(OpenVINOError) -> String {
        var value: UnsafeMutablePointer<CChar>?
        try check(
            ov_core_get_property(handle, device ?? "", property.rawValue, &value),
            "ov_core_get_property",
            property.rawValue,
        )
        return takeString(value) ?? ""
    }

    /// Sets properties for everything that is read or compiled from now on.
    ///
    /// - Parameters:
    ///   - properties: The new values.
    ///   - device: For which device, or `nil` for all and the core itself.
    /// - Throws: `generalError` when there is no such device or it has no such property or value.
    public func setProperties(
        _ properties: [OpenVINOProperty: String],
        for device: InferenceDevice.ID? = nil,
    ) throws(OpenVINOError) {
        let status = withPropertyArray(properties) { count, array in
            ov_core_set_properties(handle, device ?? "", count, array)
        }
        try check(
            status,
            "ov_core_set_properties",
            properties.keys.map(\.rawValue).sorted().joined(separator: ", ")
        )
    }

    // MARK: Models

    /// Reads a model file: OpenVINO IR (`.xml`, weights in a `.bin` of the same name), `.onnx` or `.tflite`.
    ///
    /// - Parameter path: Where the file is.
    /// - Returns: The model, to be reshaped or compiled.
    /// - Throws: `notFound` when it cannot be opened; `networkNotRead` when it is empty or something else than its
    ///   name says, or has no inputs or outputs; `generalError` with the reader's words when it is damaged or uses an
    ///   operation that OpenVINO does not have.
    public func readModel(at path: String) throws(OpenVINOError) -> OpenVINOModel {
        let file = try ModelFile(path: path)
        let model = try makeObject("ov_core_read_model", path) {
            ov_core_read_model(handle, path, file.weightsPath, &$0)
        }
        return try OpenVINOModel(owning: model, path: path, core: self)
    }

    /// Compiles a model for a device.
    ///
    /// - Parameters:
    ///   - model: The model; it is not changed and can be compiled again.
    ///   - device: Which device.
    ///   - properties: How to compile it.
    /// - Returns: The compiled model, to be shared by everyone who runs it.
    /// - Throws: `generalError` when there is no such device, it refuses a property, or the model asks too much of it.
    public func compile(
        _ model: borrowing OpenVINOModel,
        for device: InferenceDevice.ID,
        properties: [OpenVINOProperty: String] = [:],
    ) throws(OpenVINOError) -> OpenVINOCompiledModel {
        let path = model.path
        let compiled = try model.withHandle { (modelHandle) throws(OpenVINOError) in
            try makeObject("ov_core_compile_model_props", path) { result in
                withPropertyArray(properties) { count, array in
                    ov_core_compile_model_props(handle, modelHandle, device, count, array, &result)
                }
            }
        }
        return try OpenVINOCompiledModel(owning: compiled, core: self)
    }
}

extension InferenceDevice.Kind {
    /// Tells what sort of device an OpenVINO name means.
    ///
    /// - Parameter name: `CPU`, `GPU`, `GPU.1`, `NPU`, ….
    init(openVINODevice name: String) {
        self =
            switch name.prefix(while: { $0 != "." }) {
            case "CPU": .cpu
            case "GPU": .gpu
            case "NPU": .npu
            default: .other
            }
    }
}
