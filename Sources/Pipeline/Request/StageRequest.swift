/// What a user asks for: the name of a stage and parameters that nobody has checked yet.
///
/// The three forms are the command line's `NAME:key=value` (``StageCatalogue/request(parsing:)``), the JSON string
/// `"upscaling"` and the JSON object `{"stage":"upscaling","scale":2}` (by `Codable`).
public struct StageRequest: Sendable, Hashable {
    /// The name of the stage.
    public var stage: String
    /// The values as given: text from the command line, text, numbers and flags from JSON.
    public var parameters: [String: ParameterValue]

    /// Makes a request.
    public init(_ stage: String, _ parameters: [String: ParameterValue] = [:]) {
        self.stage = stage
        self.parameters = parameters
    }
}

extension StageRequest: Codable {
    private struct Key: CodingKey, Hashable {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
        static let stage = Key(stringValue: "stage")
    }

    /// Reads `"NAME"` or `{"stage":"NAME", …}`; a parameter that is `null` counts as not given, and a list of words
    /// becomes one text with commas.
    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            self.init(name)
            return
        }
        guard let container = try? decoder.container(keyedBy: Key.self) else {
            throw StageError(
                .usage,
                stage: "",
                "a stage is a name or an object such as {\"stage\":\"upscaling\",\"scale\":2}"
            )
        }
        guard let name = try? container.decode(String.self, forKey: .stage) else {
            throw StageError(.usage, stage: "", "an object that asks for a stage needs its name as text in \"stage\"")
        }
        self.init(name)
        for key in container.allKeys where key != .stage {
            if try container.decodeNil(forKey: key) { continue }
            guard let value = Self.value(in: container, key) else {
                throw StageError(
                    .usage,
                    stage: name,
                    "\(key.stringValue) must be text, a number, true or false, or a list of words"
                )
            }
            parameters[key.stringValue] = value
        }
    }

    private static func value(in container: KeyedDecodingContainer<Key>, _ key: Key) -> ParameterValue? {
        if let value = try? container.decode(ParameterValue.self, forKey: key) { return value }
        return (try? container.decode([String].self, forKey: key)).map { .text($0.joined(separator: ",")) }
    }

    /// Writes the name alone, or an object when there are parameters.
    public func encode(to encoder: any Encoder) throws {
        if parameters.isEmpty {
            var container = encoder.singleValueContainer()
            try container.encode(stage)
            return
        }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(stage, forKey: .stage)
        for (name, value) in parameters {
            try container.encode(value, forKey: Key(stringValue: name))
        }
    }
}
