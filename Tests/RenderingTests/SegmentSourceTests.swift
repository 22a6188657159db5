import FFmpegKit
import MediaCore
import MediaTestKit
import Testing

@testable import Rendering

/// Segments begin where they should, whatever the container's index goes by.
@Suite(.serialized) struct SegmentSourceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: ["in.mp4", "in.mkv", "in.ts", "in.avi", "in.nut", "in.mjpeg"], [0, 2])
    func segmentsBeginAtTheirKeyframe(name: String, reordering: Int) throws {
        let path = folder.file(name)
        // Every picture of MJPEG is a keyframe, and a bare stream of it refuses to seek.
        let coding =
            name == "in.mjpeg"
            ? ["-c:v", "mjpeg"] : ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "\(reordering)"]
        try MediaTools.make(path, ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=24", "-g", "25"] + coding)
        let demuxer = try Demuxer(path: path)
        let stream = try #require(demuxer.bestVideoStream)
        let table = try FrameTable(scanning: demuxer, stream: stream)
        let planner = SegmentPlanner(workerCount: 2, preRollFrames: 3)
        let segments = planner.segments(of: table, from: nil, to: nil, canSplit: true)
        // AVI has no presentation times, so that nothing can be cut there when pictures are reordered.
        #expect(segments.count > 1 || name == "in.avi")
        var times: [Int64] = []
        for segment in segments {
            let source = try SegmentSource(
                path: path,
                stream: stream,
                segment: segment,
                expectedFormat: nil,
                threadCount: 1,
                acceleration: .software,
                interrupt: Demuxer.Interrupt()
            )
            while let frame = try source.next() {
                let ticks = frame.presentationTicks ?? -1
                if segment.start.map({ ticks >= $0 }) ?? true { times.append(ticks) }
            }
            // Matroska's cues and MPEG-TS's search may lead to the keyframe before; never further.
            #expect(source.unusedFrames <= (name == "in.mp4" ? 0 : 50), "\(name) segment \(segment.index)")
        }
        #expect(times.count == 600)
        if table.isComplete { #expect(times == table.ticks) }
    }
}
