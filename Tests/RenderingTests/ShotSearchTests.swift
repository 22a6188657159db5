import FFmpegKit
import MediaCore
import MediaTestKit
import Pipeline
import Testing

@testable import Rendering

@Suite struct ShotSearchTests {
    /// Twelve seconds: three pictures of four seconds, the second of which flashes white, the third of which moves.
    private func film(_ folder: TemporaryFolder, _ pixelFormat: String = "yuv420p") throws -> String {
        let path = folder.file("film.mkv")
        let inputs = [
            "mandelbrot=s=192x108:r=25,trim=end_frame=100",
            "testsrc2=s=192x108:r=25,trim=end_frame=100,drawbox=color=white:t=fill:enable='between(n,50,51)'",
            "cellauto=s=192x108:r=25:rule=110,trim=end_frame=100",
        ]
        try MediaTools.make(
            path,
            inputs.flatMap { ["-f", "lavfi", "-i", $0 + ",format=yuv420p"] } + [
                "-filter_complex", "concat=n=3,format=\(pixelFormat)", "-c:v", "ffv1", "-g", "25",
            ]
        )
        return path
    }

    @Test(arguments: ["yuv420p", "gray", "yuv444p10le", "nv12"])
    func findsCutsInEveryLayout(_ pixelFormat: String) throws {
        let folder = try TemporaryFolder()
        let result = try ShotSearch(try film(folder, pixelFormat), coreCount: 2).run()
        #expect(result.shots.starts.map { Int(($0.seconds * 25).rounded()) } == [0, 100, 200])
        // Frames before a segment are looked at twice.
        #expect((300...310).contains(result.frames))
    }

    @Test func segmentsDoNotChangeWhatIsFound() throws {
        let folder = try TemporaryFolder()
        let path = try film(folder)
        #expect(try ShotSearch(path, coreCount: 1).run().shots == ShotSearch(path, coreCount: 3).run().shots)
    }

    @Test func picturesUpsideDownAndTinyOnesAreLookedAt() throws {
        let probe = CutProbe(.tiny)
        let factory = FrameFactory()
        let graph = try VideoFilterGraph("vflip", input: .tiny, timebase: factory.timebase)
        var looked = 0
        for ticks in 0..<3 {
            try graph.send(try factory.frame(Int64(ticks), ticks < 2 ? .gradient : .solid(235, 90, 200)))
            while let flipped = try graph.receive() {
                let scores = try probe.measure(flipped)?.scores ?? []
                #expect(scores.count == ticks)
                #expect(ticks == 0 || (scores[0] > 15) == (ticks == 2))
                looked += 1
            }
        }
        #expect(looked == 3)
    }

    @Test func plansRenderInSegmentsThatBeginAtCuts() throws {
        let folder = try TemporaryFolder()
        let path = try film(folder)
        let found = Collected<MeasuredFile<Int>>()
        let descriptor = StageDescriptor.test("measuring") { MeasuringPlan(preRollFrames: 4, found: found) }
        let job = try request(path, to: folder.file("out.mkv"), with: ["measuring"], testing: [descriptor])
        let plan = try RenderPlan(job)
        let video = try #require(plan.video)
        let arranged = try RenderJob(plan).prepared(video, nil, Demuxer.Interrupt()) { _ in }.plan
        #expect(found.all.first?.shots.count == 3)
        #expect(arranged.video?.shots?.count == 3)
    }
}
