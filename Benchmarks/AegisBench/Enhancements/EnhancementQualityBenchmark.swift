/// The quality table: every enhancement against the truth and against named alternatives.
struct EnhancementQualityBenchmark: Benchmark {
    let name = "quality"
    let summary = "enhancements against the truth and against named alternatives"

    /// All enhancements, in the order of the table. A stage adds its line here.
    static let enhancements: [any EnhancementBenchmark] = [
        CutDetectionQuality(),
        ColorEnhancementBenchmark(),
        StabilizationBenchmark(),
        HDRProcessingBenchmark(),
        NoiseReductionBenchmark(),
        AudioEnhancementBenchmark(),
        UpscalingBenchmark(),
    ]

    func run(_ options: BenchmarkOptions, _ output: BenchmarkOutput) throws {
        for enhancement in Self.enhancements {
            let rows = try enhancement.run(options)
            let table = EnhancementTable(rows)
            output.note("")
            output.note(table.header)
            for row in rows { output.row(row, table.line(row)) }
        }
    }
}

/// Lays out the rows of one enhancement in columns.
struct EnhancementTable {
    private let widths: [Int]

    private static let titles = ["enhancement", "clip", "method", "metric", "value", "target"]

    init(_ rows: [QualityRow]) {
        let cells = [Self.titles] + rows.map(Self.cells)
        widths = Self.titles.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    }

    /// The titles of the columns.
    var header: String { line(Self.titles) }

    /// One row.
    func line(_ row: QualityRow) -> String {
        line(Self.cells(row)) + (row.passes.map { $0 ? "  ✓" : "  ✗" } ?? "")
    }

    private static func cells(_ row: QualityRow) -> [String] {
        let value = shortest(row.value) + (row.unit.isEmpty ? "" : " " + row.unit)
        return [row.enhancement, row.clip, row.method, row.metric, value, row.target ?? ""]
    }

    private func line(_ cells: [String]) -> String {
        zip(cells, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }.joined(separator: "  ")
    }
}
