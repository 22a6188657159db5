import MediaCore
import Testing

@testable import FFmpegKit

@Suite struct FrameTests {
    private static let format = VideoFormat(width: 33, height: 17, pixelFormat: .yuv420p, color: .bt709)
    private let timebase = Timebase(1, 1000)

    private func frame(_ pool: VideoFramePool, filledWith value: UInt8, at ticks: Int64) throws -> VideoFrame {
        var frame = try pool.makeFrame(timebase: timebase)
        for plane in 0..<pool.format.pixelFormat.planeCount {
            frame.withPlane(plane) { plane in
                for row in 0..<plane.height {
                    for column in 0..<plane.width { plane.base[row * plane.stride + column] = value }
                }
            }
        }
        frame.presentationTicks = ticks
        return frame.freeze()
    }

    private func firstSample(_ frame: borrowing VideoFrame) -> UInt8 { frame.withPlane(0) { $0.base[0] } }

    @Test(arguments: PixelFormat.allCases)
    func planesHaveTheSizeOfTheFormat(layout: PixelFormat) throws {
        let pool = VideoFramePool(format: VideoFormat(width: 33, height: 17, pixelFormat: layout))
        var frame = try pool.makeFrame(timebase: timebase)
        for plane in 0..<layout.planeCount {
            frame.withPlane(plane) { view in
                #expect(view.width == (plane == 0 || layout.chromaShiftX == 0 ? 33 : 17))
                #expect(view.height == (plane == 0 || layout.chromaShiftY == 0 ? 17 : 9))
                let components = layout.hasInterleavedChroma && plane == 1 ? 2 : 1
                #expect(view.stride >= view.width * layout.bytesPerSample * components)
                #expect(UInt(bitPattern: view.base) % 32 == 0)
            }
        }
    }

    @Test func keepsTimeAndTags() throws {
        let pool = VideoFramePool(format: Self.format)
        let frame = try frame(pool, filledWith: 1, at: 40)
        let (time, format) = (frame.time, frame.format)
        #expect(time == MediaTime(ticks: 40, timebase: timebase))
        #expect(format == Self.format)
        let moved = VideoFrame.retimed(frame, to: MediaTime(ticks: 3, timebase: .mpeg))
        let (newTime, newTimebase) = (moved.time, moved.timebase)
        #expect(newTime == MediaTime(ticks: 3, timebase: .mpeg))
        #expect(newTimebase == .mpeg)
    }

    @Test func poolGivesTheSameMemoryAgain() throws {
        let pool = VideoFramePool(format: Self.format)
        var addresses: Set<UInt> = []
        for tick in 0..<20 {
            let frame = try frame(pool, filledWith: 7, at: Int64(tick))
            addresses.insert(frame.withPlane(0) { UInt(bitPattern: $0.base) })
        }
        #expect(addresses.count == 1)
    }

    @Test func poolNeverReusesWhatSomebodyStillHas() throws {
        let pool = VideoFramePool(format: Self.format)
        let kept: VideoFrame
        do {
            let frame = try frame(pool, filledWith: 11, at: 0)
            kept = try frame.share()
        }
        for tick in 1..<10 { _ = try frame(pool, filledWith: 99, at: Int64(tick)) }
        let sample = firstSample(kept)
        #expect(sample == 11)
    }

    @Test func makesASoleOwnerWritableInPlace() throws {
        let pool = VideoFramePool(format: Self.format)
        let frame = try frame(pool, filledWith: 5, at: 0)
        let before = frame.withPlane(0) { UInt(bitPattern: $0.base) }
        var writable = try VideoFrame.makeWritable(frame, from: pool)
        let after = writable.withPlane(0) { UInt(bitPattern: $0.base) }
        #expect(after == before)
    }

    @Test func copiesBeforeWritingWhatIsShared() throws {
        let pool = VideoFramePool(format: Self.format)
        let frame = try frame(pool, filledWith: 5, at: 12)
        let witness = try frame.share()
        var writable = try VideoFrame.makeWritable(frame, from: pool)
        writable.withPlane(0) { $0.base[0] = 200 }
        let written = writable.freeze()
        let samples = [firstSample(witness), firstSample(written), written.withPlane(1) { $0.base[0] }]
        #expect(samples == [5, 200, 5])
        let ticks = written.presentationTicks
        #expect(ticks == 12)
    }

    @Test func recycledFramesCarryNothingOver() throws {
        let pool = VideoFramePool(format: Self.format)
        do { _ = try frame(pool, filledWith: 1, at: 77) }
        let fresh = try pool.makeFrame(timebase: timebase)
        let ticks = fresh.presentationTicks
        #expect(ticks == nil)
    }
}
