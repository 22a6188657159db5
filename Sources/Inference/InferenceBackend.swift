/// A library that runs neural networks: the seam behind which OpenVINO stands, and others can.
///
/// Stages speak to this protocol, `CompiledNetwork` and `InferenceRequest` only. A backend is shared by all threads.
/// Its methods block, some for seconds: never call them on Swift's cooperative pool.
public protocol InferenceBackend: Sendable {
    /// The backend's name and version for people, such as `OpenVINO 2026.4.1`.
    var name: String { get }

    /// The devices that this machine has and the backend can use, the CPU among them.
    ///
    /// - Throws: The backend's own error.
    func devices() throws -> [InferenceDevice]

    /// Reads a model file and prepares it to run on a device.
    ///
    /// Takes from milliseconds to many seconds (GPUs compile kernels); `options.cacheDirectory` shortens the next time.
    ///
    /// - Parameters:
    ///   - path: The model file, in a format that the backend reads.
    ///   - device: Which device, by `InferenceDevice.id`.
    ///   - options: How to compile it.
    /// - Returns: The network, to be shared by everyone who runs it.
    /// - Throws: The backend's own error, when the file is missing, damaged or unsupported, or the device refuses it.
    func compile(
        modelAt path: String,
        for device: InferenceDevice.ID,
        options: InferenceOptions,
    ) throws -> any CompiledNetwork
}
