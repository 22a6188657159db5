/// How to compile a network for a device.
///
/// Each `nil` leaves the choice to the backend. A device ignores what has no meaning for it (a GPU has no
/// `threadCount`); a value that it cannot honour makes `compile` throw.
public struct InferenceOptions: Sendable, Hashable {
    /// What the device should be good at.
    public enum PerformanceGoal: Sendable, Hashable {
        /// The shortest time for one request, with all cores working on it.
        case latency
        /// The most requests per second when many are in flight.
        case throughput
    }

    /// The arithmetic that the device should use inside the network; inputs and outputs keep their types.
    public enum Precision: Sendable, Hashable {
        /// IEEE 754 binary32: the same results, within rounding, on every machine.
        case float32
        /// bfloat16, where the processor has it.
        case bfloat16
        /// IEEE 754 binary16, where the processor has it.
        case float16
    }

    /// What the device should be good at, or `nil` to let `streamCount` and `threadCount` say it.
    public var performanceGoal: PerformanceGoal?

    /// How many requests may run at the same time; further ones queue.
    ///
    /// On a CPU, `nil` without a `performanceGoal` means one for each core that the process may use. Then every
    /// request computes on one thread and requests run beside each other, which is best for small networks.
    public var streamCount: Int?

    /// How many CPU threads all streams share; `nil` is treated as for `streamCount`.
    public var threadCount: Int?

    /// Whether a request computes on the thread that runs it, any number of them side by side, instead of on threads of
    /// the backend. For small networks in the middle of work on the same data: nothing waits for another thread, and the
    /// data stays in the cache. Wins over `performanceGoal`, `streamCount` and `threadCount`; CPUs only.
    public var runsOnCallingThread = false

    /// The arithmetic inside the network; `nil` takes the device's fastest, which may differ between machines.
    public var precision: Precision?

    /// A directory for compiled networks, made when missing, so that the next start is faster; `nil` for no cache.
    public var cacheDirectory: String?

    /// New shapes for inputs, by input index: fixes open dimensions, or changes fixed ones where the network can.
    public var inputShapes: [Int: TensorShape]

    /// Settings in the backend's own words, for what has no name here; they win over everything above.
    public var backendProperties: [String: String]

    /// Options with the given choices and everything else left to the backend.
    ///
    /// - Parameters:
    ///   - performanceGoal: What the device should be good at.
    ///   - streamCount: How many requests may run at the same time, at least 1.
    ///   - threadCount: How many CPU threads all streams share, at least 1.
    ///   - precision: The arithmetic inside the network.
    ///   - cacheDirectory: A directory for compiled networks.
    ///   - inputShapes: New shapes for inputs, by input index.
    ///   - backendProperties: Settings in the backend's own words.
    public init(
        performanceGoal: PerformanceGoal? = nil,
        streamCount: Int? = nil,
        threadCount: Int? = nil,
        precision: Precision? = nil,
        cacheDirectory: String? = nil,
        inputShapes: [Int: TensorShape] = [:],
        backendProperties: [String: String] = [:],
    ) {
        self.performanceGoal = performanceGoal
        self.streamCount = streamCount
        self.threadCount = threadCount
        self.precision = precision
        self.cacheDirectory = cacheDirectory
        self.inputShapes = inputShapes
        self.backendProperties = backendProperties
    }
}
