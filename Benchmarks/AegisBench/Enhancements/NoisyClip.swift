import CMeasurement
import FFmpegKit
import Foundation
import Glibc
import Kernels
import MediaCore
import Pipeline
import Stages

/// Some frames of a sample clip in memory (4:2:0, 8 bits), without and with noise.
struct NoisyClip {
    let name: String
    let width: Int
    let height: Int
    /// Number of frames.
    let count: Int
    /// All frames, one after the other: luma, chroma, chroma.
    let samples: [UInt8]

    private var format: VideoFormat {
        // Full range: the noise that is added goes to the ends.
        var color = ColorDescription.bt709
        color.isFullRange = true
        return VideoFormat(width: width, height: height, pixelFormat: .yuv420p, color: color)
    }
    private var planes: [(width: Int, height: Int)] {
        [(width, height)] + Array(repeating: ((width + 1) / 2, (height + 1) / 2), count: 2)
    }
    private var frameBytes: Int { planes.map { $0.width * $0.height }.reduce(0, +) }

    /// A talking head, sport, and a drawing in high definition, with which speed is measured too.
    static func all(_ options: BenchmarkOptions) throws -> [NoisyClip] {
        let most = options.isSmoke ? 8 : 24
        return try [
            NoisyClip("carphone", skipping: 30, count: 40, width: 176, height: 144, options),
            NoisyClip("bikes", skipping: 50, count: 40, width: 640, height: 272, options),
            NoisyClip("bigbuckbunny", skipping: 40, count: most, width: 1280, height: 720, options),
        ]
    }

    private init(
        _ name: String,
        skipping first: Int,
        count: Int,
        width: Int,
        height: Int,
        _ options: BenchmarkOptions
    ) throws {
        let path = "\(options.scratch)/\(name).yuv"
        _ = try ToolRun(
            "ffmpeg",
            [
                "-v", "error", "-nostdin", "-y", "-i", options.media(name + ".mp4"), "-vf",
                "select=gte(n\\,\(first))", "-frames:v", String(count), "-vsync", "passthrough", "-pix_fmt", "yuv420p",
                "-f", "rawvideo", path,
            ]
        )
        defer { try? FileManager.default.removeItem(atPath: path) }
        (self.name, self.width, self.height, self.count) = (name, width, height, count)
        samples = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        guard samples.count == count * frameBytes else { throw BenchmarkFailure("\(name) is not \(width)x\(height)") }
    }

    /// Goes through all planes of all frames in the order in which they lie in memory.
    private func forEachPlane(_ body: (_ frame: Int, _ plane: Int, _ offset: Int, _ bytes: Int) -> Void) {
        var offset = 0
        for frame in 0..<count {
            for (plane, size) in planes.enumerated() {
                body(frame, plane, offset, size.width * size.height)
                offset += size.width * size.height
            }
        }
    }

