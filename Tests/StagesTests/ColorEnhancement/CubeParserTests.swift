import Foundation
import MediaTestKit
import Testing

@testable import Stages

@Suite struct CubeParserTests {
    private static let corners = (0..<8).map { "\($0 & 1) \($0 >> 1 & 1) \($0 >> 2)" }

    private func parse(_ lines: [String], newline: String = "\n") throws -> CubeFile {
        try CubeParser.parse(Array(lines.joined(separator: newline).utf8))
    }

    private func failure(_ lines: [String]) -> CubeError? {
        do {
            _ = try parse(lines)
            return nil
        } catch { return error as? CubeError }
    }

    @Test(arguments: ["\n", "\r\n", "\r"]) func readsALattice(newline: String) throws {
        let lines = ["# made by hand", "TITLE \"A # look\"", "", "LUT_3D_SIZE 2 # small", "\tDOMAIN_MIN 0 0 0"]
        let file = try parse(lines + ["DOMAIN_MAX 1 1 1"] + Self.corners + ["", "# end"], newline: newline)
        #expect(file.title == "A # look")
        #expect(file.lattice?.size == 2 && file.curves == nil)
        let color = SIMD3<Float>(0.2, 0.7, 0.4)
        #expect((file.map(color) - color).max() < 1e-6)
    }

    @Test func readsCurves() throws {
        let file = try parse(["LUT_1D_SIZE 3", "0 0 0", "0.25 0.5 0.75", "1 1 1"])
        let result = file.map(SIMD3(0.25, 0.5, 0.75))
        #expect((result - SIMD3(0.125, 0.5, 0.875)).max() < 1e-6)
    }

    @Test func appliesCurvesBeforeTheLattice() throws {
        // Resolve writes both: here the curves halve, the lattice inverts.
        let lattice = (0..<8).map { "\(1 - ($0 & 1)) \(1 - ($0 >> 1 & 1)) \(1 - ($0 >> 2))" }
        let file = try parse(["LUT_1D_SIZE 2", "LUT_3D_SIZE 2", "0 0 0", "0.5 0.5 0.5"] + lattice)
        let result = file.map(SIMD3(1, 0.5, 0))
        #expect((result - SIMD3(0.5, 0.75, 1)).max() < 1e-6)
    }

    @Test func spreadsOverItsDomain() throws {
        let file = try parse(["LUT_3D_SIZE 2", "DOMAIN_MIN -1 0 0", "DOMAIN_MAX 3 1 1"] + Self.corners)
        #expect(abs(file.map(SIMD3(1, 0.5, 0.5)).x - 0.5) < 1e-6)
        let ranged = try parse(["LUT_3D_SIZE 2", "LUT_3D_INPUT_RANGE 0 2"] + Self.corners)
        #expect(abs(ranged.map(SIMD3(1, 1, 1)).y - 0.5) < 1e-6)
        // Beyond, it goes on in parallel.
        #expect(abs(ranged.map(SIMD3(2.25, 1, 1)).x - 1.25) < 1e-6)
    }

    @Test func interpolatesGreysFromGreys() throws {
        // Greys stay grey however wild the other corners are.
        let wild = ["0 0 0", "9 1 2", "3 8 1", "2 2 7", "5 1 1", "8 3 3", "1 6 2", "1 1 1"]
        let file = try parse(["LUT_3D_SIZE 2"] + wild)
        for value in stride(from: Float(0), through: 1, by: 0.125) {
            #expect((file.map(SIMD3(repeating: value)) - value).max() < 1e-6)
        }
        // And the edges are linear.
        #expect((file.map(SIMD3(0.5, 0, 0)) - SIMD3(4.5, 0.5, 1)).max() < 1e-6)
    }

    @Test func readsLargeLattices() throws {
        for size in [33, 65] {
            var text = "LUT_3D_SIZE \(size)\n"
            for index in 0..<size * size * size { text += "\(index % size)e-2 0 .5\n" }
            #expect(try CubeParser.parse(Array(text.utf8)).lattice?.points.count == size * size * size)
        }
    }

    @Test func readsTitlesOfOldPrograms() throws {
        // Windows-1252: an é, and a dash that Latin-1 does not have.
        let bytes = Array("TITLE \"Caf".utf8) + [0xE9, 0x20, 0x96, 0x20, 0x41, 0x22, 0x0D, 0x0A]
        let rest = Array((["LUT_3D_SIZE 2"] + Self.corners).joined(separator: "\r\n").utf8)
        #expect(try CubeParser.parse(bytes + rest).title == "Café – A")
        let marked = [0xEF, 0xBB, 0xBF] + Array("TITLE \"Café\"\n".utf8) + rest
        #expect(try CubeParser.parse(marked).title == "Café")
    }

