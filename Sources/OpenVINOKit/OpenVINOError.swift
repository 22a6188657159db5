internal import COpenVINO

/// What OpenVINO refused to do, and why.
///
/// `code` and `call` are always those of the failed call. The library keeps the text of its latest failure once for
/// the whole process, so when two threads fail at the same moment, `message` may be the other one's.
public struct OpenVINOError: Error, Sendable {
    /// The kind of failure.
    public var code: Code

    /// The C function that failed.
    public var call: String

    /// What the call was about, such as the path of a model or the name of a property, where that helps.
    public var subject: String?

    /// The library's own words, several lines with its source locations; `description` is for people.
    public var message: String

    /// Makes an error that was found here rather than by a C call.
    ///
    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - call: The function that found it.
    ///   - subject: What it was about.
    ///   - message: What is wrong, and what to do.
    init(code: Code, call: String, subject: String?, message: String) {
        self.code = code
        self.call = call
        self.subject = subject
        self.message = message
    }

    /// Makes the error of a C call that returned a status other than `OK`.
    ///
    /// - Parameters:
    ///   - status: What the call returned.
    ///   - call: The function's name.
    ///   - subject: What it was about.
    init(_ status: ov_status_e, _ call: StaticString, _ subject: String?) {
        let code = Code(rawValue: status.rawValue)
        // Only caught exceptions store a message. For the other statuses the stored text belongs to an older failure.
        let stored = code.carriesMessage ? takeString(ov_get_last_err_msg()) : nil
        self.init(
            code: code,
            call: "\(call)",
            subject: subject,
            message: stored ?? ov_get_error_info(status).map { String(cString: $0) } ?? code.description,
        )
    }
}

extension OpenVINOError: CustomStringConvertible {
    /// One line for people: the subject, the reason without C++ source locations, the call and the status.
    public var description: String {
        let prefix = subject.map { $0 + ": " } ?? ""
        return "\(prefix)\(reason) [\(call): \(code)]"
    }

    /// `message` on one line, without the lines that only tell where in OpenVINO's sources it arose.
    public var reason: String {
        let lines = message.split(whereSeparator: \.isNewline)
            .map { $0.trimmingSpaces() }
            .filter { !$0.isEmpty }
        let telling = lines.filter { line in
            !line.hasPrefix("Exception from ") && !(line.hasPrefix("Check '") && line.hasSuffix(":"))
        }
        return (telling.isEmpty ? lines : telling).joined(separator: " ")
    }
}

extension Substring {
    /// The substring without spaces and tabs at its ends.
    fileprivate func trimmingSpaces() -> Substring {
        var rest = drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" {
            rest.removeLast()
        }
        return rest
    }
}

/// Throws when a C call did not return `OK`.
///
/// - Parameters:
///   - status: What the call returned.
///   - call: The function's name, for the error.
///   - subject: What the call was about, for the error; evaluated only on failure.
/// - Throws: The error of the call.
@inline(always)
func check(
    _ status: ov_status_e,
    _ call: StaticString,
    _ subject: @autoclosure () -> String? = nil,
) throws(OpenVINOError) {
    guard status.rawValue != OpenVINOError.Code.ok.rawValue else { return }
    throw OpenVINOError(status, call, subject())
}

/// Calls a C function that makes an object, and returns the object.
///
/// - Parameters:
///   - call: The function's name, for the error.
///   - subject: What the call was about, for the error; evaluated only on failure.
///   - make: Calls the function with the place for its result.
/// - Returns: The object, owned by the caller.
/// - Throws: The error of the call.
func makeObject(
    _ call: StaticString,
    _ subject: @autoclosure () -> String? = nil,
    _ make: (inout OpaquePointer?) -> ov_status_e,
) throws(OpenVINOError) -> OpaquePointer {
    var object: OpaquePointer?
    try check(make(&object), call, subject())
    guard let object else {
        throw OpenVINOError(code: .unexpected, call: "\(call)", subject: subject(), message: "it returned no object")
    }
    return object
}

/// Copies a string that the library allocated, and frees the original.
///
/// - Parameter string: The library's string, or `nil`.
/// - Returns: The copy; `nil` for `nil`.
func takeString(_ string: UnsafePointer<CChar>?) -> String? {
    guard let string else { return nil }
    defer { ov_free(string) }
    return String(cString: string)
}
