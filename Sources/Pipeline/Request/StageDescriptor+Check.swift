extension StageDescriptor {
    /// Checks what a user gave and fills in the defaults.
    ///
    /// Numbers and flags may be given as text, as command lines and forms do; a number is also taken where text is
    /// expected, so that `{"sync": 40}` works.
    ///
    /// - Throws: ``StageError`` with the code `usage` that names the parameter, the value and what is allowed.
    public func check(_ given: [String: ParameterValue]) throws -> StageParameters {
        // In a fixed order, so that the same mistake always gives the same message.
        for key in given.keys.sorted() where !parameters.contains(where: { $0.name == key }) {
            throw unknownParameter(key)
        }
        var values: [String: ParameterValue] = [:]
        for parameter in parameters {
            if let value = given[parameter.name] {
                values[parameter.name] = try check(value, for: parameter)
            } else if let value = parameter.defaultValue {
                values[parameter.name] = value
            } else if parameter.isRequired {
                throw StageError(.usage, stage: name, "needs \(parameter.name): \(parameter.allowedValues)")
            }
        }
        return StageParameters(checked: values)
    }

    func unknownParameter(_ key: String) -> StageError {
        let hint = Spelling.suggestion(for: key, among: parameters.map(\.name)).map { "did you mean '\($0)'?" }
        return StageError(.usage, stage: name, "has no parameter '\(key)'; \(hint ?? parameterHint)")
    }

    var parameterHint: String {
        parameters.isEmpty ? "it takes none" : "it takes \(parameters.map(\.name).joined(separator: ", "))"
    }

    private func check(_ value: ParameterValue, for parameter: ParameterDescriptor) throws -> ParameterValue {
        switch (parameter.kind, value) {
        case (.number(let range), _):
            guard let number = Self.number(value), range.contains(number) else { throw refusal(of: value, parameter) }
            return .number(number)
        case (.integer(let range), _):
            guard let number = Self.number(value), let whole = Int(exactly: number), range.contains(whole) else {
                throw refusal(of: value, parameter)
            }
            return .number(number)
        case (.flag, .flag): return value
        case (.flag, .text("true")), (.flag, .text("yes")), (.flag, .text("on")), (.flag, .text("1")):
            return .flag(true)
        case (.flag, .text("false")), (.flag, .text("no")), (.flag, .text("off")), (.flag, .text("0")):
            return .flag(false)
        case (.choice(let words), .text(let word)) where words.contains(word): return value
        case (.background(let words), .text(let text)):
            guard Self.isUsable(text), words.contains(text) || !text.hasPrefix("#") || Self.isColor(text) else {
                throw refusal(of: value, parameter)
            }
            return value
        case (.text, .text(let text)), (.asset, .text(let text)):
            guard Self.isUsable(text) else { throw refusal(of: value, parameter) }
            return value
        case (.text, .number(let number)) where number.isFinite: return .text(PlainNumber.text(number))
        case (.flag, _), (.choice, _), (.background, _), (.text, _), (.asset, _): throw refusal(of: value, parameter)
        }
    }

    private func refusal(of value: ParameterValue, _ parameter: ParameterDescriptor) -> StageError {
        var hint = ""
        if case .text(let text) = value {
            if let key = strayParameter(in: text, parameter) { return unknownParameter(key) }
            if case .choice(let words) = parameter.kind, let word = Spelling.suggestion(for: text, among: words) {
                hint = "; did you mean '\(word)'?"
            }
        }
        return StageError(
            .usage,
            stage: name,
            "\(parameter.name) must be \(parameter.allowedValues), not \(value.quoted)\(hint)"
        )
    }

    /// The misspelt parameter that the short form took as a part of a value, as in `scale=2:modle=lanczos`.
    private func strayParameter(in text: String, _ parameter: ParameterDescriptor) -> String? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let rest = text[text.index(after: colon)...]
        guard let equals = rest.firstIndex(of: "=") else { return nil }
        let key = rest[..<equals]
        return key.isEmpty || !key.allSatisfy({ $0.isLetter || $0 == "_" || $0 == "-" }) ? nil : String(key)
    }

    /// The finite number that a value stands for: no `nan`, `inf` or hexadecimal digits, which `Double` would take.
    private static func number(_ value: ParameterValue) -> Double? {
        switch value {
        case .number(let number): return number.isFinite ? number : nil
        case .text(let text):
            guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(text) else {
                return nil
            }
            return number.isFinite ? number : nil
        case .flag: return nil
        }
    }

    /// Text that can be given to C: not empty, without a zero byte.
    private static func isUsable(_ text: String) -> Bool { !text.isEmpty && !text.utf8.contains(0) }

    private static func isColor(_ text: String) -> Bool {
        text.utf8.count == 7 && text.dropFirst().allSatisfy { $0.isHexDigit && $0.isASCII }
    }
}

extension ParameterDescriptor {
    /// What may be given, in words that follow "must be": `a whole number from 2 to 4`.
    public var allowedValues: String {
        let unit = unit.isEmpty ? "" : " " + unit
        switch kind {
        case .number(let range): return "a number" + Self.limits(range.lowerBound, range.upperBound) + unit
        case .integer(let range):
            let (lower, upper) = (Double(range.lowerBound), Double(range.upperBound))
            return "a whole number" + Self.limits(lower, upper) + unit
        case .flag: return "true or false"
        case .choice(let words): return "one of " + words.joined(separator: ", ")
        case .text(let example): return example.isEmpty ? "text" : "text such as '\(example)'"
        case .background(let words):
            return (words + ["a colour #RRGGBB", "the name of an image or video"]).joined(separator: ", ")
        case .asset(let kind): return "the name of a \(kind)"
        }
    }

    /// Bounds beyond any sensible value mean that there is none.
    private static func limits(_ lower: Double, _ upper: Double) -> String {
        switch (lower > -1e15, upper < 1e15) {
        case (true, true): " from \(PlainNumber.text(lower)) to \(PlainNumber.text(upper))"
        case (true, false): " of at least \(PlainNumber.text(lower))"
        case (false, true): " of at most \(PlainNumber.text(upper))"
        case (false, false): ""
        }
    }
}

extension ParameterValue {
    /// The value as messages show it.
    fileprivate var quoted: String {
        switch self {
        case .text(let text): "'\(text)'"
        case .number(let number): PlainNumber.text(number)
        case .flag(let flag): "\(flag)"
        }
    }
}

/// Numbers as people write them: whole ones without `.0`.
enum PlainNumber {
    static func text(_ number: Double) -> String {
        Int64(exactly: number).map { "\($0)" } ?? "\(number)"
    }
}
