import Foundation

/// Collects the figures of a run and shows them as they come: lines for people, or one JSON object a line.
///
/// Confined to the main thread.
final class BenchmarkOutput {
    private let isJSON: Bool
    private let encoder = JSONEncoder()
    private(set) var figures: [BenchmarkFigure] = []
    private var benchmark = ""

    init(isJSON: Bool) {
        self.isJSON = isJSON
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    /// Begins a benchmark.
    func begin(_ name: String, _ summary: String) {
        benchmark = name
        if !isJSON { show("\n\(name): \(summary)") }
    }

    /// A line for people: what is being done, a row of a table.
    func note(_ text: String) {
        if !isJSON { show("  " + text) }
    }

    /// A figure.
    func figure(_ name: String, _ value: Double, _ unit: String = "", target: BenchmarkTarget? = nil) {
        let figure = BenchmarkFigure(
            benchmark: benchmark,
            name: name,
            value: value,
            unit: unit,
            target: target?.text,
            passed: target?.isMet(by: value)
        )
        figures.append(figure)
        if isJSON {
            if let data = try? encoder.encode(figure) { show(String(decoding: data, as: UTF8.self)) }
        } else {
            let verdict = figure.passed.map { $0 ? "  ✓ \(target?.text ?? "")" : "  ✗ \(target?.text ?? "")" } ?? ""
            let padded = name + String(repeating: " ", count: max(1, 58 - name.count))
            show("  \(padded)\(shortest(value))\(unit.isEmpty ? "" : " " + unit)\(verdict)")
        }
    }

    /// A row of the quality table, with its line for people.
    func row(_ row: QualityRow, _ line: String) {
        figures.append(
            BenchmarkFigure(
                benchmark: benchmark,
                name: [row.enhancement, row.clip, row.method, row.metric].joined(separator: " · "),
                value: row.value,
                unit: row.unit,
                target: row.target,
                passed: row.passes
            )
        )
        if !isJSON { return show("  " + line) }
        if let data = try? encoder.encode(row) { show(String(decoding: data, as: UTF8.self)) }
    }

    /// The figures that miss their targets.
    var missed: [BenchmarkFigure] { figures.filter { $0.passed == false } }

    private func show(_ line: String) {
        // At once, also into a pipe: a run takes minutes.
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
