import Glibc
import Inference
import OpenVINOKit
import Testing

/// Damaged and foreign files: each gives an error that names the file, and none ends the process.
@Suite struct BadModelTests {
    /// A file that is no model, and the words that the error must contain.
    struct Case: Sendable, CustomTestStringConvertible {
        /// The model file's name.
        var name: String
        /// Its contents; `nil` for a missing file.
        var contents: [UInt8]?
        /// The contents of the `.bin` beside it; `nil` for none.
        var weights: [UInt8]?
        /// Words that the error's description contains.
        var words: String

        var testDescription: String { "\(name): \(words)" }

        init(_ name: String, _ contents: [UInt8]?, weights: [UInt8]? = nil, _ words: String) {
            self.name = name
            self.contents = contents
            self.weights = weights
            self.words = words
        }

        init(_ name: String, _ text: String, weights: [UInt8]? = nil, _ words: String) {
            self.init(name, Array(text.utf8), weights: weights, words)
        }
    }

    static let cases: [Case] = [
        Case("missing.xml", nil as [UInt8]?, "No such file"),
        Case("empty.xml", "", "is empty"),
        Case("empty.onnx", "", "is empty"),
        Case("empty.tflite", "", "is empty"),
        Case("model.pt", "anything", "not supported"),
        Case("model", "anything", "not supported"),
        Case("garbage.xml", "no markup at all", "not those of a .xml"),
        Case("garbage.onnx", "garbage", "not those of a .onnx"),
        Case("garbage.tflite", "garbage garbage", "not those of a .tflite"),
        Case("short.tflite", "TFL3", "not those of a .tflite"),
        Case("onnxInDisguise.xml", TestModels.onnxRelu, "not those of a .xml"),
        Case("markup.xml", "<svg></svg>", "Unable to read"),
        Case("unclosed.xml", "<?xml version=\"1.0\"?><net name=\"a\" version=\"11\"><layers>", ""),
        Case("hollow.xml", "<?xml version=\"1.0\"?><net name=\"a\" version=\"11\"></net>", "0 inputs and 0 outputs"),
        Case("cut.xml", String(TestModels.relu().prefix(300)), ""),
        Case("zeros.onnx", [UInt8](repeating: 0, count: 64), ""),
        Case("cut.onnx", Array(TestModels.onnxRelu.dropLast(20)), ""),
        Case("head.tflite", Array("\u{1C}\0\0\0TFL3".utf8) + [UInt8](repeating: 0xFF, count: 64), ""),
        Case("noWeights.xml", TestModels.scale, ""),
        Case("emptyWeights.xml", TestModels.scale, weights: [], ""),
        Case("cutWeights.xml", TestModels.scale, weights: Array(TestModels.scaleWeights.prefix(10)), ""),
        Case(
            "farWeights.xml",
            TestModels.scale.replacing("offset=\"0\"", with: "offset=\"99999999\""),
            weights: TestModels.scaleWeights,
            ""
        ),
        Case(
            "wrappingWeights.xml",
            TestModels.scale.replacing("offset=\"0\"", with: "offset=\"18446744073709551608\""),
            weights: TestModels.scaleWeights,
            ""
        ),
        Case("unknownLayer.xml", TestModels.relu().replacing("ReLU", with: "Teleport"), "Teleport"),
        Case("unknownType.xml", TestModels.relu().replacing("\"f32\"", with: "\"f33\""), "f33"),
        Case("looseEdge.xml", TestModels.relu().replacing("to-layer=\"2\"", with: "to-layer=\"9\""), ""),
        Case("loop.xml", TestModels.relu().replacing("from-layer=\"0\"", with: "from-layer=\"1\""), ""),
        Case("wordyShape.xml", TestModels.relu().replacing("shape=\"1,4\"", with: "shape=\"one,four\""), ""),
    ]

    @Test(arguments: cases)
    func givesAClearError(bad: Case) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/" + bad.name
        if let contents = bad.contents {
            _ = try directory.write(bad.name, contents)
        }
        if let weights = bad.weights {
            _ = try directory.write(String(bad.name.dropLast(3)) + "bin", weights)
        }
        let core = try OpenVINOCore()
        let error = try #require(throws: OpenVINOError.self) {
            try core.compile(modelAt: path, for: "CPU", options: .init())
        }
        #expect(error.subject == path)
        #expect(!error.reason.isEmpty)
        #expect(!error.description.contains("\n"))
        #expect(bad.words.isEmpty || error.description.contains(bad.words))
    }

    @Test func aDirectoryIsNoModel() throws {
        let directory = try TemporaryDirectory()
        #expect(mkdir(directory.path + "/folder.xml", 0o700) == 0)
        let error = #expect(throws: OpenVINOError.self) {
            try OpenVINOCore().compile(modelAt: directory.path + "/folder.xml", for: "CPU", options: .init())
        }
        #expect(error?.description.contains("not a regular file") == true)
    }

    @Test func aPipeIsNotWaitedFor() throws {
        let directory = try TemporaryDirectory()
        #expect(mkfifo(directory.path + "/pipe.onnx", 0o600) == 0)
        #expect(throws: OpenVINOError.self) {
            try OpenVINOCore().compile(modelAt: directory.path + "/pipe.onnx", for: "CPU", options: .init())
        }
    }

    @Test func aPathEndsWhereItEnds() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("relu.xml", TestModels.relu().utf8)
        #expect(throws: OpenVINOError.self) {
            try OpenVINOCore().compile(modelAt: path + "\0.onnx", for: "CPU", options: .init())
        }
    }

    @Test func aCoreSurvivesFailures() throws {
        let directory = try TemporaryDirectory()
        let bad = try directory.write("bad.xml", TestModels.scale.utf8)
        let good = try directory.write("good.xml", TestModels.relu().utf8)
        let core = try OpenVINOCore()
        for _ in 0..<3 {
            #expect(throws: OpenVINOError.self) { try core.compile(modelAt: bad, for: "CPU", options: .init()) }
            let network = try core.compile(modelAt: good, for: "CPU", options: .init())
            #expect(try network.makeRequest().result(for: [-1, 1, -1, 1]) == [0, 1, 0, 1])
        }
    }

    @Test func aDamagedCacheIsNoObstacle() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("scale.xml", TestModels.scale.utf8)
        _ = try directory.write("scale.bin", TestModels.scaleWeights)
        let cache = try TemporaryDirectory()
        let options = InferenceOptions(cacheDirectory: cache.path)
        _ = try OpenVINOCore().compile(modelAt: path, for: "CPU", options: options)
        for file in cache.contents {
            _ = try cache.write(file, "damaged".utf8)
        }
        let network = try OpenVINOCore().compile(modelAt: path, for: "CPU", options: options)
        #expect(try network.makeRequest().result(for: [1, 1, 1, 1]) == [1, 2, 3, 4])
    }
}
