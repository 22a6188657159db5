internal import CFFmpeg
public import MediaCore

/// A chain of libavfilter video filters with one input and one output.
///
/// Confined to one thread. Source: `libavfilter/avfilter.h`, `ffmpeg-filters(1)`.
public final class VideoFilterGraph {
    private let graph: UnsafeMutablePointer<AVFilterGraph>
    private let source: UnsafeMutablePointer<AVFilterContext>
    fileprivate let sink: UnsafeMutablePointer<AVFilterContext>
    private let orientation: Orientation
    private let isMirrored: Bool

    /// Timebase of the frames that come out.
    public let outputTimebase: Timebase
    /// Frame rate of what comes out, when the graph knows one.
    public let outputFrameRate: Rational?

    /// The shape of what goes in, in libav's own terms.
    private struct RawInput {
        var format: Int32
        var width: Int32
        var height: Int32
        var aspect: AVRational
    }

    /// Builds a graph from its description.
    ///
    /// - Parameters:
    ///   - description: libavfilter's syntax, for example `scale=640:-2,hqdn3d`.
    ///   - input: the format of the frames that will be sent.
    ///   - timebase: their timebase.
    ///   - accepted: working formats that the output may have; all of them when empty.
    ///   - allowsOutsideAccess: whether filters beyond ``FilterAllowList`` may be used, which may open files or sockets.
    ///   - outputOrientation: the orientation that output frames carry.
    ///   - isOutputMirrored: whether output frames carry the mark that they are mirrored.
    ///   - threadCount: threads that filters may use.
    /// - Throws: ``FilterGraphError`` with libavfilter's complaint in words.
    public convenience init(
        _ description: String,
        input: VideoFormat,
        timebase: Timebase,
        accepted: [PixelFormat] = [],
        allowsOutsideAccess: Bool = false,
        outputOrientation: Orientation = .upright,
        isOutputMirrored: Bool = false,
        threadCount: Int = 1
    ) throws(FilterGraphError) {
        try self.init(
            description,
            raw: RawInput(
                format: input.pixelFormat.av.rawValue,
                width: Int32(input.width),
                height: Int32(input.height),
                aspect: AVRational(input.sampleAspectRatio)
            ),
            timebase: timebase,
            frameRate: input.frameRate,
            accepted: (accepted.isEmpty ? PixelFormat.allCases : accepted).map(\.rawValue),
            allowsOutsideAccess: allowsOutsideAccess,
            outputOrientation: outputOrientation,
            isOutputMirrored: isOutputMirrored,
            threadCount: threadCount
        )
    }

    /// Builds the conversion of working frames to any layout of libav, for encoders that take nothing else.
    convenience init(
        convertingFrom format: VideoFormat,
        toLayoutNamed target: String,
        isFullRange: Bool,
        timebase: Timebase
    ) throws(FilterGraphError) {
        let range = isFullRange ? ":out_range=pc" : ""
        try self.init(
            "scale=flags=bicubic+accurate_rnd+full_chroma_int\(range)",
            raw: RawInput(
                format: format.pixelFormat.av.rawValue,
                width: Int32(format.width),
                height: Int32(format.height),
                aspect: AVRational(format.sampleAspectRatio)
            ),
            timebase: timebase,
            frameRate: nil,
            accepted: [target],
            allowsOutsideAccess: false,
            outputOrientation: format.orientation,
            isOutputMirrored: format.isMirrored,
            threadCount: 1
        )
    }

    /// Builds the conversion of a libav frame of any layout to a working format.
    convenience init(
        convertingFrom frame: UnsafePointer<AVFrame>,
        to target: PixelFormat,
        timebase: Timebase,
        frameRate: Rational?,
        orientation: Orientation,
        isMirrored: Bool
    ) throws(FFmpegError) {
        // RGB has no matrix of its own; BT.709 is what every player assumes for untagged HD.
        let matrix =
            Self.isRGB(frame.pointee.format) && target.chroma != .none ? ":out_color_matrix=bt709:out_range=tv" : ""
        do {
            try self.init(
                "scale=flags=bicubic+accurate_rnd+full_chroma_int\(matrix)",
                raw: RawInput(
                    format: frame.pointee.format,
                    width: frame.pointee.width,
                    height: frame.pointee.height,
                    aspect: frame.pointee.sample_aspect_ratio
                ),
                timebase: timebase,
                frameRate: frameRate,
                accepted: [target.rawValue],
                allowsOutsideAccess: false,
                outputOrientation: orientation,
                isOutputMirrored: isMirrored,
                threadCount: 1
            )
        } catch {
            throw FFmpegError(aegis_error_not_supported, "convert a decoded frame")
        }
    }

