internal import FFmpegKit
internal import MediaCore

/// Compares the clock that numbered a track's packets with the one that took its samples.
///
/// Recorders stamp packets by one clock and take samples by another. Where the two run apart steadily, sound and picture
/// do too; players that trust the stamps stretch the sound.
enum AudioClock {
    /// The largest drift that is believed.
    static let largestDrift = 0.005
    /// What is heard by nobody: seconds over the whole track.
    private static let leastSeconds = 0.01
    /// How far stamps may lie from a straight line, in seconds.
    private static let largestScatter = 0.03

    /// Whether a container's stamps are independent of its samples; elsewhere there is nothing to compare.
    static func mayDrift(_ formatName: String) -> Bool {
        ["matroska", "flv", "mpegts", "mpeg", "asf", "avi", "nut"].contains { formatName.hasPrefix($0) }
    }

    /// Seconds by the container's clock that a second of samples takes; `nil` when both agree or nothing is certain.
    ///
    /// Decodes the whole track.
    static func ratio(_ demuxer: Demuxer, stream: StreamDescription) throws -> Double? {
        demuxer.select(streams: [stream.index])
        let decoder = try AudioDecoder(stream: stream)
        var points: [(samples: Double, stamp: Double)] = []
        var count: Int64 = 0, rate = 0, nextPoint: Int64 = 0
        func take() throws {
            while let frame = try decoder.receive() {
                if rate == 0 { rate = frame.sampleRate }
                // Another rate in mid-stream: counting samples says nothing.
                if frame.sampleRate != rate { rate = -1 }
                if let ticks = frame.presentationTicks, rate > 0, count >= nextPoint {
                    let stamp = MediaTime(ticks: ticks, timebase: frame.timebase).seconds
                    points.append((Double(count) / Double(rate), stamp))
                    nextPoint = count + Int64(rate / 5)
                }
                count += Int64(frame.sampleCount)
            }
        }
        while let packet = try Self.nextPacket(demuxer) {
            try decoder.send(packet)
            try take()
        }
        try decoder.finish()
        try take()
        return rate > 0 ? ratio(points) : nil
    }

    /// The next packet; damage ends the file where it is.
    private static func nextPacket(_ demuxer: Demuxer) throws -> Packet? {
        do {
            return try demuxer.read()
        } catch {
            if FFmpegError.Code.interrupted ~= error { throw error }
            return nil
        }
    }

    /// Fits a straight line. Pure.
    static func ratio(_ points: [(samples: Double, stamp: Double)]) -> Double? {
        guard points.count >= 20, let first = points.first, let last = points.last else { return nil }
        let length = last.samples - first.samples
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + $1.samples } / count, meanY = points.reduce(0) { $0 + $1.stamp } / count
        var covariance = 0.0, variance = 0.0
        for point in points {
            covariance += (point.samples - meanX) * (point.stamp - meanY)
            variance += (point.samples - meanX) * (point.samples - meanX)
        }
        guard variance > 0 else { return nil }
        let slope = covariance / variance
        let scatter = points.map { abs($0.stamp - meanY - slope * ($0.samples - meanX)) }.max() ?? 0
        guard scatter <= largestScatter, abs(slope - 1) <= largestDrift, abs(slope - 1) * length >= leastSeconds else {
            return nil
        }
        return slope
    }
}
