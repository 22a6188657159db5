import Foundation
import MediaCore
import Pipeline
import Testing

@Suite struct ShotTableTests {
    private let table = ShotTable(starts: [0, 40, 100].map { MediaTime(ticks: $0, timebase: Timebase(1, 25)) })

    @Test(arguments: [(-5, 0), (0, 0), (39, 0), (40, 1), (99, 1), (100, 2), (5000, 2)] as [(Int64, Int)])
    func findsTheShotOfAMoment(ticks: Int64, shot: Int) {
        #expect(table.shot(at: MediaTime(ticks: ticks, timebase: Timebase(1, 25))) == shot)
    }

    @Test func comparesTimesOfOtherTimebases() {
        #expect(table.shot(at: MediaTime(ticks: 1600, timebase: Timebase(1, 1000))) == 1)
        #expect(table.shot(at: MediaTime(ticks: 1599, timebase: Timebase(1, 1000))) == 0)
    }

    @Test func isOneShotWithoutCuts() {
        #expect(ShotTable.whole.count == 1)
        #expect(ShotTable.whole.shot(at: MediaTime(ticks: 7, timebase: .mpeg)) == 0)
        #expect(table.shot(at: nil) == 0)
    }

    @Test func survivesStorageExactly() throws {
        let copy = try JSONDecoder().decode(ShotTable.self, from: JSONEncoder().encode(table))
        #expect(copy == table)
    }

    @Test func refusesAStoredTimeWithoutATimebase() {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ShotTable.self, from: Data(#"{"starts":[[1,0,25]]}"#.utf8))
        }
    }

    @Test func sortsMeasurementsByShot() {
        let frames = (0..<6).map {
            MeasuredFrame(time: MediaTime(ticks: Int64($0) * 30, timebase: Timebase(1, 25)), measurement: $0)
        }
        let file = MeasuredFile(
            format: VideoFormat(width: 16, height: 16, pixelFormat: .yuv420p),
            frameRate: nil,
            shots: table,
            frames: frames
        )
        #expect((0..<3).map { file.frames(inShot: $0).map(\.measurement) } == [[0, 1], [2, 3], [4, 5]])
        #expect(file.frames(inShot: 3).isEmpty)
    }
}