    private init(
        _ description: String,
        raw: RawInput,
        timebase: Timebase,
        frameRate: Rational?,
        accepted: [String],
        allowsOutsideAccess: Bool,
        outputOrientation: Orientation,
        isOutputMirrored: Bool,
        threadCount: Int
    ) throws(FilterGraphError) {
        // Before anything is built: filters open files while they are initialised.
        if !allowsOutsideAccess, let objection = FilterAllowList.objection(to: description) {
            throw FilterGraphError(objection, description)
        }
        guard let graph = avfilter_graph_alloc() else { throw FilterGraphError("out of memory", description) }
        var keep = false
        defer {
            if !keep {
                var closing: UnsafeMutablePointer<AVFilterGraph>? = graph
                avfilter_graph_free(&closing)
            }
        }
        graph.pointee.nb_threads = Int32(threadCount)

        var arguments = "video_size=\(raw.width)x\(raw.height):pix_fmt=\(raw.format)"
        arguments += ":time_base=\(timebase.numerator)/\(timebase.denominator)"
        if raw.aspect.num > 0, raw.aspect.den > 0 { arguments += ":pixel_aspect=\(raw.aspect.num)/\(raw.aspect.den)" }
        if let frameRate { arguments += ":frame_rate=\(frameRate.numerator)/\(frameRate.denominator)" }

        let source = try Self.makeFilter("buffer", named: "in", arguments, graph, description)
        let sink = try Self.makeFilter("buffersink", named: "out", nil, graph, description)
        let formats = accepted.joined(separator: "|")
        let limiter = try Self.makeFilter("format", named: "limit", "pix_fmts=\(formats)", graph, description)
        try Self.verify(avfilter_link(limiter, 0, sink, 0), description)

        var inputs: UnsafeMutablePointer<AVFilterInOut>?
        var outputs: UnsafeMutablePointer<AVFilterInOut>?
        defer {
            avfilter_inout_free(&inputs)
            avfilter_inout_free(&outputs)
        }
        let text = description.isEmpty ? "null" : description
        try Self.verify(avfilter_graph_parse2(graph, text, &inputs, &outputs), description)
        guard let first = inputs, first.pointee.next == nil, let last = outputs, last.pointee.next == nil,
            let head = first.pointee.filter_ctx, let tail = last.pointee.filter_ctx,
            avfilter_pad_get_type(head.pointee.input_pads, first.pointee.pad_idx) == AVMEDIA_TYPE_VIDEO,
            avfilter_pad_get_type(tail.pointee.output_pads, last.pointee.pad_idx) == AVMEDIA_TYPE_VIDEO
        else {
            throw FilterGraphError("the graph needs exactly one video input and one video output", description)
        }
        try Self.verify(avfilter_link(source, 0, head, UInt32(first.pointee.pad_idx)), description)
        try Self.verify(avfilter_link(tail, UInt32(last.pointee.pad_idx), limiter, 0), description)
        try Self.verify(avfilter_graph_config(graph, nil), description)
        keep = true
        self.graph = graph
        self.source = source
        self.sink = sink
        orientation = outputOrientation
        isMirrored = isOutputMirrored
        outputTimebase = Timebase(av_buffersink_get_time_base(sink))
        outputFrameRate = Rational(av_buffersink_get_frame_rate(sink))
    }

    deinit {
        var closing: UnsafeMutablePointer<AVFilterGraph>? = graph
        avfilter_graph_free(&closing)
    }

