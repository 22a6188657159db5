import CMeasurement
import FFmpegKit
import Foundation
import MediaCore
import Pipeline
import Stages

/// Frames that somebody made, and how fast.
struct StabilizedFrames: ~Copyable {
    var frames: FrameQueue
    /// Frames a second of looking for the motion, on one core.
    var motionRate: Double
    /// Frames a second of making the frames, on one core.
    var renderRate: Double
    /// Heap allocations of our code for a frame that is made; `nil` for others.
    var ownAllocations: Double?
}

/// Aegis and the filters that it is compared with, on the same frames.
enum StabilizationRuns {
    /// Measures and renders with the stage, in memory, on one core.
    static func aegis(
        _ frames: borrowing FrameQueue,
        format: VideoFormat,
        isLive: Bool = false
    ) throws -> StabilizedFrames {
        aegis_stay_on_one_core(1)
        defer { aegis_stay_on_one_core(0) }
        let context = StageContext(modelsDirectory: "", cacheDirectory: nil, coreCount: 1, trustsCaller: true)
        let parameters = StageParameters(checked: ["smoothing_s": .number(1), "crop": .text("auto")])
        var plan = try StabilizationPlan.descriptor.makePlan(parameters, context)
        let clock = ContinuousClock()
        var start = clock.now
        if !isLive, let analysis = plan.analysis { plan = try measure(analysis, frames, format) }
        let motionSeconds = ToolRun.seconds(clock.now - start)
        let agreement = try plan.negotiate(format)
        let output = StageOutput()
        // Once for the figures, where finished frames go back to their pool as they do in a pipeline.
        let timed = try plan.makeInstance(agreement)
        let warmUp = min(30, frames.count / 2)
        var own: UInt64 = 0
        for index in 0..<frames.count {
            if index == warmUp { start = clock.now }
            try frames.withFrame(at: index) { frame in
                let copy = try frame.share()
                let before = aegis_allocations_own()
                aegis_allocations_count(1)
                try timed.process(copy, into: output)
                aegis_allocations_count(0)
                if index >= warmUp { own += aegis_allocations_own() - before }
            }
            while let finished = output.takeFrame() { _ = finished.presentationTicks }
        }
        let renderSeconds = ToolRun.seconds(clock.now - start)
        let instance = try plan.makeInstance(agreement)
        var result = FrameQueue(initialCapacity: frames.count)
        for index in 0..<frames.count {
            try frames.withFrame(at: index) { frame in try instance.process(try frame.share(), into: output) }
            while let finished = output.takeFrame() { result.append(finished) }
        }
        try instance.flush(into: output)
        while let finished = output.takeFrame() { result.append(finished) }
        let timedCount = Double(frames.count - warmUp)
        return StabilizedFrames(
            frames: result,
            motionRate: isLive ? .infinity : Double(frames.count) / motionSeconds,
            renderRate: timedCount / renderSeconds,
            ownAllocations: Double(own) / timedCount
        )
    }

    private static func measure<Analysis: FileAnalysis>(
        _ analysis: Analysis,
        _ frames: borrowing FrameQueue,
        _ format: VideoFormat
    ) throws -> any StagePlan {
        let probe = try analysis.makeProbe(try analysis.negotiate(format))
        var measured: [MeasuredFrame<Analysis.Measurement>] = []
        for index in 0..<frames.count {
            try frames.withFrame(at: index) { frame in
                guard let time = frame.time, let measurement = try probe.measure(frame) else { return }
                measured.append(MeasuredFrame(time: time, measurement: measurement))
            }
        }
        return try analysis.makePlan(
            MeasuredFile(format: format, frameRate: Rational(25, 1), shots: .whole, frames: measured)
        )
    }

