internal import Kernels
internal import Pipeline

/// Sums over the masks of a stream, for its report.
struct MaskStatistics {
    private let last: Grid<Float>
    private var hasLast = false
    private var frameCount = 0
    private var pairCount = 0
    private var shareSum = 0.0
    private var changeSum = 0.0

    init(geometry: FrameGeometry) {
        last = Grid(width: geometry.gridWidth, height: geometry.gridHeight, repeating: 0)
    }

    /// Takes in a frame's mask.
    ///
    /// - Parameters:
    ///   - mask: of people, 0...1.
    ///   - isFirst: whether it does not follow the last one.
    mutating func add(_ mask: Grid<Float>, isFirst: Bool) {
        let (new, old) = (mask.samples, last.samples)
        var share = SIMD8<Float>.zero
        var change = SIMD8<Float>.zero
        var index = 0
        while index + 8 <= new.count {
            let value = UnsafeRawPointer(new.baseAddress.unsafelyUnwrapped + index).loadUnaligned(as: SIMD8<Float>.self)
            let before = UnsafeRawPointer(old.baseAddress.unsafelyUnwrapped + index).loadUnaligned(
                as: SIMD8<Float>.self
            )
            share += value
            let difference = value - before
            change += difference.replacing(with: -difference, where: difference .< 0)
            index += 8
        }
        var (shareTotal, changeTotal) = (share.sum(), change.sum())
        while index < new.count {
            shareTotal += new[index]
            changeTotal += abs(new[index] - old[index])
            index += 1
        }
        _ = old.update(fromContentsOf: new)
        frameCount += 1
        shareSum += Double(shareTotal) / Double(new.count)
        if hasLast && !isFirst {
            pairCount += 1
            changeSum += Double(changeTotal) / Double(new.count)
        }
        hasLast = true
    }

    /// Reports the means.
    func report(to output: StageOutput) {
        guard frameCount > 0 else { return }
        report("person_share", 100 * shareSum / Double(frameCount), "%", output)
        if pairCount > 0 { report("mask_change_per_frame", changeSum / Double(pairCount), "alpha", output) }
    }

    private func report(_ name: String, _ value: Double, _ unit: String, _ output: StageOutput) {
        output.report(
            StageResult(
                stage: VirtualBackgroundPlan.stageName,
                time: nil,
                finding: .metric(name: name, value: value, unit: unit)
            )
        )
    }
}
