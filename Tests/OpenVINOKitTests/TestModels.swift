import Foundation

/// A directory that goes away with its owner.
final class TemporaryDirectory {
    /// Where it is.
    let path: String

    /// Makes a new, empty directory.
    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("OpenVINOKitTests-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file.
    ///
    /// - Parameters:
    ///   - name: The file's name.
    ///   - bytes: Its contents.
    /// - Returns: Its path.
    /// - Throws: The error of the file system.
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// The names of the files in it.
    var contents: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    }
}

/// Small networks in OpenVINO's own format and in ONNX, written out by hand so that tests need no tools.
enum TestModels {
    /// `y = relu(x)`; no weights.
    ///
    /// - Parameters:
    ///   - shape: The shape of `x`, such as `1,4`; `-1` leaves a dimension open.
    ///   - names: Whether the tensors have the names `x` and `y`.
    /// - Returns: The IR document.
    static func relu(shape: String = "1,4", names: Bool = true) -> String {
        document(
            layers: [
                parameter(shape: shape, names: names),
                layer(1, "ReLU", inputs: [shape], output: shape, name: names ? "y" : nil),
                result(2, shape: shape),
            ],
            edges: [(0, 0, 1, 0), (1, 1, 2, 0)],
        )
    }

    /// `y = x * w` with four weights in the `.bin` file.
    static let scale = document(
        layers: [
            parameter(shape: "1,4", names: true),
            """
            <layer id="1" name="w" type="Const" version="opset1">
            <data element_type="f32" shape="1,4" offset="0" size="16"/>\(ports(output: "1,4", id: 0, name: nil))</layer>
            """,
            layer(2, "Multiply", inputs: ["1,4", "1,4"], output: "1,4", name: "y", data: #"auto_broadcast="numpy""#),
            result(3, shape: "1,4"),
        ],
        edges: [(0, 0, 2, 0), (1, 0, 2, 1), (2, 2, 3, 0)],
    )

    /// The weights of `scale`: 1, 2, 3, 4.
    static let scaleWeights: [UInt8] = ([1, 2, 3, 4] as [Float]).flatMap { value in
        withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }

    /// Multiplies a 1024×1024 matrix with itself again and again: tens of milliseconds for each step.
    ///
    /// - Parameter steps: How often.
    /// - Returns: The IR document.
    static func slow(steps: Int) -> String {
        let shape = "1,1024,1024"
        var layers = [parameter(shape: shape, names: true)]
        var edges: [(Int, Int, Int, Int)] = []
        for step in 1...steps {
            layers.append(
                layer(
                    step,
                    "MatMul",
                    inputs: [shape, shape],
                    output: shape,
                    name: "y\(step)",
                    data: #"transpose_a="false" transpose_b="false""#,
                )
            )
            let from = (step - 1, step == 1 ? 0 : 2)
            edges.append((from.0, from.1, step, 0))
            edges.append((0, 0, step, 1))
        }
        layers.append(result(steps + 1, shape: shape))
        edges.append((steps, 2, steps + 1, 0))
        return document(layers: layers, edges: edges)
    }

    /// `y = relu(x)` for four floats, as an ONNX file.
    static var onnxRelu: [UInt8] {
        func value(_ name: String) -> [UInt8] {
            let shape = block(1, varint(1, 1)) + block(1, varint(1, 4))
            return block(1, Array(name.utf8)) + block(2, block(1, varint(1, 1) + block(2, shape)))
        }
        let node = block(1, Array("x".utf8)) + block(2, Array("y".utf8)) + block(4, Array("Relu".utf8))
        let graph = block(1, node) + block(2, Array("g".utf8)) + block(11, value("x")) + block(12, value("y"))
        return varint(1, 8) + block(7, graph) + block(8, block(1, []) + varint(2, 13))
    }

    // MARK: Parts

    /// An IR document of layers and edges.
    static func document(layers: [String], edges: [(Int, Int, Int, Int)]) -> String {
        let edgeElements = edges.map { edge in
            #"<edge from-layer="\#(edge.0)" from-port="\#(edge.1)" to-layer="\#(edge.2)" to-port="\#(edge.3)"/>"#
        }
        return """
            <?xml version="1.0"?>
            <net name="test" version="11">
            <layers>\(layers.joined(separator: "\n"))</layers>
            <edges>\(edgeElements.joined(separator: "\n"))</edges>
            </net>
            """
    }

    /// Layer 0, the input.
    static func parameter(shape: String, names: Bool) -> String {
        """
        <layer id="0" name="input" type="Parameter" version="opset1">
        <data shape="\(shape.replacing("-1", with: "?"))" element_type="f32"/>\(ports(output: shape, id: 0, name: names ? "x" : nil))</layer>
        """
    }

    /// The last layer.
    static func result(_ id: Int, shape: String) -> String {
        #"<layer id="\#(id)" name="result" type="Result" version="opset1">\#(ports(inputs: [shape]))</layer>"#
    }

    /// A layer of opset 1.
    static func layer(
        _ id: Int,
        _ type: String,
        inputs: [String],
        output: String,
        name: String?,
        data: String? = nil,
    ) -> String {
        """
        <layer id="\(id)" name="layer\(id)" type="\(type)" version="opset1">\(data.map { "<data \($0)/>" } ?? "")
        \(ports(inputs: inputs))\(ports(output: output, id: inputs.count, name: name))</layer>
        """
    }

    /// The `<input>` element of a layer.
    static func ports(inputs: [String]) -> String {
        let elements = inputs.enumerated().map { #"<port id="\#($0)" precision="FP32">\#(dimensions($1))</port>"# }
        return "<input>\(elements.joined())</input>"
    }

    /// The `<output>` element of a layer.
    static func ports(output: String, id: Int, name: String?) -> String {
        let names = name.map { #" names="\#($0)""# } ?? ""
        return #"<output><port id="\#(id)" precision="FP32"\#(names)>\#(dimensions(output))</port></output>"#
    }

    /// The `<dim>` elements of a shape.
    private static func dimensions(_ shape: String) -> String {
        shape.split(separator: ",").map { "<dim>\($0)</dim>" }.joined()
    }

    /// A protobuf field with a number below 128.
    private static func varint(_ field: UInt8, _ value: UInt8) -> [UInt8] {
        [field << 3, value]
    }

    /// A protobuf field with up to 127 bytes.
    private static func block(_ field: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [field << 3 | 2, UInt8(bytes.count)] + bytes
    }
}

/// The models that set-up imports; tests that need one are skipped where it is missing.
enum ImportedModels {
    /// The selfie segmentation network.
    static let selfie = path(of: "selfie.xml")

    /// Where an imported model is.
    ///
    /// - Parameter name: The file's name.
    /// - Returns: Its path, or `nil` where it was not imported.
    private static func path(of name: String) -> String? {
        let environment = ProcessInfo.processInfo.environment
        // …/Tests/OpenVINOKitTests/TestModels.swift
        let package = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let setup = environment["AEGIS_SETUP"] ?? package.appendingPathComponent(".setup").path
        let directory = environment["AEGIS_MODELS"] ?? setup + "/models"
        let file = directory + "/" + name
        return FileManager.default.fileExists(atPath: file) ? file : nil
    }
}
