/// What is known about an installed network: the `.json` beside its files.
public struct ModelManifest: Sendable, Codable, Equatable {
    /// The name by which stages and users call it.
    public var name: String
    /// The name for people.
    public var title: String
    /// What it is for, such as `person_segmentation`; `nil` when the user did not say.
    public var task: String?
    /// Its licence by SPDX name; `nil` when unknown.
    public var licence: String?
    /// Where it comes from.
    public var source: Source
    /// What rebuilt it; `nil` when the files are as they were published.
    public var converter: Converter?
    /// Its files by name.
    public var files: [String: File]
    /// What goes in.
    public var inputs: [Tensor]
    /// What comes out.
    public var outputs: [Tensor]

    /// Where a network comes from.
    public struct Source: Sendable, Codable, Equatable {
        /// The package with its version; `nil` for a user's own file.
        public var package: String?
        /// The file inside the package, or the name of the user's file.
        public var file: String
        /// SHA-256 of that file.
        public var sha256: String
    }

    /// What rebuilt a network.
    public struct Converter: Sendable, Codable, Equatable {
        /// The script.
        public var script: String
        /// The version of its rules.
        public var version: Int
        /// The version of OpenVINO that wrote the files.
        public var openvino: String
    }

    /// One file.
    public struct File: Sendable, Codable, Equatable {
        /// SHA-256 of its bytes.
        public var sha256: String
        /// Its size.
        public var bytes: Int64
    }

    /// One input or output.
    public struct Tensor: Sendable, Codable, Equatable {
        /// Its name, if it has one.
        public var name: String?
        /// The type of its elements, such as `f32`.
        public var elementType: String
        /// Its extents, outermost first, `nil` where open; `nil` when even their number is open.
        public var shape: [Int?]?
        /// What the axes are, such as `NCHW`.
        public var layout: String?
        /// The order of the channels, such as `RGB`.
        public var color: String?
        /// The least and the greatest value.
        public var range: [Double]?
        /// How 8-bit values become what it takes.
        public var normalisation: Normalisation?
        /// What an output tells.
        public var meaning: String?

        private enum CodingKeys: String, CodingKey {
            case name, shape, layout, color, range, normalisation, meaning
            case elementType = "element_type"
        }
    }

    /// From 8-bit values: `(value - mean) / scale`, for each channel.
    public struct Normalisation: Sendable, Codable, Equatable {
        /// What is taken away.
        public var mean: [Double]
        /// What the rest is divided by.
        public var scale: [Double]
    }

    /// The file that is opened: the one with the graph.
    public var mainFile: String? {
        files.keys.sorted().first { ModelFileKind(fileName: $0) != nil }
    }

    /// The size of all its files in bytes.
    public var byteCount: Int64 { files.values.reduce(0) { $0 + $1.bytes } }
}

/// The kinds of files that hold a network's graph.
enum ModelFileKind: String, CaseIterable {
    /// OpenVINO's own, with the weights in a `.bin` beside it.
    case intermediateRepresentation = "xml"
    /// Open Neural Network Exchange.
    case onnx
    /// TensorFlow Lite.
    case tensorFlowLite = "tflite"

    /// The kind that a file's name says.
    init?(fileName: String) {
        guard let dot = fileName.lastIndex(of: ".") else { return nil }
        self.init(rawValue: fileName[fileName.index(after: dot)...].lowercased())
    }
}
