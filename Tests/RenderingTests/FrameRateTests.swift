import Foundation
import MediaCore
import MediaTestKit
import Testing

@testable import Rendering

/// Filters know the frame rate of what they get, and the encoder that of what they make.
@Suite(.serialized) struct FrameRateTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func clip(_ options: [String] = []) throws -> String {
        let path = folder.file("in.mp4")
        try MediaTools.make(
            path,
            ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=30:d=2", "-c:v", "libx264", "-preset", "ultrafast"] + options
        )
        return path
    }

    /// Rates and numbers of frames are what ffmpeg makes with `-vf GRAPH -fps_mode passthrough`.
    @Test(arguments: [
        (["decimate"], "24/1", 48), (["telecine"], "75/2", 75), (["fps=10"], "10/1", 20),
        (["minterpolate=fps=60:mi_mode=dup"], "60/1", 117), (["framerate=fps=50"], "50/1", 100),
        (["tinterlace"], "15/1", 30), (["yadif=1"], "60/1", 120), (["framestep=3"], "10/1", 20),
        (["hflip"], "30/1", 60), (["telecine", "decimate"], "30/1", 60), (["fps=60", "framestep=4"], "15/1", 30),
    ])
    func graphsThatChangeTheRateSayIt(graphs: [String], rate: String, frames: Int) throws {
        let input = try clip()
        let output = folder.file("out.mkv")
        let report = try render(input, to: output, with: graphs.map { "filter:graph=\($0)" }) { $0.codec = .hevc }
        #expect(report.frames == frames)
        #expect(try MediaTools.streams(output, "v").first?["avg_frame_rate"] == rate)
        // What the encoder was told stands in the bitstream, apart from any container.
        let bare = folder.file("out.h265")
        try MediaTools.run("ffmpeg", ["-v", "error", "-y", "-i", output, "-c", "copy", bare])
        #expect(try MediaTools.streams(bare, "v").first?["r_frame_rate"] == rate)
    }

    @Test func transformChangesTheRateToo() throws {
        let output = folder.file("out.mkv")
        try render(try clip(), to: output, with: ["transform:fps=25", "filter:graph=decimate"])
        #expect(try MediaTools.streams(output, "v").first?["avg_frame_rate"] == "20/1")
    }

    /// A rate that nobody changed stays what it was, also where it is no whole number.
    @Test(arguments: ["30000/1001", "24000/1001", "25"])
    func theSourcesRateSurvives(rate: String) throws {
        let input = folder.file("in.mkv")
        try MediaTools.make(
            input,
            ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=\(rate):d=2", "-c:v", "libx264", "-preset", "ultrafast"]
        )
        let output = folder.file("out.mp4")
        try render(input, to: output, with: ["filter:graph=hflip"])
        #expect(
            try MediaTools.streams(output, "v").first?["r_frame_rate"]
                == MediaTools.streams(input, "v").first?["r_frame_rate"]
        )
    }
}
