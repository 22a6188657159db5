public import MediaCore

/// A step between two stages that do not speak the same format.
public struct Conversion: Sendable, Hashable {
    /// The kinds of conversion, which differ in what they need.
    public enum Kind: String, Sendable, Hashable {
        /// Other layout, depth, size or colours in the same memory.
        case convert
        /// From a device to host memory; nothing else changes.
        case download
        /// From host memory to a device; nothing else changes.
        case upload
    }

    /// What is done.
    public let kind: Kind
    /// What goes in.
    public let from: VideoFormat
    /// What comes out.
    public let to: VideoFormat

    /// Describes a conversion.
    public init(_ kind: Kind, from: VideoFormat, to: VideoFormat) {
        self.kind = kind
        self.from = from
        self.to = to
    }
}

extension Conversion: CustomStringConvertible {
    /// Kind and formats, for example `convert 1280×720 nv12 → 1280×720 yuv420p`.
    public var description: String { "\(kind.rawValue) \(from) → \(to)" }
}

/// Makes what carries out conversions.
public protocol FrameConverterFactory: Sendable {
    /// Makes a converter, which must emit exactly one frame for each frame it takes.
    ///
    /// - Throws: ``StageError`` when this machine cannot do the conversion.
    func makeConverter(_ conversion: Conversion) throws -> any StageInstance
}