    @Test(arguments: [
        (["LUT_3D_SIZE 2", "0 0 0", "0 0"], 3, "three numbers"),
        (["LUT_3D_SIZE 2", "0 0 0", "0 0 nan"], 3, "no usable number"),
        (["LUT_3D_SIZE 2", "0 0 0", "0,5 0 1"], 3, "decimal points"),
        (["LUT_3D_SIZE 2", "0 0 0", "0 0x1 1"], 3, "no usable number"),
        (["LUT_3D_SIZE 2", "0 0 1e39"], 2, "no usable number"),
        (["LUT_3D_SIZE 2", "1 1 1", "DOMAIN_MIN 0 0 0"], 3, "before the points"),
        (["LUT_3D_SIZE 1"], 1, "outside 2 to 129"),
        (["LUT_3D_SIZE 99999999999999999999"], 1, "whole number"),
        (["LUT_1D_SIZE -4"], 1, "outside 2 to 65536"),
        (["LUT_3D_SIZE 2", "LUT_3D_SIZE 2"], 2, "twice"),
        (["0 0 0"], 1, "before LUT_1D_SIZE"),
        (["LUT_1D_SIZE 2", "0 0 0", "1 1 1", "1 1 1"], 4, "more than the 2"),
        (["LUT_1D_SIZE 3", "0 0 0", "1 1 1"], 3, "ends after 2 of 3"),
        (["LUT_1D_SIZE 2", "DOMAIN_MIN 0 0"], 2, "three numbers"),
        (["HELLO 3"], 1, "no keyword"),
        (["\u{1}\u{2}PNG"], 1, "not text"),
    ])
    func refusesWithLineAndRemedy(lines: [String], line: Int, words: String) {
        let error = failure(lines)
        #expect(error?.line == line)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "accepted")")
    }

    @Test func refusesWhatIsNoCube() {
        #expect(failure([])?.message.contains("not a .cube file") == true)
        #expect(failure(["# nothing"])?.line == nil)
        #expect(
            failure(["LUT_1D_SIZE 2", "DOMAIN_MAX 0 1 1", "0 0 0", "1 1 1"])?.message.contains("DOMAIN_MIN") == true
        )
        #expect(failure([String(repeating: "x", count: 5000)])?.line == 1)
    }

    @Test func namesNoSuchFile() {
        #expect(throws: CubeError.self) { try CubeParser.read(path: "/nowhere/look.cube") }
        #expect(throws: CubeError.self) { try CubeParser.read(path: "/dev/zero") }
        #expect(throws: CubeError.self) { try CubeParser.read(path: NSTemporaryDirectory()) }
    }

    /// Damages good files in every way; whatever is accepted must be finite. `AEGIS_FUZZ=1` runs the long form.
    @Test func survivesDamage() {
        let rounds = ProcessInfo.processInfo.environment["AEGIS_FUZZ"] == nil ? 300 : 300_000
        let seed = Array(
            (["TITLE \"x\"", "LUT_1D_SIZE 2", "LUT_3D_SIZE 2", "DOMAIN_MAX 1 1 1", "0 0 0", "1 1 1"] + Self.corners)
                .joined(separator: "\r\n").utf8
        )
        let pieces = ["LUT_3D_SIZE ", "1e9", "-", "\"", "#", "\0", "\r", "\n", "DOMAIN_MIN ", " 0.5", "nan", "9999999"]
        var random = SplitMix64(seed: 7)
        for _ in 0..<rounds {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<max(bytes.count, 1), using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0...20, using: &random)))
                case 2:
                    bytes.insert(
                        contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &random)].utf8,
                        at: min(place, bytes.count)
                    )
                default: bytes.insert(contentsOf: bytes.suffix(10), at: min(place, bytes.count))
                }
            }
            guard let file = try? CubeParser.parse(bytes) else { continue }
            for color in [SIMD3<Float>(-1, 0.3, 2), SIMD3(0.5, 0.5, 0.5), SIMD3(1, 1, 1)] {
                let mapped = file.map(color)
                if !mapped.x.isFinite || !mapped.y.isFinite || !mapped.z.isFinite {
                    Issue.record("not finite: \(String(decoding: bytes, as: UTF8.self))")
                }
            }
        }
    }
}
