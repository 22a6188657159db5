internal import Inference
internal import Pipeline

/// The network that tells people from background: what it must look like, and how it is compiled.
enum PersonNetwork {
    /// Compiles an installed network so that each stream of frames runs it on its own thread.
    ///
    /// - Throws: ``StageError`` with the remedy when it is missing or no segmentation network.
    static func compile(_ name: String, _ context: StageContext) throws -> any CompiledNetwork {
        let path: String
        do {
            path = try ModelStore(directory: context.modelsDirectory).path(for: name)
        } catch {
            throw VirtualBackgroundError.unavailable(error.description)
        }
        let network: any CompiledNetwork
        do {
            // The device's fastest arithmetic: with bfloat16 the mask differs from float32 by 0.0007 in the mean and costs
            // 0.6 ms instead of 0.75.
            var options = InferenceOptions(cacheDirectory: context.cacheDirectory)
            options.runsOnCallingThread = true
            network = try shared().compile(modelAt: path, for: "CPU", options: options)
        } catch let error as StageError {
            throw error
        } catch {
            throw VirtualBackgroundError.unavailable("model=\(name) cannot be prepared: \(error)")
        }
        guard MaskShape(network) != nil else {
            throw VirtualBackgroundError.usage(
                "model=\(name) does not turn an RGB picture into one mask of its size; use selfie"
            )
        }
        return network
    }

    private static func shared() throws -> any InferenceBackend {
        do {
            return try InferenceRuntime.shared()
        } catch {
            throw VirtualBackgroundError.unavailable("OpenVINO cannot start: \(error); run `aegis doctor`")
        }
    }
}

/// The size of a network's picture and mask.
struct MaskShape: Equatable, Sendable {
    /// Columns of the network's picture and of its mask.
    var width: Int
    /// Rows of both.
    var height: Int

    /// The size for a network with one NCHW float RGB input and one float mask of the same size; `nil` for others.
    init?(_ network: any CompiledNetwork) {
        guard network.inputs.count == 1, network.outputs.count == 1,
            network.inputs[0].elementType == .float32, network.outputs[0].elementType == .float32,
            network.inputs[0].shape.dimensions.count == 4, network.outputs[0].shape.dimensions.count == 4
        else { return nil }
        let (input, output) = (network.inputs[0].shape.dimensions, network.outputs[0].shape.dimensions)
        guard input[0] == 1, input[1] == 3, output[0] == 1, output[1] == 1, input[2] == output[2],
            input[3] == output[3], let height = input[2], let width = input[3], width > 0, height > 0
        else { return nil }
        (self.width, self.height) = (width, height)
    }
}
