internal import Glibc

/// Looks at processor, memory and helpers.
enum MachineChecks {
    static func all() -> [DoctorCheck] {
        [
            processor(SystemFiles.text(of: "/proc/cpuinfo") ?? ""), memory(SystemFiles.text(of: "/proc/meminfo") ?? ""),
            sandbox(),
        ]
        .compactMap(\.self)
    }

    /// What matters to pixel loops and networks, in the order in which it helps.
    private static let features = [
        "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "amx_int8",
        "asimd", "asimdhp", "asimddp", "bf16", "i8mm", "sve", "sve2",
    ]

    /// Reads `/proc/cpuinfo`.
    static func processor(_ text: String) -> DoctorCheck {
        let fields = fields(of: text)
        let flags = Set((fields["flags"] ?? fields["Features"] ?? "").split(separator: " ").map(String.init))
        let known = features.filter(flags.contains)
        let count = Processors.usableCount
        let parts: [String?] = [
            fields["model name"], "\(count) usable \(count == 1 ? "core" : "cores")", known.joined(separator: " "),
        ]
        return DoctorCheck(
            name: "processor",
            state: .ok,
            detail: parts.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ", ")
        )
    }

    /// Reads `/proc/meminfo`.
    static func memory(_ text: String) -> DoctorCheck? {
        let fields = fields(of: text)
        let bytes = { (name: String) in
            fields[name]?.split(separator: " ").first.flatMap { Int64($0) }.map { PlainText.size($0 * 1024) }
        }
        guard let total = bytes("MemTotal") else { return nil }
        let available = bytes("MemAvailable").map { ", \($0) available" } ?? ""
        return DoctorCheck(name: "memory", state: .ok, detail: total + available)
    }

    private static func sandbox() -> DoctorCheck {
        let path = SystemFiles.place(ofProgram: "bwrap")
        return DoctorCheck(
            name: "bubblewrap",
            state: path == nil ? .absent : .ok,
            detail: path ?? "jobs of a server cannot be sandboxed",
            remedy: path == nil ? "sudo apt-get install bubblewrap" : nil
        )
    }

    /// The first value of every `name : value` line.
    private static func fields(of text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = trimmed(line[..<colon])
            if fields[name] == nil { fields[name] = trimmed(line[line.index(after: colon)...]) }
        }
        return fields
    }

    private static func trimmed(_ text: Substring) -> String {
        let tail = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }
        return String(String(tail).reversed())
    }
}
