/// The type of a tensor's elements.
public enum TensorElementType: Sendable, Hashable {
    /// One byte per truth value.
    case boolean
    /// The upper half of an IEEE 754 binary32.
    case bfloat16
    /// IEEE 754 binary16.
    case float16
    /// IEEE 754 binary32.
    case float32
    /// IEEE 754 binary64.
    case float64
    /// A signed 8-bit integer.
    case int8
    /// A signed 16-bit integer.
    case int16
    /// A signed 32-bit integer.
    case int32
    /// A signed 64-bit integer.
    case int64
    /// An unsigned 8-bit integer.
    case uint8
    /// An unsigned 16-bit integer.
    case uint16
    /// An unsigned 32-bit integer.
    case uint32
    /// An unsigned 64-bit integer.
    case uint64
    /// A type that has no Swift counterpart (packed 4-bit, string, …), by the backend's name for it.
    case other(String)

    /// The bytes that one element takes, or `nil` where an element is not a whole number of bytes.
    public var byteCount: Int? {
        switch self {
        case .boolean, .int8, .uint8: 1
        case .bfloat16, .float16, .int16, .uint16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        case .other: nil
        }
    }
}

extension TensorElementType: CustomStringConvertible {
    /// The short name used by model files: `f32`, `u8`, `bf16`, ….
    public var description: String {
        switch self {
        case .boolean: "boolean"
        case .bfloat16: "bf16"
        case .float16: "f16"
        case .float32: "f32"
        case .float64: "f64"
        case .int8: "i8"
        case .int16: "i16"
        case .int32: "i32"
        case .int64: "i64"
        case .uint8: "u8"
        case .uint16: "u16"
        case .uint32: "u32"
        case .uint64: "u64"
        case .other(let name): name
        }
    }
}

/// A Swift type that a tensor's memory can be viewed as.
///
/// Conforming types have no padding, and any bit pattern is a value of theirs.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// The tensor element type with this layout.
    static var tensorElementType: TensorElementType { get }
}

extension Float16: TensorElement {
    /// `f16`.
    public static var tensorElementType: TensorElementType { .float16 }
}

extension Float: TensorElement {
    /// `f32`.
    public static var tensorElementType: TensorElementType { .float32 }
}

extension Double: TensorElement {
    /// `f64`.
    public static var tensorElementType: TensorElementType { .float64 }
}

extension Int8: TensorElement {
    /// `i8`.
    public static var tensorElementType: TensorElementType { .int8 }
}

extension Int16: TensorElement {
    /// `i16`.
    public static var tensorElementType: TensorElementType { .int16 }
}

extension Int32: TensorElement {
    /// `i32`.
    public static var tensorElementType: TensorElementType { .int32 }
}

extension Int64: TensorElement {
    /// `i64`.
    public static var tensorElementType: TensorElementType { .int64 }
}

extension UInt8: TensorElement {
    /// `u8`.
    public static var tensorElementType: TensorElementType { .uint8 }
}

extension UInt16: TensorElement {
    /// `u16`.
    public static var tensorElementType: TensorElementType { .uint16 }
}

extension UInt32: TensorElement {
    /// `u32`.
    public static var tensorElementType: TensorElementType { .uint32 }
}

extension UInt64: TensorElement {
    /// `u64`.
    public static var tensorElementType: TensorElementType { .uint64 }
}
