/// What a network says about one of its inputs or outputs.
public struct TensorDescription: Sendable, Hashable {
    /// The tensor's name in the model file, or `nil` where the file gives none; the index always identifies it.
    public var name: String?

    /// The extents, as far as they are known before the network runs.
    public var shape: TensorShape

    /// The type of each element.
    public var elementType: TensorElementType

    /// Describes a tensor.
    ///
    /// - Parameters:
    ///   - name: The tensor's name in the model file, if it has one.
    ///   - shape: The extents, outermost first.
    ///   - elementType: The type of each element.
    public init(name: String?, shape: TensorShape, elementType: TensorElementType) {
        self.name = name
        self.shape = shape
        self.elementType = elementType
    }

    /// The tensor's size in bytes, or `nil` where shape or element type leave it open.
    public var byteCount: Int? {
        guard let count = shape.elementCount, let width = elementType.byteCount else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: width)
        return overflow ? nil : product
    }
}

extension TensorDescription: CustomStringConvertible {
    /// For messages: `input_1 f32[1x3x144x256]`.
    public var description: String {
        "\(name ?? "(unnamed)") \(elementType)[\(shape)]"
    }
}
