import Testing

import Inference
@testable import OpenVINOKit

@Suite struct OpenVINOCoreTests {
    @Test func knowsItsVersion() throws {
        #expect(try OpenVINOCore.version().hasPrefix("20"))
        #expect(try OpenVINOCore().name.hasPrefix("OpenVINO 20"))
    }

    @Test func findsTheCPU() throws {
        let devices = try OpenVINOCore().devices()
        let cpu = try #require(devices.first { $0.kind == .cpu })
        #expect(cpu.id == "CPU")
        #expect(!cpu.fullName.isEmpty)
    }

    @Test func readsModelsIntoMemoryRatherThanMapping() throws {
        #expect(try OpenVINOCore().property(.enableMemoryMapping) == "NO")
    }

    @Test func setsAndGetsProperties() throws {
        let core = try OpenVINOCore()
        try core.setProperties([.inferenceThreadCount: "1"], for: "CPU")
        #expect(try core.property(.inferenceThreadCount, of: "CPU") == "1")
    }

    @Test(arguments: [("NO_SUCH_PROPERTY", "CPU"), ("FULL_DEVICE_NAME", "TPU")])
    func namesAnUnknownPropertyOrDevice(property: String, device: String) throws {
        let core = try OpenVINOCore()
        let error = #expect(throws: OpenVINOError.self) {
            try core.property(OpenVINOProperty(rawValue: property), of: device)
        }
        #expect(error?.subject == property)
        #expect(error?.call == "ov_core_get_property")
        #expect(error?.message.isEmpty == false)
    }

    @Test(arguments: [
        ("CPU", InferenceDevice.Kind.cpu), ("GPU", .gpu), ("GPU.1", .gpu), ("NPU", .npu), ("TEMPLATE", .other),
    ])
    func tellsKindsOfDevices(name: String, kind: InferenceDevice.Kind) {
        #expect(InferenceDevice.Kind(openVINODevice: name) == kind)
    }

    @Test(arguments: [
        (InferenceOptions(streamCount: 3), "CPU", ["NUM_STREAMS": "3", "INFERENCE_NUM_THREADS": "3"]),
        (InferenceOptions(threadCount: 3), "CPU", ["NUM_STREAMS": "3", "INFERENCE_NUM_THREADS": "3"]),
        (
            InferenceOptions(streamCount: 1, threadCount: 4), "CPU",
            ["NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "4"]
        ),
        (InferenceOptions(performanceGoal: .latency), "CPU", ["PERFORMANCE_HINT": "LATENCY"]),
        (
            InferenceOptions(performanceGoal: .throughput, threadCount: 2), "CPU",
            ["PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_NUM_THREADS": "2"]
        ),
        (InferenceOptions(), "GPU", [:]),
        (InferenceOptions(streamCount: 2, threadCount: 2), "GPU.0", ["NUM_STREAMS": "2"]),
        (
            InferenceOptions(precision: .bfloat16, cacheDirectory: "/c"), "GPU",
            ["INFERENCE_PRECISION_HINT": "bf16", "CACHE_DIR": "/c"]
        ),
        (
            InferenceOptions(streamCount: 2, backendProperties: ["NUM_STREAMS": "5"]), "GPU",
            ["NUM_STREAMS": "5"]
        ),
    ])
    func saysOptionsInTheLibrarysWords(options: InferenceOptions, device: String, expected: [String: String]) {
        let properties = options.openVINOProperties(for: device)
        #expect(properties.count == expected.count)
        for (name, value) in expected {
            #expect(properties[OpenVINOProperty(rawValue: name)] == value)
        }
    }

    @Test func givesEachRequestOneThreadByDefault() throws {
        let properties = InferenceOptions().openVINOProperties(for: "CPU")
        #expect(properties[.streamCount] == properties[.inferenceThreadCount])
        let streams = try #require(properties[.streamCount].flatMap { Int($0) })
        #expect(streams >= 1)

        let directory = try TemporaryDirectory()
        let path = try directory.write("relu.xml", TestModels.relu().utf8)
        let core = try OpenVINOCore()
        let compiled = try core.compile(core.readModel(at: path), for: "CPU", properties: properties)
        #expect(try compiled.property(.streamCount) == "\(streams)")
        #expect(try compiled.property(.inferenceThreadCount) == "\(streams)")
        #expect(throws: OpenVINOError.self) { try compiled.property("NO_SUCH_PROPERTY") }
    }

    @Test func refusesAnUnknownDeviceOrValue() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("relu.xml", TestModels.relu().utf8)
        let core = try OpenVINOCore()
        #expect(throws: OpenVINOError.self) { try core.compile(modelAt: path, for: "TPU", options: .init()) }
        let wrong = InferenceOptions(backendProperties: ["NUM_STREAMS": "many"])
        #expect(throws: OpenVINOError.self) { try core.compile(modelAt: path, for: "CPU", options: wrong) }
    }

    @Test func keepsCompiledModelsInTheCacheDirectory() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("scale.xml", TestModels.scale.utf8)
        _ = try directory.write("scale.bin", TestModels.scaleWeights)
        let options = InferenceOptions(cacheDirectory: directory.path + "/cache/networks")
        let core = try OpenVINOCore()
        for _ in 0..<2 {
            let request = try core.compile(modelAt: path, for: "CPU", options: options).makeRequest()
            #expect(try request.result(for: [1, 1, 1, 1]) == [1, 2, 3, 4])
        }
        #expect(directory.contents.contains("cache"))
    }
}