    /// Runs ffmpeg's filters over the same frames: raw video in, raw video out, so that nothing else is measured.
    ///
    /// - Parameters:
    ///   - detect: the filter of a first pass; `nil` when there is none.
    ///   - transform: the filter that renders.
    ///   - isTimed: whether the passes are run once more each to measure their speed, less that of reading the frames.
    static func ffmpeg(
        _ raw: String,
        format: VideoFormat,
        count: Int,
        detect: String?,
        transform: String,
        isTimed: Bool,
        _ options: BenchmarkOptions
    ) throws -> StabilizedFrames {
        let input = [
            "-v", "error", "-nostdin", "-y", "-threads", "1", "-filter_threads", "1", "-f", "rawvideo", "-pix_fmt",
            format.pixelFormat.rawValue, "-s", "\(format.width)x\(format.height)", "-r", "25", "-i", raw,
        ]
        func seconds(_ filter: String) throws -> Double {
            try ToolRun("ffmpeg", input + ["-vf", filter, "-f", "null", "-"]).seconds
        }
        let reading = isTimed ? try seconds("null") : 0
        var motionRate = Double.infinity
        if let detect {
            let detecting = try seconds(detect)
            if isTimed { motionRate = Double(count) / max(0.001, detecting - reading) }
        }
        let renderRate = isTimed ? Double(count) / max(0.001, try seconds(transform) - reading) : Double.infinity
        let path = options.scratch + "/stabilized.raw"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let output = ["-vf", transform, "-f", "rawvideo", "-pix_fmt", format.pixelFormat.rawValue, path]
        _ = try ToolRun("ffmpeg", input + output)
        return StabilizedFrames(
            frames: try read(path, format: format),
            motionRate: motionRate,
            renderRate: renderRate,
            ownAllocations: nil
        )
    }

    /// Writes frames as raw video.
    static func write(_ frames: borrowing FrameQueue, to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { throw BenchmarkFailure("cannot write \(path)") }
        defer { try? file.close() }
        for index in 0..<frames.count {
            var data = Data()
            frames.withFrame(at: index) { frame in
                for plane in 0..<frame.format.pixelFormat.planeCount {
                    let bytes = frame.format.pixelFormat.bytesPerSample
                    frame.withPlane(plane) { view in
                        for y in 0..<view.height { data.append(view.base + y * view.stride, count: view.width * bytes) }
                    }
                }
            }
            try file.write(contentsOf: data)
        }
    }

    /// Reads raw video.
    static func read(_ path: String, format: VideoFormat) throws -> FrameQueue {
        guard let file = FileHandle(forReadingAtPath: path) else { throw BenchmarkFailure("cannot read \(path)") }
        defer { try? file.close() }
        let pool = VideoFramePool(format: format, capacity: 1)
        let layout = format.pixelFormat
        let bytes = layout.bytesPerSample
        let size = (0..<layout.planeCount).reduce(0) {
            $0 + layout.planeWidth($1, width: format.width) * layout.planeHeight($1, height: format.height) * bytes
        }
        var frames = FrameQueue()
        while let data = try file.read(upToCount: size), data.count == size {
            var frame = try pool.makeFrame(timebase: Timebase(1, 25))
            frame.presentationTicks = Int64(frames.count)
            var offset = 0
            for plane in 0..<layout.planeCount {
                frame.withPlane(plane) { view in
                    for y in 0..<view.height {
                        let row = UnsafeMutableBufferPointer(
                            start: view.base + y * view.stride,
                            count: view.width * bytes
                        )
                        offset += data.copyBytes(to: row, from: offset..<(offset + row.count))
                    }
                }
            }
            frames.append(frame.freeze())
        }
        return frames
    }

    /// Decodes a shot of a sample clip, by the numbers of its frames.
    static func decode(_ path: String, _ shot: Range<Int>) throws -> FrameQueueBox {
        let demuxer = try Demuxer(path: path)
        guard let stream = demuxer.bestVideoStream else { throw BenchmarkFailure("\(path) has no picture") }
        demuxer.select(streams: [stream.index])
        let decoder = try VideoDecoder(stream: stream)
        let box = FrameQueueBox()
        var isFinishing = false
        var number = 0
        while number < shot.upperBound {
            switch try decoder.receive() {
            case .frame(let frame):
                defer { number += 1 }
                guard shot.contains(number) else { continue }
                let index = Int64(box.frames.count)
                box.frames.append(VideoFrame.retimed(frame, to: MediaTime(ticks: index, timebase: Timebase(1, 25))))
            case .finished: return box
            case .needsInput:
                if !isFinishing, let packet = try demuxer.read() {
                    _ = try decoder.send(packet)
                } else {
                    isFinishing = true
                    try decoder.finish()
                }
            }
        }
        return box
    }
}

/// Frames on the heap, so that they can be returned and grow in a loop.
final class FrameQueueBox {
    var frames = FrameQueue()
}
