public import Inference
internal import COpenVINO

extension OpenVINOCore: InferenceBackend {
    /// `OpenVINO` and its version.
    public var name: String {
        // The build number is `2026.4.1-22982-…`; people know the part before the first hyphen.
        let version = (try? Self.version())?.prefix { $0 != "-" } ?? ""
        return version.isEmpty ? "OpenVINO" : "OpenVINO \(version)"
    }

    /// The devices of `availableDevices()`.
    ///
    /// - Returns: The devices, with their names for people.
    /// - Throws: The error of the call.
    public func devices() throws(OpenVINOError) -> [InferenceDevice] {
        try availableDevices()
    }

    /// Reads, reshapes and compiles a model: `readModel(at:)`, `reshape(inputs:)` and `compile(_:for:properties:)`.
    ///
    /// - Parameters:
    ///   - path: The model file.
    ///   - device: Which device.
    ///   - options: How to compile it.
    /// - Returns: The compiled model.
    /// - Throws: What these three throw.
    public func compile(
        modelAt path: String,
        for device: InferenceDevice.ID,
        options: InferenceOptions,
    ) throws(OpenVINOError) -> any CompiledNetwork {
        var model = try readModel(at: path)
        if !options.inputShapes.isEmpty {
            try model.reshape(inputs: options.inputShapes)
        }
        let properties = options.openVINOProperties(for: device)
        if options.runsOnCallingThread, InferenceDevice.Kind(openVINODevice: device) == .cpu {
            return try OpenVINOCallerNetwork(model, core: self, device: device, properties: properties)
        }
        return try compile(model, for: device, properties: properties)
    }
}

extension InferenceOptions {
    /// Says these options in OpenVINO's words.
    ///
    /// - Parameter device: For which device.
    /// - Returns: The properties to compile with.
    func openVINOProperties(for device: InferenceDevice.ID) -> [OpenVINOProperty: String] {
        var properties: [OpenVINOProperty: String] = [:]
        if let performanceGoal {
            properties[.performanceMode] =
                switch performanceGoal {
                case .latency: "LATENCY"
                case .throughput: "THROUGHPUT"
                }
        }
        properties[.streamCount] = streamCount.map(String.init)
        properties[.cacheDirectory] = cacheDirectory
        if let precision {
            properties[.inferencePrecision] =
                switch precision {
                case .float32: "f32"
                case .bfloat16: "bf16"
                case .float16: "f16"
                }
        }
        if InferenceDevice.Kind(openVINODevice: device) == .cpu {
            // A thread count means nothing to a GPU, whose plugin refuses it.
            properties[.inferenceThreadCount] = threadCount.map(String.init)
            if runsOnCallingThread {
                properties[.performanceMode] = nil
                properties[.inferenceThreadCount] = "1"
                properties[.streamCount] = "1"
                // Pinned, all copies would compute on the same core.
                properties[.enableCPUPinning] = "NO"
            } else if performanceGoal == nil {
                // As many streams as threads gives each request one thread. With one stream all requests queue: two
                // callers of the selfie network (f32) get 775 runs a second out of one stream and 1570 out of two
                // (best of three, two busy cores). The streams' threads have to stay pinned to cores, as they are by
                // default: with ENABLE_CPU_PINNING=NO two requests of one model queue again, at 770 a second.
                let cores = Int(aegis_ov_usable_processor_count())
                let threads = threadCount ?? streamCount ?? cores
                properties[.inferenceThreadCount] = String(threads)
                properties[.streamCount] = String(streamCount ?? threads)
            }
        }
        for (name, value) in backendProperties {
            properties[OpenVINOProperty(rawValue: name)] = value
        }
        return properties
    }
}