    /// The frames with noise of a standard deviation in all planes.
    func disturbed(_ noise: Double) -> [UInt8] {
        var result = samples
        result.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            forEachPlane { frame, plane, offset, _ in
                let (width, height) = planes[plane]
                NoiseJudge(width: width, height: height, depth: 8).disturb(
                    NoiseSamples(base + offset, stride: width),
                    deviation: noise,
                    seed: UInt64(frame * 3 + plane + 1) &* 2_654_435_761,
                    into: base + offset,
                    stride: width
                )
            }
        }
        return result
    }

    /// PSNR to the truth over all frames, in dB.
    func quality(_ result: [UInt8]) -> (luma: Double, chroma: Double) {
        var sums = (luma: 0, chroma: 0), counts = (luma: 0, chroma: 0)
        forEachPlane { _, plane, offset, bytes in
            var sum = 0
            for index in offset..<(offset + bytes) {
                let difference = Int(samples[index]) - Int(result[index])
                sum += difference * difference
            }
            if plane == 0 {
                sums.luma += sum
                counts.luma += bytes
            } else {
                sums.chroma += sum
                counts.chroma += bytes
            }
        }
        func decibels(_ sum: Int, _ count: Int) -> Double {
            sum == 0 ? .infinity : 10 * log10(255 * 255 * Double(count) / Double(sum))
        }
        return (decibels(sums.luma, counts.luma), decibels(sums.chroma, counts.chroma))
    }

    /// Writes a frame as a picture where the options ask for that.
    func writePicture(_ frames: [UInt8], _ title: String, _ options: BenchmarkOptions) throws {
        guard let directory = options.picturesDirectory else { return }
        let path = options.scratch + "/picture.yuv"
        let first = count / 2 * frameBytes
        try Data(frames[first..<(first + frameBytes)]).write(to: URL(fileURLWithPath: path))
        let file = title.replacingOccurrences(of: " ", with: "-").replacingOccurrences(of: ",", with: "")
        _ = try ToolRun("ffmpeg", ["-v", "error", "-nostdin", "-y"] + input(path) + ["\(directory)/\(file).png"])
    }

    private func input(_ path: String) -> [String] {
        ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "\(width)x\(height)", "-r", "25", "-i", path]
    }

    // MARK: - Filters

    /// What a filter made, and how long it took on one core.
    struct Filtered {
        let samples: [UInt8]
        let seconds: Double
        /// Heap allocations a frame that our code asked for, once the window is full; 0 for other programs.
        var ownAllocations = 0.0
    }

    /// What a filter of ffmpeg makes of frames, on one thread.
    func filtered(_ frames: [UInt8], ffmpeg filter: String, _ options: BenchmarkOptions) throws -> Filtered {
        let (source, result) = (options.scratch + "/noisy.yuv", options.scratch + "/filtered.yuv")
        try Data(frames).write(to: URL(fileURLWithPath: source))
        let before = Self.childSeconds
        _ = try ToolRun(
            "ffmpeg",
            ["-v", "error", "-nostdin", "-y", "-filter_threads", "1"] + input(source)
                + ["-vf", filter, "-f", "rawvideo", "-threads", "1", result]
        )
        let seconds = Self.childSeconds - before
        return Filtered(samples: [UInt8](try Data(contentsOf: URL(fileURLWithPath: result))), seconds: seconds)
    }

    /// What the stage makes of frames.
    ///
    /// - Parameters:
    ///   - frames: all frames.
    ///   - level: its parameter.
    ///   - isLive: whether it must measure as it goes, instead of beforehand.
    func filtered(_ frames: [UInt8], level: String, isLive: Bool) throws -> Filtered {
        let catalogue = StageCatalogue.standard
        let resolved = try catalogue.resolve(try catalogue.requests(parsing: "noise_reduction:level=\(level)"))
        let context = StageContext(modelsDirectory: "", cacheDirectory: nil, coreCount: 1, trustsCaller: true)
        guard var plan = try resolved.first?.makePlan(context) else { throw BenchmarkFailure("there is no such stage") }
        if !isLive, let analysis = plan.analysis { plan = try measured(analysis, frames) }
        let instance = try plan.makeInstance(try plan.negotiate(format))
        let output = StageOutput()
        var result = [UInt8](repeating: 0, count: frames.count)
        var (done, seconds) = (0, 0.0)
        let warmUp = count / 2
        var allocations: UInt64 = 0
        let pool = VideoFramePool(format: format)
        for index in 0...count {
            let start: Double
            if index < count {
                let frame = try self.frame(index, frames, pool)
                start = Self.threadSeconds
                let before = aegis_allocations_own()
                aegis_allocations_count(1)
                try instance.process(frame, into: output)
                aegis_allocations_count(0)
                if index >= warmUp { allocations += aegis_allocations_own() - before }
            } else {
                start = Self.threadSeconds
                try instance.flush(into: output)
            }
            seconds += Self.threadSeconds - start
            while let frame = output.takeFrame() {
                copy(frame, into: &result, done)
                done += 1
            }
        }
        guard done == count else { throw BenchmarkFailure("\(done) of \(count) frames came back") }
        return Filtered(
            samples: result,
            seconds: seconds,
            ownAllocations: Double(allocations) / Double(count - warmUp)
        )
    }

    private func measured<Analysis: FileAnalysis>(_ analysis: Analysis, _ frames: [UInt8]) throws -> any StagePlan {
        let probe = try analysis.makeProbe(try analysis.negotiate(format))
        let pool = VideoFramePool(format: format)
        var found: [MeasuredFrame<Analysis.Measurement>] = []
        for index in 0..<count {
            let frame = try self.frame(index, frames, pool)
            guard let time = frame.time, let measurement = try probe.measure(frame) else { continue }
            found.append(MeasuredFrame(time: time, measurement: measurement))
        }
        return try analysis.makePlan(
            MeasuredFile(format: format, frameRate: Rational(25, 1), shots: .whole, frames: found)
        )
    }

    private func frame(_ index: Int, _ frames: [UInt8], _ pool: VideoFramePool) throws -> VideoFrame {
        var frame = try pool.makeFrame(timebase: Timebase(1, 25))
        frame.presentationTicks = Int64(index)
        var offset = index * frameBytes
        for plane in planes.indices {
            frame.withPlane(plane) { view in
                for row in 0..<view.height {
                    let to = UnsafeMutableRawBufferPointer(start: view.base + row * view.stride, count: view.width)
                    to.copyBytes(from: frames[offset..<(offset + view.width)])
                    offset += view.width
                }
            }
        }
        return frame.freeze()
    }

    private func copy(_ frame: borrowing VideoFrame, into result: inout [UInt8], _ index: Int) {
        var offset = index * frameBytes
        for plane in planes.indices {
            frame.withPlane(plane) { view in
                for row in 0..<view.height {
                    let from = UnsafeBufferPointer(start: view.base + row * view.stride, count: view.width)
                    result.replaceSubrange(offset..<(offset + view.width), with: from)
                    offset += view.width
                }
            }
        }
    }

    /// Seconds that this thread kept a processor busy.
    private static var threadSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Seconds that all finished children kept processors busy.
    private static var childSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
