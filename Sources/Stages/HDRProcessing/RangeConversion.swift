internal import Kernels
internal import MediaCore
internal import Pipeline

/// One of the conversions between dynamic ranges, with everything about it that does not change from shot to shot.
///
/// A conversion has *headroom steps*: how much brighter than diffuse white the highlights of a shot are. Each step has its
/// own table, and there are few of them, so that shots share tables and a measurement that differs a little changes
/// nothing.
struct RangeConversion: Hashable, Sendable {
    /// The conversions.
    enum Kind: Hashable, Sendable {
        /// Highlights are bent below white. The steps are the peaks that come in.
        case toSDR
        /// Highlights are expanded. The steps are how far below full signal diffuse white lies.
        case expand(DisplayGamma, RGBPrimaries)
        /// HLG shown on a display of the wanted peak, coded as PQ. One step.
        case displayHLG
    }

    /// What is done.
    let kind: Kind
    /// What comes in.
    let input: DynamicRange
    /// What full signal is to become in HDR10, in cd/m².
    let peak: Double

    /// The conversion for a target; `nil` when there is nothing to do.
    ///
    /// - Parameters:
    ///   - input: what comes in.
    ///   - target: `auto` makes SDR of HDR and HDR10 of SDR.
    ///   - peak: the parameter `peak_nits`.
    init?(from input: DynamicRange, to target: Target, peak: Double) {
        switch (input, target) {
        case (.perceptualQuantizer, .hdr10), (.standard, .sdr): return nil
        case (.perceptualQuantizer, .automatic), (.perceptualQuantizer, .sdr), (.hybridLogGamma, .automatic),
            (.hybridLogGamma, .sdr):
            kind = .toSDR
        case (.standard(let display, let primaries), .hdr10), (.standard(let display, let primaries), .automatic):
            kind = .expand(display, primaries)
        case (.hybridLogGamma, .hdr10): kind = .displayHLG
        }
        self.input = input
        self.peak = peak
    }

    /// The values of the parameter `target`.
    enum Target: String, Sendable {
        /// The other kind.
        case automatic = "auto"
        /// HDR10; PQ stays as it is.
        case hdr10
        /// BT.709; ordinary video stays as it is.
        case sdr
    }

    /// The format that comes out.
    func outputFormat(_ input: VideoFormat) -> VideoFormat {
        var format = input
        let location = input.color.chromaLocation
        switch kind {
        case .toSDR:
            format.pixelFormat = .yuv420p
            format.color = .bt709
        case .expand, .displayHLG:
            format.pixelFormat = .yuv420p10
            format.color = .hdr10
        }
        format.color.chromaLocation = location
        return format
    }

    /// The number of the highest headroom step; 0 is no highlights above diffuse white.
    var highestStep: Int {
        switch kind {
        case .toSDR: 27
        case .expand: 20
        case .displayHLG: 0
        }
    }

    /// The step for a measured ``LightMeasurement/level``.
    func step(forLevel level: Double) -> Int {
        let white = PerceptualQuantizer.signal(ofLuminance: HighlightExpansion.referenceWhite)
        let exact =
            switch kind {
            // Rounded up: a peak that is bent a little too much only dims, one that is bent too little clips.
            case .toSDR: ((level - white) * 64).rounded(.up)
            case .expand: ((1 - level) * 200).rounded()
            case .displayHLG: 0.0
            }
        return min(max(Int(exact.isFinite ? exact : 0), 0), highestStep)
    }

    /// The brightest level that comes in at a step of ``Kind/toSDR``, in cd/m².
    func sourcePeak(atStep step: Int) -> Double {
        let white = PerceptualQuantizer.signal(ofLuminance: HighlightExpansion.referenceWhite)
        return PerceptualQuantizer.luminance(ofSignal: min(1, white + Double(step) / 64))
    }

    /// The curve of a step of ``Kind/expand(_:_:)``.
    func expansion(atStep step: Int) -> HighlightExpansion {
        HighlightExpansion(peak: peak, whiteSignal: 1 - Double(step) / 200)
    }

    /// The map of colours at a step: R'G'B' of the input to R'G'B' of the output.
    func map(atStep step: Int) -> (SIMD3<Float>) -> SIMD3<Float> {
        switch kind {
        case .toSDR:
            let mapping = ToneMapping(from: input, sourcePeak: sourcePeak(atStep: step))
            return { SIMD3<Float>(mapping.signal(of: SIMD3<Double>($0))) }
        case .expand(let display, let primaries):
            let mapping = InverseToneMapping(expansion(atStep: step), display: display, primaries: primaries)
            return { SIMD3<Float>(mapping.signal(of: SIMD3<Double>($0))) }
        case .displayHLG:
            let display = HybridLogGamma(nominalPeak: peak)
            return { rgb in
                let light = display.displayLight(ofSignal: SIMD3<Double>(rgb))
                return SIMD3<Float>(PerceptualQuantizer.signal(ofLuminance: light))
            }
        }
    }
}

extension ColorDescription {
    /// HDR10's coding: BT.2020 primaries and matrix, PQ, limited range.
    static let hdr10 = ColorDescription(primaries: 9, transfer: 16, matrix: 9, isFullRange: false)
}
