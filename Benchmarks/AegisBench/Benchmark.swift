/// One benchmark: something measured in one run together with the baseline it is compared with.
protocol Benchmark: Sendable {
    /// The name on the command line.
    var name: String { get }
    /// What it measures, one sentence without a full stop.
    var summary: String { get }

    /// Measures.
    ///
    /// - Parameters:
    ///   - options: how thorough to be, where things are.
    ///   - output: takes the figures in the order in which they should be shown.
    /// - Throws: when something that is compared with is missing or fails; nothing is skipped silently.
    func run(_ options: BenchmarkOptions, _ output: BenchmarkOutput) throws
}

/// How thorough a run is, and where its things are.
struct BenchmarkOptions: Sendable {
    /// Whether the run only shows that the benchmark works: short clips, few repetitions, no verdict worth quoting.
    var isSmoke = false
    /// Where pictures for people go; `nil` for none.
    var picturesDirectory: String?
    /// The repository's root.
    var root: String
    /// Where set-up put media, models and the baseline's Python.
    var setup: String
    /// Where temporary files go; removed at the end.
    var scratch: String

    /// A file that set-up fetched.
    func media(_ name: String) -> String { setup + "/media/" + name }
    /// Where set-up put the models.
    var models: String { setup + "/models" }
    /// A file of the repository.
    func repositoryFile(_ path: String) -> String { root + "/" + path }
}

/// A figure that a benchmark measured.
struct BenchmarkFigure: Sendable, Codable {
    /// The benchmark.
    var benchmark: String
    /// What was measured.
    var name: String
    /// The value.
    var value: Double
    /// Its unit; empty for ratios and counts.
    var unit: String
    /// What it should be, in words, for example `≥ 0.95`; `nil` when it is shown for information.
    var target: String?
    /// Whether the target is met; `nil` without one.
    var passed: Bool?
}

/// What a figure should be.
enum BenchmarkTarget: Sendable {
    /// At least this.
    case atLeast(Double)
    /// At most this.
    case atMost(Double)

    /// Whether a value meets it.
    func isMet(by value: Double) -> Bool {
        switch self {
        case .atLeast(let limit): value >= limit
        case .atMost(let limit): value <= limit
        }
    }

    /// The target in words.
    var text: String {
        switch self {
        case .atLeast(let limit): "≥ \(shortest(limit))"
        case .atMost(let limit): "≤ \(shortest(limit))"
        }
    }
}

/// A number with at most four significant decimals and no trailing zeros.
func shortest(_ value: Double) -> String {
    let digits = abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : abs(value) >= 1 ? 2 : 4
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : String(rounded)
}
