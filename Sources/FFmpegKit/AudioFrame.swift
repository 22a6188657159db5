internal import CFFmpeg
public import MediaCore

/// A run of sound samples. Has one owner and moves, like ``VideoFrame``.
public struct AudioFrame: ~Copyable, @unchecked Sendable {
    // Safe because: one owner has the structure at any time.
    let handle: FrameHandle
    /// The timebase of ``presentationTicks``.
    public let timebase: Timebase

    init(owning handle: consuming FrameHandle, timebase: Timebase) {
        self.handle = handle
        self.timebase = timebase
    }

    /// Makes a frame of planar float sound.
    ///
    /// - Parameters:
    ///   - planes: one array a channel, 1 being full scale.
    ///   - count: how many samples of each.
    ///   - format: rate and layout; the layout has as many channels as there are planes.
    ///   - ticks: the place of the first sample, in samples.
    public static func make(
        _ planes: [[Float]],
        count: Int,
        format: AudioFormat,
        ticks: Int64
    ) throws(FFmpegError) -> AudioFrame {
        let handle = try FrameHandle()
        let frame = handle.pointer
        frame.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
        frame.pointee.sample_rate = Int32(format.sampleRate)
        frame.pointee.nb_samples = Int32(count)
        try check(
            av_channel_layout_from_string(&frame.pointee.ch_layout, format.channelLayout),
            "channel layout \(format.channelLayout)"
        )
        precondition(Int(frame.pointee.ch_layout.nb_channels) == planes.count, "one plane a channel")
        try check(av_frame_get_buffer(frame, 0), "allocate sound")
        for (channel, plane) in planes.enumerated() {
            precondition(plane.count >= count, "a plane is too short")
            guard let target = frame.pointee.extended_data[channel] else { continue }
            plane.withUnsafeBytes { source in
                if let base = source.baseAddress {
                    UnsafeMutableRawPointer(target).copyMemory(
                        from: base,
                        byteCount: count * MemoryLayout<Float>.stride
                    )
                }
            }
        }
        frame.pointee.pts = ticks
        return AudioFrame(owning: handle, timebase: Timebase(1, Int32(format.sampleRate)))
    }

    /// Samples in each channel.
    public var sampleCount: Int { Int(handle.pointer.pointee.nb_samples) }
    /// Samples a second.
    public var sampleRate: Int { Int(handle.pointer.pointee.sample_rate) }
    /// Number of channels.
    public var channelCount: Int { Int(handle.pointer.pointee.ch_layout.nb_channels) }
    /// Time of the first sample in ticks of `timebase`; `nil` when unknown.
    public var presentationTicks: Int64? {
        handle.pointer.pointee.pts == aegis_no_pts ? nil : handle.pointer.pointee.pts
    }

    /// Lends the samples of one channel of a frame in planar float.
    ///
    /// - Precondition: the samples are stored as planar float, as ``AudioResampler`` makes them on request.
    public func withFloatChannel<R>(_ channel: Int, _ body: (Span<Float>) throws -> R) rethrows -> R {
        precondition(handle.pointer.pointee.format == AV_SAMPLE_FMT_FLTP.rawValue && channel < channelCount)
        let count = sampleCount
        guard let data = handle.pointer.pointee.extended_data[channel] else { preconditionFailure("no samples") }
        return try data.withMemoryRebound(to: Float.self, capacity: count) { samples in
            try body(UnsafeBufferPointer(start: samples, count: count).span)
        }
    }
}
