import MediaCore
import Rendering
import Testing

@testable import aegis

@Suite struct TimeArgumentTests {
    @Test(arguments: [
        ("0", 0, 1), ("5", 5, 1), ("90", 90, 1), ("0.1", 1, 10), ("0.10", 1, 10), (".5", 5, 10), ("5.", 5, 1),
        ("1.333333333", 1_333_333_333, 1_000_000_000), ("0.000000001", 1, 1_000_000_000),
        ("1:05", 65, 1), ("01:05", 65, 1), ("90:00", 5400, 1), ("1:05.25", 6525, 100), ("1:02:03", 3723, 1),
        ("01:02:03.004", 3_723_004, 1000), ("100:00:00", 360_000, 1), ("0:00:00.040", 4, 100),
        ("1000000000", 1_000_000_000, 1), ("2.5000000000000", 25, 10),
    ])
    func isExact(_ text: String, _ numerator: Int64, _ denominator: Int32) throws {
        let time = try TimeArgument.parse(text, option: "--start")
        #expect(time == MediaTime(ticks: numerator, timebase: Timebase(1, denominator)))
    }

    @Test func keepsATenthThatADoubleCannotHold() throws {
        let tenth = try TimeArgument.parse("0.1", option: "--start")
        let sum = tenth + tenth + tenth
        #expect(sum == (try TimeArgument.parse("0.3", option: "--start")))
        #expect(tenth.rescaled(to: Timebase(1, 30000)).ticks == 3000)
    }

    @Test(arguments: [
        "", " ", ".", ":", "-1", "+1", "1s", "1,5", "1e3", "0x10", "inf", "nan", "1:60", "1:99:00", "1:00:60",
        "1:2:3:4",
        "1:", ":30", "1:.5", "1..5", "1.2.3", "1. 5", "1.-5", "1.+5", "0.0000000001", "1000000001",
        "99999999999999999999",
        "999999999:59:59", "½", "١",
    ])
    func refuses(_ text: String) throws {
        let error = try #require(throws: RenderError.self) { try TimeArgument.parse(text, option: "--end") }
        #expect(error.code == .usage)
        #expect(error.message == "--end cannot be '\(text)'")
        #expect(error.remedy == "write seconds, MM:SS or HH:MM:SS.mmm")
    }
}
