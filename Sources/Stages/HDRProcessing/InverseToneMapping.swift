/// SDR to HDR for one colour: highlights get more light, nothing gets another hue or more saturation.
///
/// All three components of the light grow by one factor, so chromaticities stay exactly where they were; colours of BT.709
/// lie inside BT.2020 and are not stretched to fill it.
struct InverseToneMapping: Sendable {
    private let curve: HighlightExpansion
    private let display: DisplayGamma
    private let to2020: ColorMatrix
    private let normWeights: SIMD3<Double>

    /// Prepares the map.
    ///
    /// - Parameters:
    ///   - curve: how highlights are expanded.
    ///   - display: what the signal means.
    ///   - primaries: what the colours mean.
    init(_ curve: HighlightExpansion, display: DisplayGamma, primaries: RGBPrimaries) {
        self.curve = curve
        self.display = display
        to2020 = primaries.matrix(to: .bt2020)
        normWeights = HighlightExpansion.normWeights(primaries)
    }

    /// Light of a colour in linear BT.2020, cd/m².
    func light(of signal: SIMD3<Double>) -> SIMD3<Double> {
        let norm = HighlightExpansion.norm(ofSignal: signal, weights: normWeights)
        let light = to2020 * display.light(ofSignal: signal)
        return light * (HighlightExpansion.referenceWhite * curve.gain(ofNorm: norm))
    }

    /// The PQ signals in BT.2020 for R'G'B'. The gain of full signal also holds beyond it.
    func signal(of signal: SIMD3<Double>) -> SIMD3<Double> {
        let bounded = signal.clamped(lowerBound: SIMD3(repeating: -0.3), upperBound: SIMD3(repeating: 1.3))
        return PerceptualQuantizer.signal(ofLuminance: light(of: bounded))
    }
}
