/// HDR to SDR for one colour: highlights bent below white, hue kept, BT.2020 brought into BT.709.
///
/// - Light: 203 cd/m² (BT.2408's diffuse white) becomes white before highlights are bent.
/// - Tone: the EETF of BT.2390 on the intensity of ICtCp. Colour differences shrink as much as intensity does, as BT.2390
///   has it, which keeps the hue and lets highlights fade to white.
/// - Gamut: ``GamutCompression``.
/// - Signal: BT.1886.
struct ToneMapping: Sendable {
    private let input: DynamicRange
    private let hlg = HybridLogGamma(nominalPeak: 1000)
    private let curve: HighlightCompression
    private let to2020: ColorMatrix
    private static let to709 = RGBPrimaries.bt2020.matrix(to: .bt709)
    /// Keeps a lamp apart from the light around it, and costs diffuse white 2 % of its signal.
    private static let endSlope = 0.2

    /// Prepares the map.
    ///
    /// - Parameters:
    ///   - input: what comes in.
    ///   - sourcePeak: what becomes white, in cd/m²; 203 or less bends nothing.
    init(from input: DynamicRange, sourcePeak: Double) {
        self.input = input
        curve = HighlightCompression(from: sourcePeak, to: HighlightExpansion.referenceWhite, endSlope: Self.endSlope)
        if case .perceptualQuantizer(let primaries) = input {
            to2020 = primaries.matrix(to: .bt2020)
        } else {
            to2020 = .identity
        }
    }

    /// Light of the input in linear BT.2020, cd/m².
    func light(of signal: SIMD3<Double>) -> SIMD3<Double> {
        if case .hybridLogGamma = input { return hlg.displayLight(ofSignal: signal) }
        return to2020 * PerceptualQuantizer.luminance(ofSignal: signal)
    }

    /// BT.709's R'G'B' in 0...1 for the input's R'G'B'.
    func signal(of signal: SIMD3<Double>) -> SIMD3<Double> {
        // The table's corners are far outside every gamut: colours that no light has would turn over.
        let bounded = signal.clamped(lowerBound: .zero, upperBound: SIMD3(repeating: 1.2))
        var color = ICtCp(bt2020: light(of: bounded))
        guard color.intensity > 0 else { return .zero }
        let intensity = curve(color.intensity)
        let share = min(intensity / color.intensity, color.intensity / max(intensity, 1e-9))
        color = ICtCp(intensity: intensity, tritan: color.tritan * share, protan: color.protan * share)
        let relative = Self.to709 * color.bt2020 / HighlightExpansion.referenceWhite
        return DisplayGamma.bt1886.signal(ofLight: GamutCompression.compress(relative))
    }
}
