/// Reads `NAME:key=value:key=value`.
struct ShorthandParser {
    private let argument: String

    init(_ argument: String) { self.argument = argument }

    func request(in catalogue: StageCatalogue) throws -> StageRequest {
        let bytes = Array(argument.utf8)
        let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
        let name = String(decoding: bytes[..<colon], as: UTF8.self)
        guard !name.isEmpty else {
            throw StageError(.usage, stage: "", "'\(argument)' names no stage; write NAME or NAME:parameter=value")
        }
        let descriptor = try catalogue.descriptor(named: name)
        var request = StageRequest(name)
        guard colon < bytes.count else { return request }

        var rest = bytes[(colon + 1)...]
        while true {
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else {
                throw StageError(
                    .usage,
                    stage: name,
                    "'\(String(decoding: rest, as: UTF8.self))' is not of the form parameter=value; "
                        + descriptor.parameterHint
                )
            }
            let key = String(decoding: rest[..<equals], as: UTF8.self)
            guard descriptor.parameters.contains(where: { $0.name == key }) else {
                throw descriptor.unknownParameter(key)
            }
            guard request.parameters[key] == nil else { throw StageError(.usage, stage: name, "\(key) is given twice") }
            let (value, end) = Self.value(in: rest[(equals + 1)...], of: descriptor)
            request.parameters[key] = .text(value)
            guard let end else { return request }
            rest = rest[(end + 1)...]
        }
    }

    /// The value at the beginning of `bytes`, and where the separating colon is if another parameter follows.
    private static func value(in bytes: ArraySlice<UInt8>, of descriptor: StageDescriptor) -> (String, Int?) {
        var value: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\\"), index + 1 < bytes.endIndex, bytes[index + 1] == UInt8(ascii: ":") {
                value.append(UInt8(ascii: ":"))
                index += 2
                continue
            }
            if byte == UInt8(ascii: ":"), startsParameter(bytes[(index + 1)...], of: descriptor) {
                return (String(decoding: value, as: UTF8.self), index)
            }
            value.append(byte)
            index += 1
        }
        return (String(decoding: value, as: UTF8.self), nil)
    }

    private static func startsParameter(_ bytes: ArraySlice<UInt8>, of descriptor: StageDescriptor) -> Bool {
        descriptor.parameters.contains { parameter in
            let name = parameter.name.utf8
            return bytes.starts(with: name) && bytes.dropFirst(name.count).first == UInt8(ascii: "=")
        }
    }
}
