internal import Inference
internal import COpenVINO

extension TensorDescription {
    /// Reads what a model says about one of its inputs or outputs.
    ///
    /// - Parameter port: A `ov_output_const_port_t` of a model or compiled model, borrowed.
    /// - Throws: The error of the failed call.
    init(port: OpaquePointer) throws(OpenVINOError) {
        var elementType = ov_element_type_e(rawValue: 0)
        try check(ov_port_get_element_type(port, &elementType), "ov_port_get_element_type")

        var partialShape = ov_partial_shape_t()
        try check(ov_port_get_partial_shape(port, &partialShape), "ov_port_get_partial_shape")
        defer { ov_partial_shape_free(&partialShape) }

        // A tensor without a name is legal in an IR file: the call then fails, and that is no failure here.
        var name: UnsafeMutablePointer<CChar>?
        let status = ov_port_get_any_name(port, &name)
        let hasName = status.rawValue == OpenVINOError.Code.ok.rawValue

        self.init(
            name: hasName ? takeString(name) : nil,
            shape: TensorShape(partialShape),
            elementType: TensorElementType(elementType),
        )
    }

    /// Reads the descriptions of all inputs, or all outputs, of a model or compiled model.
    ///
    /// - Parameters:
    ///   - countCall: The name of the function behind `count`, for the error.
    ///   - count: Asks for the number of ports.
    ///   - portCall: The name of the function behind `port`, for the error.
    ///   - port: Asks for the port of an index.
    /// - Returns: The descriptions, in the order of their indices.
    /// - Throws: The error of the failed call.
    static func all(
        _ countCall: StaticString,
        _ count: (inout Int) -> ov_status_e,
        _ portCall: StaticString,
        _ port: (Int, inout OpaquePointer?) -> ov_status_e,
    ) throws(OpenVINOError) -> [TensorDescription] {
        var total = 0
        try check(count(&total), countCall)
        var descriptions: [TensorDescription] = []
        descriptions.reserveCapacity(total)
        for index in 0..<total {
            let handle = try makeObject(portCall) { port(index, &$0) }
            defer { ov_output_const_port_free(handle) }
            descriptions.append(try TensorDescription(port: handle))
        }
        return descriptions
    }
}

extension TensorShape {
    /// Copies a shape of the library.
    ///
    /// - Parameter shape: A shape that may be open in places; stays the caller's to free.
    init(_ shape: ov_partial_shape_t) {
        guard !ov_rank_is_dynamic(shape.rank) else {
            self = .unranked
            return
        }
        let dimensions = UnsafeBufferPointer(start: shape.dims, count: Int(shape.rank.max))
        self.init(dimensions.map { ov_dimension_is_dynamic($0) ? nil : Int($0.max) })
    }

    /// Copies a static shape of the library.
    ///
    /// - Parameter shape: The shape; stays the caller's to free.
    init(_ shape: ov_shape_t) {
        self.init(UnsafeBufferPointer(start: shape.dims, count: Int(shape.rank)).map { Int($0) })
    }

    /// Lends the shape, which must be static, in the library's form.
    ///
    /// - Parameter body: Makes the call; the shape ends with it.
    /// - Returns: What `body` returns.
    func withStaticShape<Result>(_ body: (ov_shape_t) -> Result) -> Result {
        precondition(!isDynamic, "A tensor has a static shape")
        var extents = dimensions.map { Int64($0 ?? 0) }
        return extents.withUnsafeMutableBufferPointer { buffer in
            // The library only reads it, and a `ov_shape_t` on the stack spares `ov_shape_create` and its free.
            body(ov_shape_t(rank: Int64(buffer.count), dims: buffer.baseAddress))
        }
    }
}

extension TensorElementType {
    /// Names a type of the library.
    ///
    /// - Parameter type: The library's enumerator.
    init(_ type: ov_element_type_e) {
        self =
            switch type {
            case OV_BOOLEAN: .boolean
            case BF16: .bfloat16
            case F16: .float16
            case F32: .float32
            case F64: .float64
            case I8: .int8
            case I16: .int16
            case I32: .int32
            case I64: .int64
            case U8: .uint8
            case U16: .uint16
            case U32: .uint32
            case U64: .uint64
            case DYNAMIC: .other("dynamic")
            case STRING: .other("string")
            case I4: .other("i4")
            case U1: .other("u1")
            case U2: .other("u2")
            case U3: .other("u3")
            case U4: .other("u4")
            case U6: .other("u6")
            case NF4: .other("nf4")
            case F8E4M3: .other("f8e4m3")
            case F8E5M3: .other("f8e5m2")
            case F4E2M1: .other("f4e2m1")
            case F8E8M0: .other("f8e8m0")
            default: .other("ov_element_type_e \(type.rawValue)")
            }
    }

    /// The library's enumerator, or `nil` for types without a Swift counterpart.
    var enumerator: ov_element_type_e? {
        switch self {
        case .boolean: OV_BOOLEAN
        case .bfloat16: BF16
        case .float16: F16
        case .float32: F32
        case .float64: F64
        case .int8: I8
        case .int16: I16
        case .int32: I32
        case .int64: I64
        case .uint8: U8
        case .uint16: U16
        case .uint32: U32
        case .uint64: U64
        case .other: nil
        }
    }
}
