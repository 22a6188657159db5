internal import CFFmpeg
#if canImport(Glibc)
internal import Glibc
#endif

/// The FFmpeg libraries of this process.
public enum FFmpegLibraries {
    /// How much the libraries write to standard error by themselves.
    public enum LogLevel: Sendable {
        /// Nothing: every failure reaches the caller as an error anyway.
        case silent
        /// Errors and warnings, for people who look into a problem.
        case warnings
    }

    /// Sets how much the libraries, and the encoders inside them, write by themselves. Call once at start.
    public static func setLogLevel(_ level: LogLevel) {
        av_log_set_level(level == .silent ? AV_LOG_QUIET : AV_LOG_WARNING)
        // SVT-AV1 writes around av_log; 0 means fatal errors only: cancelling is an error to it.
        if level == .silent { setenv("SVT_LOG", "0", 0) }
    }

    /// Version of libavcodec, for example `59.37.100`.
    public static var codecVersion: String {
        let version = avcodec_version()
        return "\(version >> 16).\(version >> 8 & 255).\(version & 255)"
    }

    /// The release that the libraries come from, for example `5.1.9-0+deb12u1`.
    public static var release: String { String(cString: av_version_info()) }
}
