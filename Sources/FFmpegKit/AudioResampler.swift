internal import CFFmpeg
public import MediaCore

/// Converts sound to another rate, layout or storage without losing or inventing time.
///
/// Confined to one thread. The first input sample keeps its time exactly; output times count samples from there, and
/// jump over gaps of more than 50 ms.
/// Source: `libswresample/swresample.h`.
public final class AudioResampler {
    private var context: OpaquePointer?
    private let target: AudioFormat
    private let dithers: Bool
    private var layout = AVChannelLayout()
    private var source: (format: Int32, rate: Int32, channels: Int32) = (-1, 0, 0)
    private var nextTicks: Int64?

    /// Timebase of what comes out: one tick a sample.
    public let timebase: Timebase

    /// Makes a resampler.
    ///
    /// - Parameters:
    ///   - target: rate, layout and storage of what comes out.
    ///   - dithers: whether rounding to 16 bits is hidden in noise, which processed sound needs and copies do not.
    public init(to target: AudioFormat, dithers: Bool = false) throws(FFmpegError) {
        self.target = target
        self.dithers = dithers && [.int16, .int16Planar].contains(target.sampleFormat)
        timebase = Timebase(1, Int32(target.sampleRate))
        try check(
            av_channel_layout_from_string(&layout, target.channelLayout),
            "channel layout \(target.channelLayout)"
        )
    }

    deinit {
        swr_free(&context)
        av_channel_layout_uninit(&layout)
    }

    /// Converts a frame.
    ///
    /// - Parameter frame: the next sound, or `nil` to get what is left inside.
    /// - Returns: `nil` when nothing is ready.
    public func convert(_ frame: consuming AudioFrame?) throws(FFmpegError) -> AudioFrame? {
        guard let frame else { return try drain() }
        let input = frame.handle.pointer
        // Broadcasts go from stereo to surround and back in mid-stream: start anew with the new shape.
        if context != nil,
            source != (input.pointee.format, input.pointee.sample_rate, input.pointee.ch_layout.nb_channels)
        {
            swr_free(&context)
        }
        if context == nil { try open(for: input) }
        if let ticks = frame.presentationTicks {
            let time = MediaTime(ticks: ticks, timebase: frame.timebase).rescaled(to: timebase).ticks
            // Sound that is missing stays missing: what follows keeps its own time. Containers round to a millisecond or
            // so, which is no gap.
            if nextTicks.map({ time - $0 > Int64(target.sampleRate / 20) }) ?? true { nextTicks = time }
        }
        return try produce(Int(swr_get_out_samples(context, input.pointee.nb_samples)), from: input)
    }

    private func drain() throws(FFmpegError) -> AudioFrame? {
        guard context != nil else { return nil }
        let left = Int(swr_get_out_samples(context, 0))
        return left > 0 ? try produce(left, from: nil) : nil
    }

    private func open(for input: UnsafeMutablePointer<AVFrame>) throws(FFmpegError) {
        let format = av_get_sample_fmt(target.sampleFormat.rawValue)
        try check(
            swr_alloc_set_opts2(
                &context,
                &layout,
                format,
                Int32(target.sampleRate),
                &input.pointee.ch_layout,
                AVSampleFormat(input.pointee.format),
                input.pointee.sample_rate,
                0,
                nil
            ),
            "swr_alloc_set_opts2"
        )
        if dithers { av_opt_set(UnsafeMutableRawPointer(context), "dither_method", "triangular", 0) }
        try check(swr_init(context), "open the resampler")
        source = (input.pointee.format, input.pointee.sample_rate, input.pointee.ch_layout.nb_channels)
    }

    private func produce(
        _ capacity: Int,
        from input: UnsafeMutablePointer<AVFrame>?
    ) throws(FFmpegError)
        -> AudioFrame?
    {
        let output = try FrameHandle()
        let frame = output.pointer
        frame.pointee.format = av_get_sample_fmt(target.sampleFormat.rawValue).rawValue
        frame.pointee.sample_rate = Int32(target.sampleRate)
        frame.pointee.nb_samples = Int32(max(1, capacity))
        try check(av_channel_layout_copy(&frame.pointee.ch_layout, &layout), "av_channel_layout_copy")
        try check(av_frame_get_buffer(frame, 0), "allocate sound")
        let produced = try check(
            swr_convert(
                context,
                frame.pointee.extended_data,
                frame.pointee.nb_samples,
                input.map {
                    UnsafeMutableRawPointer($0.pointee.extended_data).assumingMemoryBound(
                        to: UnsafePointer<UInt8>?.self
                    )
                },
                input?.pointee.nb_samples ?? 0
            ),
            "resample"
        )
        guard produced > 0 else { return nil }
        frame.pointee.nb_samples = produced
        let ticks = nextTicks ?? 0
        frame.pointee.pts = ticks
        nextTicks = ticks + Int64(produced)
        return AudioFrame(owning: output, timebase: timebase)
    }
}
