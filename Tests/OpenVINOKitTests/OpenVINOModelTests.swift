import Inference
import OpenVINOKit
import Testing

@Suite struct OpenVINOModelTests {
    let directory: TemporaryDirectory
    let core: OpenVINOCore

    init() throws {
        directory = try TemporaryDirectory()
        core = try OpenVINOCore()
    }

    @Test func describesItsInputsAndOutputs() throws {
        let model = try core.readModel(at: directory.write("relu.xml", TestModels.relu().utf8))
        #expect(model.inputs == [TensorDescription(name: "x", shape: [1, 4], elementType: .float32)])
        #expect(model.outputs == [TensorDescription(name: "y", shape: [1, 4], elementType: .float32)])
    }

    @Test func acceptsTensorsWithoutNames() throws {
        let model = try core.readModel(at: directory.write("relu.xml", TestModels.relu(names: false).utf8))
        let compiled = try core.compile(model, for: "CPU")
        #expect(compiled.inputs.map(\.shape) == [[1, 4]])
        #expect(try compiled.makeRequest().result(for: [-1, 2, -3, 4]) == [0, 2, 0, 4])
    }

    @Test func leavesOpenDimensionsOpen() throws {
        let model = try core.readModel(at: directory.write("relu.xml", TestModels.relu(shape: "1,-1").utf8))
        #expect(model.inputs.map(\.shape) == [[1, nil]])
        #expect(model.outputs.map(\.shape) == [[1, nil]])
    }

    @Test(arguments: [[1, 7], [2, nil], [1, 2, 3]] as [TensorShape])
    func takesAnotherShape(shape: TensorShape) throws {
        var model = try core.readModel(at: directory.write("relu.xml", TestModels.relu().utf8))
        try model.reshape(inputs: [0: shape])
        #expect(model.inputs.map(\.shape) == [shape])
        #expect(model.outputs.map(\.shape) == [shape])
    }

    @Test func compilesToTheShapeOfTheOptions() throws {
        let path = try directory.write("relu.xml", TestModels.relu(shape: "1,-1").utf8)
        let network = try core.compile(modelAt: path, for: "CPU", options: .init(inputShapes: [0: [1, 2]]))
        #expect(network.inputs.map(\.shape) == [[1, 2]])
        #expect(try network.makeRequest().result(for: [-5, 5]) == [0, 5])
    }

    @Test func refusesAShapeThatDoesNotFit() throws {
        let path = try directory.write("scale.xml", TestModels.scale.utf8)
        _ = try directory.write("scale.bin", TestModels.scaleWeights)
        var model = try core.readModel(at: path)
        do {
            try model.reshape(inputs: [0: [1, 3]])
            Issue.record("three inputs cannot be multiplied by four weights")
        } catch {
            #expect(error.code == .generalError)
            #expect(error.subject == path)
        }
    }

    @Test func refusesTheShapeOfAnInputThatIsNotThere() throws {
        var model = try core.readModel(at: directory.write("relu.xml", TestModels.relu().utf8))
        do {
            try model.reshape(inputs: [1: [1, 4]])
            Issue.record("there is no input 1")
        } catch {
            #expect(error.code == .notFound)
        }
    }

    @Test func readsONNX() throws {
        let path = try directory.write("relu.onnx", TestModels.onnxRelu)
        let network = try core.compile(modelAt: path, for: "CPU", options: .init())
        #expect(network.inputs.map(\.name) == ["x"])
        #expect(try network.makeRequest().result(for: [-1, 2, -3, 4]) == [0, 2, 0, 4])
    }

    @Test func usesTheWeightsBesideAnIR() throws {
        let path = try directory.write("scale.xml", TestModels.scale.utf8)
        _ = try directory.write("scale.bin", TestModels.scaleWeights)
        let network = try core.compile(modelAt: path, for: "CPU", options: .init())
        #expect(try network.makeRequest().result(for: [1, 1, 10, 10]) == [1, 2, 30, 40])
    }
}

extension InferenceRequest {
    /// Runs a network of one input and one output, both `f32`.
    ///
    /// - Parameter values: The input's elements.
    /// - Returns: The output's elements.
    /// - Throws: The backend's error.
    func result(for values: [Float]) throws -> [Float] {
        fill(with: values)
        try run()
        return output
    }

    /// Writes the first input, `f32`.
    ///
    /// - Parameter values: The elements.
    func fill(with values: [Float]) {
        withInput(at: 0, as: Float.self) { span in
            for index in span.indices {
                span[index] = values[index]
            }
        }
    }

    /// The first output's elements, `f32`.
    var output: [Float] {
        withOutput(at: 0, as: Float.self) { span in span.indices.map { span[$0] } }
    }
}
