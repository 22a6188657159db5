import Rendering
import Testing

@testable import aegis

@Suite struct ConsoleTests {
    @Test(arguments: [
        (0.0, 0, "0"), (1.25, 1, "1.3"), (0.05, 1, "0.1"), (0.04, 1, "0.0"), (-0.04, 1, "0.0"), (-1.5, 1, "-1.5"),
        (12.3456, 3, "12.346"), (3.0, 2, "3.00"), (.nan, 1, "–"), (.infinity, 1, "–"), (1e300, 1, "–"),
    ])
    func writesDecimals(_ value: Double, _ places: Int, _ text: String) {
        #expect(PlainText.decimal(value, places: places) == text)
    }

    @Test(arguments: [
        (0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (72551, "72.6 kB"), (588_017, "588 kB"),
        (999_600, "1.0 MB"), (1_500_000_000, "1.5 GB"), (9_000_000_000_000, "9000 GB"),
    ])
    func writesSizes(_ bytes: Int64, _ text: String) { #expect(PlainText.size(bytes) == text) }

    @Test(arguments: [(0.0, "0:00"), (4.4, "0:04"), (59.6, "1:00"), (3723, "1:02:03"), (-1, "0:00"), (.nan, "–")])
    func writesClocks(_ seconds: Double, _ text: String) { #expect(PlainText.clock(seconds) == text) }

    @Test func writesKeysInSnakeCaseAndTheTypeFirst() throws {
        struct Payload: Encodable {
            var etaSeconds = 4.1
            var tags = ["fooBar": "a/b\n"]
            var absent: Int?
        }
        #expect(
            try JSONText.event("progress", Payload())
                == #"{"type":"progress","eta_seconds":4.1,"tags":{"fooBar":"a/b\n"}}"# + "\n"
        )
        struct Empty: Encodable {}
        #expect(try JSONText.event("summary", Empty()) == #"{"type":"summary"}"# + "\n")
    }

    @Test func errorsAreOneLineWithoutTerminalCodes() {
        #expect(ErrorOutput.line("a\nb\u{1B}[31mc\r\n") == "a b [31mc  ")
        #expect(ErrorOutput.line("schön × 2") == "schön × 2")
    }

    private let progress = RenderProgress(phase: .render, percent: 45.24, fps: 88.1, speed: 3.52, etaSeconds: 4.1)

    @Test func progressLineShowsEverythingWhereThereIsRoom() {
        let line = ProgressLine(name: "/films/clip.mp4", isUnicode: true)
        #expect(
            line.text(progress, columns: 100)
                == "clip.mp4 [█████████████░░░░░░░░░░░░░░░░░]  45.2 %  ETA  0:04    88 fps   3.5×  rendering"
        )
        let plain = ProgressLine(name: "clip.mp4", isUnicode: false)
        #expect(
            plain.text(progress, columns: 60) == "[####......]  45.2 %  ETA  0:04    88 fps   3.5x  rendering"
        )
    }

    @Test func progressLineNeverFillsTheTerminal() {
        let line = ProgressLine(name: "a-film-with-a-very-long-name-indeed.mp4", isUnicode: true)
        for columns in 0...120 {
            let text = line.text(progress, columns: columns)
            #expect(text.count <= max(0, columns - 1), "\(columns)")
            if columns >= 8 { #expect(text.contains("45.2 %"), "\(columns)") }
        }
    }

    @Test func progressLineStaysInPlaceWhileNumbersGrow() {
        let line = ProgressLine(name: "clip.mp4", isUnicode: true)
        let slow = RenderProgress(phase: .render, percent: 2, fps: 1.2, speed: 0.1, etaSeconds: 700)
        let fast = RenderProgress(phase: .render, percent: 99.9, fps: 1200, speed: 48, etaSeconds: 1)
        #expect(line.text(slow, columns: 120).count == line.text(fast, columns: 120).count)
    }

    @Test func progressLineSurvivesOddPercentages() {
        let line = ProgressLine(name: "clip.mp4", isUnicode: true)
        for percent in [-5.0, 0, 100, 250] {
            let odd = RenderProgress(phase: .join, percent: percent, fps: 0, speed: 0, etaSeconds: nil)
            #expect(line.text(odd, columns: 80).contains("finishing"))
        }
    }
}
