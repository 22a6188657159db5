internal import Rendering

/// What a user gave to one command, checked against its description.
struct ParsedArguments: Sendable {
    private(set) var positionals: [String] = []
    private var valuesByName: [String: [String]] = [:]

    /// Whether an option was given.
    func has(_ option: OptionDescription) -> Bool { valuesByName[option.name] != nil }

    /// The value of an option that may be given once.
    func value(_ option: OptionDescription) -> String? { valuesByName[option.name]?.last }

    /// All values of an option that may be repeated, in order.
    func values(_ option: OptionDescription) -> [String] { valuesByName[option.name] ?? [] }

    /// The names of all options that were given.
    var optionNames: Set<String> { Set(valuesByName.keys) }

    mutating func append(_ positional: String) { positionals.append(positional) }

    mutating func add(_ value: String, for option: OptionDescription) throws {
        // A flag says the same when it is said again; two values contradict each other.
        if valuesByName[option.name] != nil, !option.isRepeatable, option.value != nil {
            throw RenderError(.usage, "--\(option.name) is given twice", remedy: "give it once")
        }
        valuesByName[option.name, default: []].append(value)
    }
}
