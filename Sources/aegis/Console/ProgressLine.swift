internal import FoundationEssentials
internal import Rendering

/// One line of a terminal that shows how far a file is.
struct ProgressLine {
    /// The file, without its folders.
    private let name: String
    private let isUnicode: Bool

    /// Prepares a line.
    ///
    /// - Parameters:
    ///   - name: the file.
    ///   - isUnicode: whether the terminal shows more than ASCII.
    init(name: String, isUnicode: Bool = Self.localeIsUnicode) {
        self.name = ErrorOutput.line(String(name.split(separator: "/").last ?? ""))
        self.isUnicode = isUnicode
    }

    /// Whether standard error is a terminal that can rewrite a line.
    static var isPossible: Bool {
        StandardStream.error.isTerminal && ProcessInfo.processInfo.environment["TERM"] ?? "dumb" != "dumb"
    }

    static var localeIsUnicode: Bool {
        let environment = ProcessInfo.processInfo.environment
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        let name = (locale ?? "").lowercased()
        return name.contains("utf-8") || name.contains("utf8")
    }

    /// The line, shorter than the terminal is wide.
    ///
    /// What matters least goes first where there is no room: the name, the bar, the phase, the speed.
    func text(_ progress: RenderProgress, columns: Int) -> String {
        let percent = PlainText.decimal(min(100, max(0, progress.percent)), places: 1) + " %"
        let phase = [.analyse: "analysing", .render: "rendering", .join: "finishing"][progress.phase] ?? ""
        var facts: [String] = []
        if let eta = progress.etaSeconds { facts.append("ETA " + Self.padded(PlainText.clock(eta), 5)) }
        if progress.fps > 0 { facts.append(Self.padded(PlainText.rate(progress.fps), 4) + " fps") }
        if progress.speed > 0 { facts.append(Self.padded(PlainText.rate(progress.speed), 4) + (isUnicode ? "×" : "x")) }
        facts.append(phase)
        // One column stays free: a full line makes some terminals begin a new one.
        let room = columns - 1
        var line = Self.padded(percent, 7)
        for fact in facts where line.count + 2 + fact.count <= room { line += "  " + fact }
        let barRoom = min(30, room - line.count - 3)
        if barRoom >= 5 { line = bar(progress.percent, width: barRoom) + " " + line }
        // Many characters beyond ASCII take two columns.
        let nameColumns = name.reduce(0) { $0 + ($1.isASCII ? 1 : 2) }
        if nameColumns + 1 + line.count <= room { line = name + " " + line }
        return line.count <= room ? line : String(line.prefix(max(0, room)))
    }

    /// Numbers of a fixed width, so that what stands beside them stays where it is.
    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private func bar(_ percent: Double, width: Int) -> String {
        let filled = min(width, max(0, Int((percent / 100 * Double(width)).rounded(.down))))
        return "[" + String(repeating: isUnicode ? "█" : "#", count: filled)
            + String(repeating: isUnicode ? "░" : ".", count: width - filled) + "]"
    }
}
