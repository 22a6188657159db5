internal import Rendering

/// `aegis doctor`: what this machine can do, and what would add the rest.
enum DoctorCommand {
    /// The command.
    static let description = CommandDescription(
        name: "doctor",
        summary: "Check what this machine can do, and say how to add what is missing",
        details: ["✓ is there, – is missing but not needed, ✗ is missing and needed: then the exit code is 69."],
        options: [.json],
        run: { arguments, session in
            let sections = [
                DoctorSection(name: "media", checks: MediaChecks.all()),
                DoctorSection(name: "inference", checks: InferenceChecks.all(session)),
                DoctorSection(name: "machine", checks: MachineChecks.all()),
                DoctorSection(name: "storage", checks: StorageChecks.all(session)),
            ]
            let isComplete = !sections.contains { $0.checks.contains { $0.state == .missing } }
            if arguments.has(.json) {
                try StandardStream.output.write(JSONText.pretty(DoctorReport(ok: isComplete, sections: sections)))
            } else {
                try StandardStream.output.write(sections.map(\.text).joined(separator: "\n"))
            }
            return isComplete ? 0 : RenderError.Code.unavailable.exitStatus
        }
    )
}

/// All that `aegis doctor` found.
struct DoctorReport: Encodable {
    /// Whether everything mandatory is there.
    let ok: Bool
    /// The checks by subject.
    let sections: [DoctorSection]
}

/// Checks of one subject.
struct DoctorSection: Encodable {
    /// The subject.
    let name: String
    /// The checks.
    let checks: [DoctorCheck]

    /// The section as lines of text.
    var text: String {
        let width = checks.map(\.name.count).max() ?? 0
        let lines = checks.map { check in
            let padding = String(repeating: " ", count: width - check.name.count)
            let remedy = check.remedy.map { " → \($0)" } ?? ""
            return "  \(check.state.mark) \(check.name)\(padding)  \(check.detail)\(remedy)"
        }
        return ([name] + lines).map { ErrorOutput.line($0) + "\n" }.joined()
    }
}

/// One thing that was looked at.
struct DoctorCheck: Encodable {
    /// What was found.
    enum State: String, Encodable {
        /// It is there.
        case ok
        /// It is not there, and nothing breaks without it.
        case absent
        /// It is not there, and it is needed.
        case missing

        var mark: String {
            switch self {
            case .ok: "✓"
            case .absent: "–"
            case .missing: "✗"
            }
        }
    }

    /// The thing.
    let name: String
    /// What was found.
    let state: State
    /// The facts.
    let detail: String
    /// What adds it; `nil` where nothing is missing or nothing helps.
    var remedy: String?
}
