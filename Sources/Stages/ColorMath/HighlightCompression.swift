/// The tone curve of Rec. ITU-R BT.2390: what a display cannot show is bent below its peak, everything else stays.
///
/// The section "EETF" of BT.2390-10 with black at 0. Works on PQ signals of a luminance-like norm. BT.2390's spline ends
/// flat, so that the brightest highlights become one; with an end slope they stay apart, and the rest makes room.
public struct HighlightCompression: Sendable, Equatable {
    /// PQ signal of the brightest level that comes in.
    private let sourcePeak: Double
    /// PQ signals, both as a share of the source's peak: where bending begins, and the display's peak.
    private let knee: Double, targetPeak: Double
    private let endSlope: Double

    /// Makes a curve.
    ///
    /// - Parameters:
    ///   - sourcePeak: the brightest level that comes in, in cd/m².
    ///   - targetPeak: the brightest level that may go out, in cd/m².
    ///   - endSlope: the slope at the peak, 0...1; BT.2390 has 0.
    public init(from sourcePeak: Double, to targetPeak: Double, endSlope: Double = 0) {
        self.endSlope = endSlope
        self.sourcePeak = PerceptualQuantizer.signal(ofLuminance: max(sourcePeak, targetPeak))
        self.targetPeak = PerceptualQuantizer.signal(ofLuminance: targetPeak) / self.sourcePeak
        knee = 1.5 * self.targetPeak - 0.5
    }

    /// The PQ signal to show for a PQ signal.
    public func callAsFunction(_ signal: Double) -> Double {
        let share = signal / sourcePeak
        if share <= knee || knee >= 1 { return min(signal, targetPeak * sourcePeak) }
        if share >= 1 { return targetPeak * sourcePeak }
        let t = (share - knee) / (1 - knee)
        let (t2, t3) = (t * t, t * t * t)
        let bent =
            (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (-2 * t3 + 3 * t2) * targetPeak
            + (t3 - t2) * (1 - knee) * endSlope
        return bent * sourcePeak
    }
}
