/// A parameter of a stage: its name, kind, range and default.
public struct ParameterDescriptor: Sendable, Equatable {
    /// What values a parameter takes.
    public enum Kind: Sendable, Equatable {
        /// A number in a range.
        case number(ClosedRange<Double>)
        /// A whole number in a range.
        case integer(ClosedRange<Int>)
        /// `true` or `false`.
        case flag
        /// One of some words.
        case choice([String])
        /// Any text; the example shows its form.
        case text(example: String)
        /// Words that are always accepted, a colour `#RRGGBB`, or the name of an image or video.
        case background(words: [String])
        /// The name of an asset of the given kind: a path on the command line, an asset id over HTTP.
        case asset(kind: String)
    }

    /// The name, in snake case.
    public let name: String
    /// What values it takes.
    public let kind: Kind
    /// The value when the user gives none; `nil` when the parameter is required or off by default.
    public let defaultValue: ParameterValue?
    /// Whether the user must give it.
    public let isRequired: Bool
    /// The unit for forms: `s`, `LUFS`, `nits`; empty when there is none.
    public let unit: String
    /// What it does, one sentence without a full stop.
    public let summary: String

    /// Describes a parameter.
    public init(
        _ name: String,
        _ kind: Kind,
        default defaultValue: ParameterValue? = nil,
        isRequired: Bool = false,
        unit: String = "",
        _ summary: String
    ) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.isRequired = isRequired
        self.unit = unit
        self.summary = summary
    }
}

/// The value of a parameter.
public enum ParameterValue: Sendable, Hashable {
    /// Text, a word, a colour, a name.
    case text(String)
    /// A number; whole numbers too.
    case number(Double)
    /// A flag.
    case flag(Bool)
}

/// Checked parameters of one stage: every value is of its descriptor's kind and in range, defaults are filled in.
public struct StageParameters: Sendable, Equatable {
    /// The values by parameter name.
    public let values: [String: ParameterValue]

    /// Makes parameters that are known to be right.
    public init(checked values: [String: ParameterValue]) { self.values = values }

    /// A number; traps when the parameter is not a number with a default.
    public func number(_ name: String) -> Double {
        guard case .number(let value)? = values[name] else { preconditionFailure("no number parameter \(name)") }
        return value
    }

    /// A whole number; traps when the parameter is not a number with a default.
    public func integer(_ name: String) -> Int { Int(number(name)) }

    /// A flag; traps when the parameter is not a flag with a default.
    public func flag(_ name: String) -> Bool {
        guard case .flag(let value)? = values[name] else { preconditionFailure("no flag parameter \(name)") }
        return value
    }

    /// A text, or `nil` when the user gave none and there is no default.
    public func text(_ name: String) -> String? {
        guard case .text(let value)? = values[name] else { return nil }
        return value
    }
}
