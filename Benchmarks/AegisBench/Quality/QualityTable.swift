/// The figures of all clips with people in columns.
enum QualityTable {
    private static let columns: [(title: [String], width: Int)] = [
        (["", "clip"], 14), (["", "group"], 9), (["", "frames"], 7), (["raw", "IoU"], 8), (["IoU", "mean"], 8),
        (["IoU", "worst"], 8), (["below", "raw"], 6), (["raw", "F 2px"], 7), (["F 2px", "mean"], 7),
        (["F 2px", "worst"], 7), (["F 0.8%", "mean"], 8), (["F 0.8%", "worst"], 8), (["alpha", "error"], 8),
        (["lag,", "frames"], 11),
    ]

    /// The lines above the rows.
    static let header: [String] = [
        "composites with known alpha; raw: the bare network on the whole frame; below raw: frames in which it overlaps the",
        "truth more than the stage; F: boundary score within 2 px and within 0.8 % of the diagonal (11.8 px)",
        line(columns.map { $0.title[0] }),
        line(columns.map { $0.title[1] }),
    ]

    /// A clip with people.
    static func row(_ result: ClipResult) -> String {
        let (clip, ours) = (result.clip, result.ours)
        return line([
            clip.name, clip.group.rawValue, String(clip.frameCount), fixed(result.raw.overlap, 4),
            fixed(ours.overlap, 4), fixed(ours.worstOverlap, 4), String(result.framesBelowRaw),
            fixed(result.raw.boundaryAt2, 3), fixed(ours.boundaryAt2, 3), fixed(ours.worstBoundaryAt2, 3),
            fixed(ours.boundaryAtDiagonal, 3), fixed(ours.worstBoundaryAtDiagonal, 3), fixed(ours.alphaError, 4),
            result.lag.lag.map { "\($0.frames) (\(fixed($0.exact, 2)))" } ?? "",
        ])
    }

    private static func line(_ cells: [String]) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: max(0, columns[index].width - cell.count))
            text += index < 2 ? cell + padding : " " + padding + cell
        }
        // No blanks at the end.
        return String(text.reversed().drop { $0 == " " }.reversed())
    }

    /// A number with that many decimals.
    private static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (abs(value) * scale).rounded()
        guard scaled.isFinite, scaled < 1e15 else { return "–" }
        let digits = String(Int(scaled))
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return (value < 0 && scaled > 0 ? "-" : "") + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }
}
