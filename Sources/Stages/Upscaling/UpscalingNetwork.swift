internal import Inference
internal import OpenVINOKit
internal import Pipeline
internal import Synchronization

/// The network that says what Lanczos misses, compiled for the sizes of tiles that frames need.
///
/// It takes luma in 0...1 with a margin, and gives four planes without it: the detail at the four places of an enlarged
/// picture that each sample becomes. Shared by all threads.
final class UpscalingNetwork: Sendable {
    /// Samples on each side of the input that the output lacks.
    let margin: Int
    private let path: String
    private let options: InferenceOptions
    private let compiled = Mutex<[Tile: any CompiledNetwork]>([:])

    /// The size of a tile without its margin.
    struct Tile: Hashable, Sendable {
        /// Columns.
        var width: Int
        /// Rows.
        var height: Int
    }

    /// Opens an installed network.
    convenience init(_ name: String, _ context: StageContext) throws {
        try self.init(
            path: try ModelStore(directory: context.modelsDirectory).path(for: name),
            cacheDirectory: context.cacheDirectory
        )
    }

    /// Opens a network file and looks whether it is one for this stage.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - cacheDirectory: for compiled networks.
    ///   - precision: the arithmetic inside; the device's fastest by default. With bfloat16 the result differs by a few
    ///     hundredths of a code value, and takes 0.6 of the time.
    init(path: String, cacheDirectory: String?, precision: InferenceOptions.Precision? = nil) throws {
        self.path = path
        var options = InferenceOptions(precision: precision, cacheDirectory: cacheDirectory)
        options.runsOnCallingThread = true
        self.options = options
        let first = try InferenceRuntime.shared().compile(modelAt: path, for: "CPU", options: options)
        guard let margin = Self.margin(of: first) else {
            throw StageError(
                .unavailable,
                stage: UpscalingPlan.stageName,
                "\(path) does not turn luma into four planes of detail; run `make setup`"
            )
        }
        self.margin = margin
    }

    /// What the output lacks on each side, if a network has one float luma input and one float output of four planes.
    private static func margin(of network: any CompiledNetwork) -> Int? {
        guard network.inputs.count == 1, network.outputs.count == 1,
            network.inputs[0].elementType == .float32, network.outputs[0].elementType == .float32,
            network.inputs[0].shape.elementCount != nil, network.outputs[0].shape.elementCount != nil
        else { return nil }
        let input = network.inputs[0].shape.dimensions.compactMap(\.self)
        let output = network.outputs[0].shape.dimensions.compactMap(\.self)
        guard input.count == 4, output.count == 4, input[0] == 1, input[1] == 1, output[0] == 1, output[1] == 4,
            input[2] - output[2] == input[3] - output[3], input[2] >= output[2], (input[2] - output[2]) % 2 == 0
        else { return nil }
        return (input[2] - output[2]) / 2
    }

    /// A request for tiles of a size; each thread makes its own. Compiles the network when the size is new.
    func makeRequest(for tile: Tile) throws -> sending any InferenceRequest {
        let network = try compiled.withLock { compiled -> any CompiledNetwork in
            if let known = compiled[tile] { return known }
            var options = options
            options.inputShapes = [0: [1, 1, tile.height + 2 * margin, tile.width + 2 * margin]]
            let network = try InferenceRuntime.shared().compile(modelAt: path, for: "CPU", options: options)
            compiled[tile] = network
            return network
        }
        return try network.makeRequest()
    }
}
