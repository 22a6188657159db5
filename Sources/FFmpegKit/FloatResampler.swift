internal import CFFmpeg

/// Changes the rate of planar float sound by any ratio, sample-exactly aligned: the first sample that comes out belongs
/// to the moment of the first one that went in.
///
/// Confined to one thread. Source: `libswresample/swresample.h`.
public final class FloatResampler {
    private var context: OpaquePointer?
    private let channelCount: Int
    private let input: PlanarMemory
    private let output: PlanarMemory

    /// Makes a resampler.
    ///
    /// - Parameters:
    ///   - channelCount: channels, each for itself.
    ///   - sourceRate: samples a second of what goes in; only the ratio of both rates matters.
    ///   - targetRate: samples a second of what comes out.
    public init(channelCount: Int, from sourceRate: Int, to targetRate: Int) throws(FFmpegError) {
        self.channelCount = channelCount
        input = PlanarMemory(channelCount: channelCount)
        output = PlanarMemory(channelCount: channelCount)
        // An order without meaning keeps channels apart, whatever they are.
        var sourceLayout = AVChannelLayout()
        sourceLayout.order = AV_CHANNEL_ORDER_UNSPEC
        sourceLayout.nb_channels = Int32(channelCount)
        var targetLayout = sourceLayout
        try check(
            swr_alloc_set_opts2(
                &context,
                &targetLayout,
                AV_SAMPLE_FMT_FLTP,
                Int32(targetRate),
                &sourceLayout,
                AV_SAMPLE_FMT_FLTP,
                Int32(sourceRate),
                0,
                nil
            ),
            "swr_alloc_set_opts2"
        )
        let object = UnsafeMutableRawPointer(context)
        av_opt_set_int(object, "filter_size", 48, 0)
        av_opt_set_int(object, "linear_interp", 1, 0)
        av_opt_set_double(object, "cutoff", 0.975, 0)
        let result = swr_init(context)
        if result < 0 {
            swr_free(&context)
            throw FFmpegError(result, "open the resampler")
        }
    }

    deinit { swr_free(&context) }

    /// Converts.
    ///
    /// - Parameters:
    ///   - source: one array a channel; `nil` to get what is left inside at the end.
    ///   - count: how many samples of each go in.
    ///   - target: one array a channel, to which what comes out is added; every channel gets as much.
    public func convert(_ source: [[Float]]?, count: Int = 0, appendingTo target: inout [[Float]]) throws(FFmpegError) {
        precondition(target.count == channelCount && source.map { $0.count == channelCount } ?? true, "channels differ")
        if let source { input.fill(with: source, count: count) }
        output.reserve(max(1, Int(swr_get_out_samples(context, source == nil ? 0 : Int32(count)))))
        let produced = try check(
            swr_convert(
                context,
                output.planes,
                Int32(output.capacity),
                source == nil
                    ? nil : UnsafeMutableRawPointer(input.planes).assumingMemoryBound(to: UnsafePointer<UInt8>?.self),
                source == nil ? 0 : Int32(count)
            ),
            "resample"
        )
        for channel in 0..<channelCount {
            target[channel].append(contentsOf: output.samples(ofChannel: channel, count: Int(produced)))
        }
    }
}

/// Samples of several channels, each in memory of its own, as libav wants them. Has one owner.
private final class PlanarMemory {
    let planes: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>
    private let channelCount: Int
    private(set) var capacity = 0

    init(channelCount: Int) {
        self.channelCount = channelCount
        planes = .allocate(capacity: channelCount)
        planes.initialize(repeating: nil, count: channelCount)
    }

    deinit {
        for channel in 0..<channelCount { planes[channel]?.deallocate() }
        planes.deallocate()
    }

    /// Makes room for so many samples a channel; what was there is lost.
    func reserve(_ count: Int) {
        guard count > capacity else { return }
        for channel in 0..<channelCount {
            planes[channel]?.deallocate()
            planes[channel] = .allocate(capacity: count * MemoryLayout<Float>.stride)
        }
        capacity = count
    }

    func fill(with channels: [[Float]], count: Int) {
        reserve(count)
        for (channel, samples) in channels.enumerated() {
            precondition(samples.count >= count, "a channel is too short")
            samples.withUnsafeBytes { source in
                if let target = planes[channel], let base = source.baseAddress, count > 0 {
                    UnsafeMutableRawPointer(target).copyMemory(
                        from: base,
                        byteCount: count * MemoryLayout<Float>.stride
                    )
                }
            }
        }
    }

    func samples(ofChannel channel: Int, count: Int) -> UnsafeBufferPointer<Float> {
        guard let plane = planes[channel], count > 0 else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(
            start: UnsafeRawPointer(plane).assumingMemoryBound(to: Float.self),
            count: count
        )
    }
}
