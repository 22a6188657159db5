internal import MediaCore
internal import Rendering

/// Reads a time on the command line: seconds, `MM:SS` or `HH:MM:SS`, each with decimals if wanted.
///
/// Exact: the decimals choose the timebase, so that `0.1` is one tenth and not the nearest `Double`.
enum TimeArgument {
    /// What a person may write.
    static let forms = "seconds, MM:SS or HH:MM:SS.mmm"

    /// Longer than any recording, short enough for 64-bit ticks of every timebase.
    private static let mostSeconds: Int64 = 1_000_000_000
    /// Nanoseconds.
    private static let mostDecimals = 9

    /// Reads a time.
    ///
    /// - Parameters:
    ///   - text: what the user wrote.
    ///   - option: the option, for the message.
    /// - Throws: `RenderError` with the code `usage`.
    static func parse(_ text: String, option: String) throws -> MediaTime {
        guard let time = time(text) else {
            throw RenderError(.usage, "\(option) cannot be '\(text)'", remedy: "write \(forms)")
        }
        return time
    }

    private static func time(_ text: String) -> MediaTime? {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 3, let last = parts.popLast() else { return nil }
        let decimal = last.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        // `.5` is half a second, `5.` is five; a point alone is nothing.
        guard decimal.contains(where: { !$0.isEmpty }), parts.isEmpty || !decimal[0].isEmpty else { return nil }
        var seconds = Int64(0)
        for (position, part) in (parts + [decimal[0].isEmpty ? "0" : decimal[0]]).enumerated() {
            guard let value = number(part), value <= mostSeconds else { return nil }
            // Only the first part may exceed 59: 90:00 is an hour and a half, 1:90:00 is a mistake.
            guard position == 0 || value < 60 else { return nil }
            seconds = seconds * 60 + value
            guard seconds <= mostSeconds else { return nil }
        }
        var decimals = decimal.count == 2 ? decimal[1] : ""
        while decimals.last == "0" { decimals.removeLast() }
        guard decimals.count <= mostDecimals, let fraction = decimals.isEmpty ? 0 : number(decimals) else { return nil }
        let parts10 = (0..<decimals.count).reduce(Int64(1)) { power, _ in power * 10 }
        return MediaTime(ticks: seconds * parts10 + fraction, timebase: Timebase(1, Int32(parts10)))
    }

    /// Digits only: `Int64` would take signs.
    private static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }
}
