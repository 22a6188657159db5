import Foundation

/// One run of a program: how long it took and what it wrote.
struct ToolRun {
    /// Seconds from start to end.
    let seconds: Double
    /// Everything on standard output.
    let output: String

    /// Runs a program to its end.
    ///
    /// - Throws: ``BenchmarkFailure`` with the end of standard error when it fails.
    init(_ tool: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool.hasPrefix("/") ? tool : "/usr/bin/env")
        process.arguments = (tool.hasPrefix("/") ? [] : [tool]) + arguments
        let (standardOutput, standardError) = (Pipe(), Pipe())
        process.standardOutput = standardOutput
        process.standardError = standardError
        process.standardInput = FileHandle.nullDevice
        let start = ContinuousClock.now
        do { try process.run() } catch { throw BenchmarkFailure("cannot start \(tool): \(error)") }
        // The baseline writes little to standard error, so one pipe after the other cannot block.
        let data = standardOutput.fileHandleForReading.readDataToEndOfFile()
        let errors = standardError.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        seconds = Self.seconds(ContinuousClock.now - start)
        output = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            let reason = String(decoding: errors.suffix(400), as: UTF8.self)
            throw BenchmarkFailure("\(tool) failed (exit status \(process.terminationStatus)): \(reason)")
        }
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    /// The last line of the output as JSON.
    func lastObject() throws -> [String: Any] {
        let line = output.split(separator: "\n").last.map { Data($0.utf8) } ?? Data()
        guard let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any] else {
            throw BenchmarkFailure("unexpected output: \(output.suffix(200))")
        }
        return object
    }
}

/// The middle value; the mean of the two middle ones for an even count.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let last = sorted.last else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1
        ? sorted[middle] : (sorted[middle - 1] + (sorted.count > 1 ? sorted[middle] : last)) / 2
}

/// The value below which a share of the values lies.
func percentile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    return sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.down)))]
}
