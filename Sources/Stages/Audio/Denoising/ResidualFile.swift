internal import Foundation
internal import Pipeline

/// Writes what denoising takes away into a temporary file, so that the network runs once although the sound is needed
/// more often.
///
/// Frames of 480 samples a channel in 16 bits with a scale of their own: 90 dB below the frame's loudest sample, whatever
/// its level, at 96 kB a second and channel.
final class ResidualWriter {
    static let frameLength = 480

    private let path: String
    private let handle: UnsafeMutablePointer<FILE>
    private var waiting: [[Float]]
    private var coded = [Int16](repeating: 0, count: frameLength)

    init(path: String, channelCount: Int) throws(StageError) {
        self.path = path
        guard let handle = fopen(path, "wbe") else { throw Self.failure(path, errno) }
        self.handle = handle
        setvbuf(handle, nil, _IOFBF, 1 << 18)
        waiting = (0..<channelCount).map { _ in [] }
    }

    deinit { fclose(handle) }

    /// Adds samples; every channel's array gets as many.
    func append(_ planes: [[Float]]) throws(StageError) {
        for channel in waiting.indices { waiting[channel].append(contentsOf: planes[channel]) }
        while waiting[0].count >= Self.frameLength { try writeFrame() }
    }

    /// Fills the last frame with silence and writes it.
    func finish() throws(StageError) {
        if !waiting[0].isEmpty {
            let missing = Self.frameLength - waiting[0].count
            for channel in waiting.indices { waiting[channel] += [Float](repeating: 0, count: missing) }
            try writeFrame()
        }
        guard fflush(handle) == 0 else { throw Self.failure(path, errno) }
    }

    private func writeFrame() throws(StageError) {
        for channel in waiting.indices {
            var peak: Float = 0
            for index in 0..<Self.frameLength { peak = max(peak, abs(waiting[channel][index])) }
            var scale = peak / 32_767
            let factor = peak > 0 ? 32_767 / peak : 0
            for index in 0..<Self.frameLength {
                coded[index] = Int16(clamping: Int((waiting[channel][index] * factor).rounded()))
            }
            let isWritten =
                fwrite(&scale, MemoryLayout<Float>.size, 1, handle) == 1
                && fwrite(coded, MemoryLayout<Int16>.size, Self.frameLength, handle) == Self.frameLength
            guard isWritten else { throw Self.failure(path, errno) }
            waiting[channel].removeFirst(Self.frameLength)
        }
    }

    static func failure(_ path: String, _ number: Int32) -> StageError {
        let reason = String(cString: strerror(number))
        return StageError(.failed, stage: "", "cannot keep temporary sound in \(path) (\(reason)); free some space")
    }
}

/// Reads what a ``ResidualWriter`` wrote, from the beginning.
final class ResidualReader {
    private let handle: UnsafeMutablePointer<FILE>
    private var planes: [[Float]]
    private var coded = [Int16](repeating: 0, count: ResidualWriter.frameLength)
    private var place = ResidualWriter.frameLength

    init(path: String, channelCount: Int) throws(StageError) {
        guard let handle = fopen(path, "rbe") else { throw ResidualWriter.failure(path, errno) }
        self.handle = handle
        setvbuf(handle, nil, _IOFBF, 1 << 18)
        planes = (0..<channelCount).map { _ in [Float](repeating: 0, count: ResidualWriter.frameLength) }
    }

    deinit { fclose(handle) }

    /// Lends runs of samples, one array a channel, until `count` were lent; silence after the end.
    ///
    /// - Parameter body: gets the samples, the first one's place in them, how many, and how many were lent before.
    func read(_ count: Int, _ body: (_ planes: [[Float]], _ first: Int, _ count: Int, _ done: Int) -> Void) {
        var done = 0
        while done < count {
            if place == ResidualWriter.frameLength {
                readFrame()
                place = 0
            }
            let run = min(count - done, ResidualWriter.frameLength - place)
            body(planes, place, run, done)
            place += run
            done += run
        }
    }

    private func readFrame() {
        for channel in planes.indices {
            var scale: Float = 0
            let isRead =
                fread(&scale, MemoryLayout<Float>.size, 1, handle) == 1
                && fread(&coded, MemoryLayout<Int16>.size, coded.count, handle) == coded.count
            let factor = isRead ? scale : 0
            for index in 0..<coded.count { planes[channel][index] = Float(coded[index]) * factor }
        }
    }
}
