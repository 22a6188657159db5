import Inference
import OpenVINOKit
import Testing

/// The person segmentation network that set-up imports, where it has.
@Suite(.enabled(if: ImportedModels.selfie != nil, "run scripts/setup to import the models"))
struct SelfieNetworkTests {
    @Test(arguments: [InferenceOptions.Precision.float32, nil])
    func givesAMaskOfShares(precision: InferenceOptions.Precision?) throws {
        let path = try #require(ImportedModels.selfie)
        let network = try OpenVINOCore().compile(modelAt: path, for: "CPU", options: .init(precision: precision))
        #expect(network.inputs.map(\.shape) == [[1, 3, 144, 256]])
        #expect(network.outputs.map(\.shape) == [[1, 1, 144, 256]])
        #expect((network.inputs + network.outputs).allSatisfy { $0.elementType == .float32 })

        let request = try network.makeRequest()
        request.withInput(at: 0, as: Float.self) { span in
            for index in span.indices {
                span[index] = Float(index % 251) / 251
            }
        }
        try request.run()
        let first = request.output
        #expect(first.count == 144 * 256)
        #expect(first.allSatisfy { (-0.01...1.01).contains($0) })

        // The same input gives the same mask, on the asynchronous path too.
        try request.start()
        #expect(try request.wait() == .completed)
        #expect(request.output == first)
    }
}
