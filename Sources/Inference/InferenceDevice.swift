/// A processor that a backend can run networks on.
public struct InferenceDevice: Sendable, Hashable, Identifiable {
    /// What sort of processor a device is.
    public enum Kind: Sendable, Hashable {
        /// The machine's general-purpose cores.
        case cpu
        /// A graphics processor.
        case gpu
        /// A processor made for neural networks.
        case npu
        /// Something else.
        case other
    }

    /// The name by which the backend takes the device: `CPU`, `GPU.0`, `NPU`.
    public var id: String

    /// What sort of processor it is.
    public var kind: Kind

    /// The name for people: `Intel(R) Xeon(R) …`.
    public var fullName: String

    /// Names a device.
    ///
    /// - Parameters:
    ///   - id: The name by which the backend takes the device.
    ///   - kind: What sort of processor it is.
    ///   - fullName: The name for people.
    public init(id: String, kind: Kind, fullName: String) {
        self.id = id
        self.kind = kind
        self.fullName = fullName
    }
}
