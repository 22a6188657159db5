internal import COpenVINO
internal import Glibc

/// The name of a setting or of a fact about a device, a core or a compiled model.
///
/// The names and the form of their values are in OpenVINO's manual under "Query device properties and configuration":
/// <https://docs.openvino.ai/2025/openvino-workflow/running-inference/inference-devices-and-modes/query-device-properties.html>.
public struct OpenVINOProperty: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral {
    /// The name in OpenVINO, such as `NUM_STREAMS`.
    public let rawValue: String

    /// Names a property.
    ///
    /// - Parameter rawValue: The name in OpenVINO.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Names a property.
    ///
    /// - Parameter value: The name in OpenVINO.
    public init(stringLiteral value: String) {
        self.init(rawValue: value)
    }

    /// Copies a name that the library keeps.
    ///
    /// - Parameter name: One of the library's constants.
    private init(_ name: UnsafePointer<CChar>) {
        self.init(rawValue: String(cString: name))
    }

    /// The properties that a device or model knows, separated by spaces. Read only.
    public static let supportedProperties = Self(aegis_ov_key_supported_properties())
    /// How many requests in flight keep the compiled model busy. Read only.
    public static let optimalNumberOfInferRequests = Self(aegis_ov_key_optimal_number_of_infer_requests())
    /// The device's name for people. Read only.
    public static let deviceFullName = Self(aegis_ov_key_device_full_name())
    /// What a device computes natively, such as `FP32 BF16 INT8`. Read only.
    public static let deviceCapabilities = Self(aegis_ov_key_device_capabilities())
    /// The compiled model's name. Read only.
    public static let modelName = Self(aegis_ov_key_model_name())
    /// The directory for compiled models.
    public static let cacheDirectory = Self(aegis_ov_key_cache_dir())
    /// How many requests run at the same time.
    public static let streamCount = Self(aegis_ov_key_num_streams())
    /// How many CPU threads all streams share.
    public static let inferenceThreadCount = Self(aegis_ov_key_inference_num_threads())
    /// Whether threads are bound to cores: `YES` or `NO`.
    public static let enableCPUPinning = Self(aegis_ov_key_hint_enable_cpu_pinning())
    /// `LATENCY`, `THROUGHPUT` or `CUMULATIVE_THROUGHPUT`.
    public static let performanceMode = Self(aegis_ov_key_hint_performance_mode())
    /// The arithmetic inside the model: `f32`, `bf16`, `f16`.
    public static let inferencePrecision = Self(aegis_ov_key_hint_inference_precision())
    /// How many requests the program will keep in flight.
    public static let requestCount = Self(aegis_ov_key_hint_num_requests())
    /// Whether weights are mapped from their file instead of read: `YES` or `NO`.
    public static let enableMemoryMapping = Self(aegis_ov_key_enable_mmap())
}

extension OpenVINOProperty: CustomStringConvertible {
    /// The name in OpenVINO.
    public var description: String { rawValue }
}

/// Lends properties as the C array that OpenVINO's `…_props` and `…_properties` functions take.
///
/// - Parameters:
///   - properties: Names and values.
///   - body: Makes the call; the array and its strings end with it.
/// - Returns: What `body` returns.
func withPropertyArray<Result>(
    _ properties: [OpenVINOProperty: String],
    _ body: (Int, UnsafePointer<ov_property_t>?) -> Result,
) -> Result {
    // Sorted, so that a call is the same for the same properties whatever the dictionary's order.
    let array = properties.sorted { $0.key.rawValue < $1.key.rawValue }.map { key, value in
        ov_property_t(key: strdup(key.rawValue), value: UnsafeRawPointer(strdup(value)))
    }
    defer {
        for property in array {
            free(UnsafeMutableRawPointer(mutating: property.key))
            free(UnsafeMutableRawPointer(mutating: property.value))
        }
    }
    return array.withUnsafeBufferPointer { body($0.count, $0.baseAddress) }
}
