import FFmpegKit
import Foundation

/// The command line of `aegis-bench`.
enum BenchmarkProgram {
    /// All benchmarks, in the order in which they run.
    static let benchmarks: [any Benchmark] = [
        VirtualBackgroundBenchmark(),
        VirtualBackgroundQualityBenchmark(),
        EnhancementQualityBenchmark(),
        MemoryBenchmark(),
    ]

    private static let help = """
        usage: aegis-bench [NAME…] [--smoke] [--json] [--pictures DIR]

        Measures Aegis against named baselines in one run. Without a NAME everything runs.

          --smoke         a short run that shows that the benchmarks work; its figures are rough
          --json          one JSON object a line
          --pictures DIR  writes pictures to look at, where a benchmark makes some

        Exit status: 0 measured, 1 a target was missed (not with --smoke), 2 usage, 69 something needed is missing.

        """

    static func main(_ arguments: [String]) -> Never {
        FFmpegLibraries.setLogLevel(.silent)
        var names: [String] = []
        var isJSON = false
        var options = BenchmarkOptions(root: "", setup: "", scratch: "")
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h":
                print(help)
                for benchmark in benchmarks { print("  \(benchmark.name): \(benchmark.summary)") }
                exit(0)
            case "--smoke", "--quick": options.isSmoke = true
            case "--json": isJSON = true
            case "--pictures":
                guard let directory = rest.popFirst() else { fail(2, "--pictures needs a folder") }
                options.picturesDirectory = directory
            case _ where argument.hasPrefix("-"): fail(2, "unknown option \(argument); see aegis-bench --help")
            default: names.append(argument)
            }
        }
        for name in names where !benchmarks.contains(where: { $0.name == name }) {
            fail(2, "there is no benchmark '\(name)'; known: \(benchmarks.map(\.name).joined(separator: ", "))")
        }
        let chosen = benchmarks.filter { names.isEmpty || names.contains($0.name) }
        let output = BenchmarkOutput(isJSON: isJSON)
        do {
            try run(chosen, &options, output)
        } catch {
            fail(69, "\(error)")
        }
        if !isJSON { summarise(output) }
        exit(output.missed.isEmpty || options.isSmoke ? 0 : 1)
    }

    private static func run(
        _ chosen: [any Benchmark],
        _ options: inout BenchmarkOptions,
        _ output: BenchmarkOutput
    )
        throws
    {
        options.root = try findRoot()
        options.setup = ProcessInfo.processInfo.environment["AEGIS_SETUP"] ?? options.root + "/.setup"
        guard FileManager.default.fileExists(atPath: options.media("carphone.mp4")) else {
            throw BenchmarkFailure("the sample clips are missing; run 'make setup-all' first")
        }
        var template = Array((NSTemporaryDirectory() + "aegis-bench-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchmarkFailure("cannot make a temporary folder") }
        options.scratch = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let scratch = options.scratch
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        for benchmark in chosen {
            output.begin(benchmark.name, benchmark.summary)
            try benchmark.run(options, output)
        }
    }

    /// The repository around the binary, or around the working directory.
    private static func findRoot() throws -> String {
        let binary = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        for start in [binary, FileManager.default.currentDirectoryPath] {
            var folder = URL(fileURLWithPath: start)
            while folder.path != "/" {
                if FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
                    return folder.path
                }
                folder.deleteLastPathComponent()
            }
        }
        throw BenchmarkFailure("run it inside a checkout: it needs the sample clips and the baseline's script")
    }

    private static func summarise(_ output: BenchmarkOutput) {
        let judged = output.figures.filter { $0.passed != nil }
        guard !judged.isEmpty else { return }
        print("\n\(judged.count - output.missed.count) of \(judged.count) targets met")
        for figure in output.missed {
            print(
                "  ✗ \(figure.benchmark): \(figure.name) is \(shortest(figure.value)) \(figure.unit), "
                    + "target \(figure.target ?? "")"
            )
        }
    }

    private static func fail(_ status: Int32, _ message: String) -> Never {
        FileHandle.standardError.write(Data("aegis-bench: \(message)\n".utf8))
        exit(status)
    }
}

/// Something that a benchmark needs is missing or failed.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
