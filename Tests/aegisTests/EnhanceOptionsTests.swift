import FFmpegKit
import MediaCore
import Pipeline
import Rendering
import Stages
import Testing

@testable import aegis

@Suite struct EnhanceOptionsTests {
    private func options(_ words: [String]) throws -> EnhanceOptions {
        guard case .run(_, let arguments) = try ArgumentParser.parse(["enhance"] + words, root: CommandTree.root) else {
            throw RenderError(.failed, "not a run")
        }
        return try EnhanceOptions(arguments, catalogue: .standard)
    }

    private func refusal(_ words: [String]) -> RenderError? {
        do {
            _ = try options(words)
            return nil
        } catch {
            return RenderError(error, input: "")
        }
    }

    @Test func readsEveryOption() throws {
        let options = try options([
            "in.mov", "-o", "out.mkv", "--with", "transform:size=64x64", "--with", "filter:graph=scale=640:-2",
            "--start",
            "1.5", "--end", "0:02", "--quality", "ultra", "--codec", "hevc", "--encoder", "libx264",
            "--encoder-options",
            "crf=20", "--decoder", "auto", "--report", "r.json", "-y", "--dry-run", "--json", "--threads", "3",
        ])
        #expect(options.items == [EnhanceOptions.Item(input: "in.mov", output: "out.mkv")])
        #expect(options.stages.map(\.descriptor.name) == ["transform", "filter"])
        #expect(options.stages[1].parameters.text("graph") == "scale=640:-2")
        #expect(options.start == MediaTime(ticks: 15, timebase: Timebase(1, 10)))
        #expect(options.end == MediaTime(ticks: 2, timebase: Timebase(1, 1)))
        #expect(options.quality == .ultra)
        #expect(options.codec == .hevc)
        #expect(options.encoderName == "libx264")
        #expect(options.encoderOptions.map(\.value) == ["20"])
        #expect(options.acceleration == .automatic)
        #expect(options.reportPath == "r.json")
        #expect(options.replacesOutput && options.isDryRun && options.isJSON)
        #expect(options.coreCount == 3)
    }

    @Test func defaultsAreModest() throws {
        let options = try options(["in.mov", "-o", "out.mp4"])
        #expect(options.stages.isEmpty && options.quality == nil && options.codec == nil && options.start == nil)
        #expect(options.acceleration == .software)
        #expect(!options.replacesOutput && !options.isDryRun && !options.isJSON)
        #expect(options.coreCount == Processors.usableCount)
    }

    @Test func namesResultsAfterInputs() throws {
        let options = try options(["a/one.mov", "two.webm", "three.xyz", "four", "--output-dir", "out/"])
        #expect(options.items.map(\.output) == ["out/one.mov", "out/two.webm", "out/three.xyz.mp4", "out/four.mp4"])
    }

    @Test(arguments: [
        (["in.mp4"], "add -o FILE or --output-dir DIR"),
        (["in.mp4", "-o", "out.mp4", "--output-dir", "d"], "give one of them"),
        (["a.mp4", "b.mp4", "-o", "out.mp4"], "use --output-dir DIR for several"),
        (["x/a.mp4", "y/a.mp4", "--output-dir", "d"], "render them into different folders"),
        (["a.mp4", "a.mp4", "--output-dir", "d"], "name each input once"),
        (["a.mp4", "-o", "b.mp4", "--threads", "0"], "give a whole number from 1 to 1024"),
        (["a.mp4", "-o", "b.mp4", "--threads", "two"], "give a whole number from 1 to 1024"),
        (["a.mp4", "-o", "b.mp4", "--encoder", "libx246"], "did you mean 'libx264'?"),
        (["a.mp4", "-o", "b.mp4", "--report", "a.mp4"], "give the report another name"),
        (["a.mp4", "-o", "b.mp4", "--report", "b.mp4"], "give the report another name"),
        (["a.mp4", "-o", "b.mp4", "--quality", "hi"], "it takes low, medium, high, ultra"),
        (["a.mp4", "-o", "b.mp4", "--codec", "h265"], "did you mean 'h264'?"),
    ])
    func refusesWithARemedy(_ words: [String], _ remedy: String) throws {
        let error = try #require(refusal(words))
        #expect(error.code == .usage)
        #expect(error.remedy == remedy)
    }

    @Test(arguments: [
        ("transfrm", "did you mean 'transform'?"),
        ("transform:siz=1x1", "did you mean 'size'?"),
        ("transform:rotate=45", "one of 0, 90, 180, 270"),
        ("{\"stage\":1}", "needs its name as text"),
    ])
    func refusesStages(_ stage: String, _ hint: String) throws {
        let error = try #require(refusal(["a.mp4", "-o", "b.mp4", "--with", stage]))
        #expect(error.code == .usage)
        #expect(error.message.contains(hint), "\(error.message)")
    }

    @Test func everyStagesExampleIsValid() throws {
        let catalogue = StageCatalogue.standard
        for stage in catalogue.descriptors {
            let example = StageText.example(of: stage).filter { $0 != "'" }
            #expect(throws: Never.self, "\(example)") { try catalogue.resolve(catalogue.requests(parsing: example)) }
        }
    }
}
