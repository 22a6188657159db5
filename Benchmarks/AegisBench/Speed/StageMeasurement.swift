import CMeasurement
import FFmpegKit
import MediaCore
import Pipeline
import Stages

/// The stage alone on one core: decoded frames go in, finished frames come out, nothing else happens.
struct StageMeasurement {
    /// Half of the frames took at most this many milliseconds.
    let p50: Double
    /// 99 % of the frames took at most this many milliseconds.
    let p99: Double
    /// Heap allocations a frame that our code asked for.
    let ownAllocations: Double
    /// Heap allocations a frame of everything.
    let allAllocations: Double

    init(clip: String, frameCount: Int, _ options: BenchmarkOptions) throws {
        // Before the network is compiled: its threads start on the core that this thread is on.
        aegis_stay_on_one_core(1)
        defer { aegis_stay_on_one_core(0) }
        let context = StageContext(
            modelsDirectory: options.models,
            cacheDirectory: nil,
            coreCount: 1,
            trustsCaller: true
        )
        let catalogue = StageCatalogue.standard
        let resolved = try catalogue.resolve(try catalogue.requests(parsing: "virtual_background"))
        let demuxer = try Demuxer(path: clip)
        guard let stream = demuxer.bestVideoStream, let plan = try resolved.first?.makePlan(context),
            let format = stream.parameters.videoFormat
        else { throw BenchmarkFailure("\(clip) has no picture") }
        demuxer.select(streams: [stream.index])
        let decoder = try VideoDecoder(stream: stream)
        let instance = try plan.makeInstance(try plan.negotiate(format))
        let output = StageOutput()
        let clock = ContinuousClock()
        let warmUp = 30
        var times: [Double] = []
        times.reserveCapacity(frameCount + warmUp)
        var own: UInt64 = 0
        var all: UInt64 = 0
        while times.count < frameCount + warmUp, let packet = try demuxer.read() {
            _ = try decoder.send(packet)
            receiving: while true {
                switch try decoder.receive() {
                case .frame(let frame):
                    let isCounted = times.count >= warmUp
                    let before = (own: aegis_allocations_own(), all: aegis_allocations_total())
                    aegis_allocations_count(1)
                    let start = clock.now
                    try instance.process(frame, into: output)
                    while let finished = output.takeFrame() { _ = finished.presentationTicks }
                    let elapsed = clock.now - start
                    aegis_allocations_count(0)
                    times.append(ToolRun.seconds(elapsed) * 1000)
                    if isCounted {
                        own += aegis_allocations_own() - before.own
                        all += aegis_allocations_total() - before.all
                    }
                default: break receiving
                }
            }
        }
        let counted = Array(times.dropFirst(warmUp))
        guard !counted.isEmpty else { throw BenchmarkFailure("\(clip) is too short to measure") }
        p50 = percentile(counted, 0.5)
        p99 = percentile(counted, 0.99)
        ownAllocations = Double(own) / Double(counted.count)
        allAllocations = Double(all) / Double(counted.count)
    }
}
