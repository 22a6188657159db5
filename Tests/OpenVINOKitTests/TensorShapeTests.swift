import Inference
import OpenVINOKit
import Testing

@Suite struct TensorShapeTests {
    @Test(
        arguments: [
            ([1, 3, 144, 256], "1x3x144x256", 110_592, false),
            ([1, nil, 6], "1x?x6", nil, true),
            ([], "scalar", 1, false),
            ([0, 4], "0x4", 0, false),
            ([.max, 2], "\(Int.max)x2", nil, false),
            (.unranked, "unranked", nil, true),
        ] as [(TensorShape, String, Int?, Bool)]
    )
    func describesItself(shape: TensorShape, text: String, count: Int?, isDynamic: Bool) {
        #expect(shape.description == text)
        #expect(shape.elementCount == count)
        #expect(shape.isDynamic == isDynamic)
    }

    @Test func aScalarIsNotAnUnrankedTensor() {
        #expect(TensorShape([]) != .unranked)
    }

    @Test(
        arguments: [
            (.float32, [1, 3], 12),
            (.uint8, [1, 3], 3),
            (.bfloat16, [5], 10),
            (.other("i4"), [1, 3], nil),
            (.float32, [1, nil], nil),
            (.int64, [.max], nil),
        ] as [(TensorElementType, TensorShape, Int?)]
    )
    func countsBytes(type: TensorElementType, shape: TensorShape, bytes: Int?) {
        #expect(TensorDescription(name: nil, shape: shape, elementType: type).byteCount == bytes)
    }

    @Test func aDescriptionReadsAsOneWord() {
        let description = TensorDescription(name: "image", shape: [1, 3, nil], elementType: .uint8)
        #expect("\(description)" == "image u8[1x3x?]")
    }
}
