internal import Kernels
internal import Pipeline

/// Finds the highest peak of all channels at each sample, between samples too, from block to block.
final class PeakFollower {
    private let finder = TruePeakFinder()
    /// The last samples of each channel's past, then the block.
    private var windows: [[Float]]
    private var peaks: [Float] = []
    private static let past = TruePeakFinder.tapCount - 1

    /// Samples by which peaks are found late.
    static let latency = TruePeakFinder.leadOut

    init(channelCount: Int) {
        windows = (0..<channelCount).map { _ in [Float](repeating: 0, count: Self.past) }
    }

    /// Peaks of a block.
    ///
    /// - Parameters:
    ///   - block: the next sound.
    ///   - gain: what samples are multiplied with.
    ///   - floor: peaks below this need not be right, only below it: quiet blocks are passed over.
    /// - Returns: a peak for each sample of the block, of the sound ``latency`` samples earlier.
    func follow(_ block: AudioBlock, gain: Float, floor: Float) -> [Float] {
        let count = block.count
        if peaks.count < count { peaks = [Float](repeating: 0, count: count) }
        for index in 0..<count { peaks[index] = 0 }
        for channel in windows.indices {
            append(block, channel, gain)
            let isQuiet = isBelow(floor * TruePeakFinder.safeShare, channel, count)
            if !isQuiet {
                windows[channel].withUnsafeBufferPointer { window in
                    peaks.withUnsafeMutableBufferPointer { peaks in
                        finder.raise(
                            UnsafeMutableBufferPointer(rebasing: peaks[..<count]),
                            by: UnsafeBufferPointer(rebasing: window[..<(count + Self.past)])
                        )
                    }
                }
            }
            windows[channel].withUnsafeMutableBufferPointer { window in
                guard let base = window.baseAddress else { return }
                base.update(from: base + count, count: Self.past)
            }
        }
        return peaks
    }

    private func append(_ block: AudioBlock, _ channel: Int, _ gain: Float) {
        let count = block.count, past = Self.past
        if windows[channel].count < count + past {
            windows[channel] += [Float](repeating: 0, count: count + past - windows[channel].count)
        }
        windows[channel].withUnsafeMutableBufferPointer { window in
            block.planes[channel].withUnsafeBufferPointer { samples in
                for index in 0..<count { window[past + index] = samples[index] * gain }
            }
        }
    }

    private func isBelow(_ level: Float, _ channel: Int, _ count: Int) -> Bool {
        guard level > 0 else { return false }
        return windows[channel].withUnsafeBufferPointer { window in
            for index in 0..<(count + Self.past) where abs(window[index]) >= level { return false }
            return true
        }
    }
}
