internal import FoundationEssentials

/// Values as JSON text with keys in snake case.
enum JSONText {
    /// The value over several lines, keys in order: for people and for files that are compared.
    static func pretty(_ value: some Encodable) throws -> String {
        try encode(value, [.prettyPrinted]) + "\n"
    }

    /// An event on one line, its type first.
    static func event(_ type: String, _ value: some Encodable) throws -> String {
        let object = try encode(value, [])
        return "{\"type\":\"\(type)\"" + (object == "{}" ? "" : ",") + object.dropFirst() + "\n"
    }

    private static func encode(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [formatting, .sortedKeys, .withoutEscapingSlashes]
        // JSON has no such numbers, and one of them must not cost a whole report.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