    private static func makeFilter(
        _ name: String,
        named instance: String,
        _ arguments: String?,
        _ graph: UnsafeMutablePointer<AVFilterGraph>,
        _ description: String
    ) throws(FilterGraphError) -> UnsafeMutablePointer<AVFilterContext> {
        guard let filter = avfilter_get_by_name(name) else { throw FilterGraphError("no filter \(name)", description) }
        var context: UnsafeMutablePointer<AVFilterContext>?
        try verify(avfilter_graph_create_filter(&context, filter, instance, arguments, nil, graph), description)
        guard let context else { throw FilterGraphError("out of memory", description) }
        return context
    }

    private static func verify(_ result: Int32, _ description: String) throws(FilterGraphError) {
        if result < 0 { throw FilterGraphError(FFmpegError(result, "").message, description) }
    }

    /// The format of the frames that come out.
    public var outputFormat: VideoFormat {
        let format = AVPixelFormat(av_buffersink_get_format(sink))
        return VideoFormat(
            width: Int(av_buffersink_get_w(sink)),
            height: Int(av_buffersink_get_h(sink)),
            pixelFormat: PixelFormat(nearest: format),
            sampleAspectRatio: Rational(av_buffersink_get_sample_aspect_ratio(sink)) ?? Rational(1, 1),
            orientation: orientation,
            isMirrored: isMirrored,
            frameRate: outputFrameRate
        )
    }

    /// Sends a frame of the input format.
    public func send(_ frame: consuming VideoFrame) throws(FFmpegError) {
        let handle = frame.handle
        try send(handle)
    }

    func send(_ handle: consuming FrameHandle) throws(FFmpegError) {
        // The graph takes the references over; the structure stays ours and empty.
        try check(av_buffersrc_add_frame_flags(source, handle.pointer, 0), "filter a frame")
    }

    /// Says that no more frames will come.
    public func finish() throws(FFmpegError) {
        try check(av_buffersrc_add_frame_flags(source, nil, 0), "finish filtering")
    }

    /// Takes the next finished frame.
    ///
    /// - Returns: `nil` when more input is needed, or nothing is left after ``finish()``.
    public func receive() throws(FFmpegError) -> VideoFrame? {
        guard let handle = try receiveHandle() else { return nil }
        let frame = handle.pointer
        let coded = AVPixelFormat(frame.pointee.format)
        let format = VideoFormat(
            width: Int(frame.pointee.width),
            height: Int(frame.pointee.height),
            pixelFormat: PixelFormat(nearest: coded),
            color: ColorDescription(
                primaries: frame.pointee.color_primaries,
                transfer: frame.pointee.color_trc,
                matrix: frame.pointee.colorspace,
                range: frame.pointee.color_range,
                location: frame.pointee.chroma_location
            ),
            sampleAspectRatio: Rational(frame.pointee.sample_aspect_ratio) ?? Rational(1, 1),
            orientation: orientation,
            isMirrored: isMirrored,
            frameRate: outputFrameRate
        )
        return VideoFrame(owning: handle, format: format, timebase: outputTimebase)
    }
}

extension VideoFilterGraph {
    /// Whether a libav layout holds red, green and blue.
    static func isRGB(_ format: Int32) -> Bool {
        let flags = av_pix_fmt_desc_get(AVPixelFormat(format))?.pointee.flags ?? 0
        return flags & UInt64(AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) != 0
    }

    /// ``receive()`` without the claim that the layout is a working format.
    func receiveHandle() throws(FFmpegError) -> FrameHandle? {
        let handle = try FrameHandle()
        let result = av_buffersink_get_frame(sink, handle.pointer)
        if result == aegis_error_again || result == aegis_error_end_of_file { return nil }
        try check(result, "filter a frame")
        return handle
    }
}

/// A filter graph that libavfilter refused.
public struct FilterGraphError: Error, Sendable, Equatable, CustomStringConvertible {
    /// libavfilter's complaint.
    public let message: String
    /// The graph as it was given.
    public let graph: String

    init(_ message: String, _ graph: String) {
        self.message = message
        self.graph = graph
    }

    /// Complaint and graph in one line.
    public var description: String { "filter graph '\(graph)': \(message)" }
}
