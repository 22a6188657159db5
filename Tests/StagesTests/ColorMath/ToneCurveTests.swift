import MediaTestKit
import Testing

@testable import Stages

@Suite struct ToneCurveTests {
    private func pq(_ luminance: Double) -> Double { PerceptualQuantizer.signal(ofLuminance: luminance) }

    /// Rec. ITU-R BT.2390-10, section 5.4.1: with KS = 1.5 maxLum - 0.5 and black at 0 the spline is the cubic
    /// maxLum - (maxLum - KS)(1 - t)³.
    @Test(arguments: [400.0, 1000, 4000, 10_000])
    func compressionIsTheSplineOfBT2390(_ peak: Double) {
        let curve = HighlightCompression(from: peak, to: 203)
        let limit = pq(203) / pq(peak), knee = 1.5 * limit - 0.5
        for step in 0...40 {
            let share = Double(step) / 40, t = (share - knee) / (1 - knee)
            let rest = (1 - t) * (1 - t) * (1 - t)
            let expected = share < knee ? share : limit - (limit - knee) * rest
            #expect(abs(curve(share * pq(peak)) - expected * pq(peak)) < 1e-12)
        }
        #expect(abs(curve(pq(peak)) - pq(203)) < 1e-12)
        #expect(abs(curve(1.2) - pq(203)) < 1e-12)
    }

    @Test func compressionLeavesDimPicturesAlone() {
        let curve = HighlightCompression(from: 150, to: 203)
        for luminance in [0.0, 1, 50, 150, 203] { #expect(abs(curve(pq(luminance)) - pq(luminance)) < 1e-12) }
        #expect(curve(pq(1000)) == pq(203))
    }

    /// Rec. ITU-R BT.2408-5: diffuse white at 203 cd/m².
    @Test(arguments: [600.0, 800, 1000], [0.9, 0.93, 0.96, 1])
    func diffuseWhiteIsAt203Nit(_ peak: Double, _ white: Double) {
        let curve = HighlightExpansion(peak: peak, whiteSignal: white)
        func light(_ signal: Double) -> Double {
            HighlightExpansion.referenceWhite * curve.gain(ofNorm: signal)
                * DisplayGamma.bt1886.light(ofSignal: signal)
        }
        #expect(abs(light(white) - 203) < 203 * 0.1)
        #expect(abs(light(1) - curve.peak) < 1e-6)
        if white == 0.9 { #expect(abs(curve.peak - peak) < 1e-6) }
        if white == 1 { #expect(curve.peak == 203) }
        let levels = (0...200).map { light(Double($0) / 200) }
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 })
        #expect(curve.gain(ofNorm: 0.7) == 1)
    }

    /// 18 % grey: BT.2408-5 puts it at 26 cd/m²; a camera's BT.709 curve gives it a signal of 0.409.
    @Test func midTonesStayWhereBT2408PutsThem() {
        let curve = HighlightExpansion(peak: 1000, whiteSignal: 0.9)
        let light = 203 * curve.gain(ofNorm: 0.409) * DisplayGamma.bt1886.light(ofSignal: 0.409)
        #expect(abs(light - 26) < 4)
    }

    @Test func compressionAndExpansionMeet() {
        // What is expanded and then bent back is where it was, but for the very top.
        let expansion = HighlightExpansion(peak: 1000, whiteSignal: 0.9)
        let compression = HighlightCompression(from: 1000, to: 203)
        for step in 0...100 {
            let signal = Double(step) / 100
            let light = 203 * expansion.gain(ofNorm: signal) * DisplayGamma.bt1886.light(ofSignal: signal)
            let back = PerceptualQuantizer.luminance(ofSignal: compression(pq(light))) / 203
            #expect(abs(DisplayGamma.bt1886.signal(ofLight: back) - signal) < 0.03)
        }
    }

    @Test func compressionWithAnEndSlopeKeepsHighlightsApart() {
        let flat = HighlightCompression(from: 4000, to: 203)
        let sloped = HighlightCompression(from: 4000, to: 203, endSlope: 0.2)
        #expect(sloped(pq(4000)) == flat(pq(4000)))
        #expect(sloped(pq(4000)) - sloped(pq(2000)) > 2 * (flat(pq(4000)) - flat(pq(2000))))
        #expect(sloped(pq(30)) == pq(30))
        let levels = (0...200).map { sloped(Double($0) / 200 * pq(4000)) }
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func gamutCompressionKeepsWhatFits() {
        for light: SIMD3<Double> in [[0.5, 0.4, 0.3], [0.05, 0.1, 0.12], [1, 1, 1], [0, 0, 0], [0.2, 0.2, 0.2]] {
            let difference = GamutCompression.compress(light) - light
            #expect(max(difference.max(), -difference.min()) < 1e-6)
        }
        #expect(GamutCompression.compress([1.5, 1.5, 1.5]) == [1, 1, 1])
        // Primaries change by a code or two of eight bits in each component of the signal's upper half.
        #expect(GamutCompression.compress([1, 0, 0]).x > 0.98)
        #expect(GamutCompression.compress([0, 0, 1]).z > 0.98)
    }

    @Test func gamutCompressionKeepsDominantWavelengths() {
        var random = SplitMix64(seed: 11)
        let matrix = RGBPrimaries.bt2020.matrix(to: .bt709)
        for _ in 0..<200 {
            let light =
                matrix
                * SIMD3<Double>(
                    .random(in: 0...0.7, using: &random),
                    .random(in: 0...0.7, using: &random),
                    .random(in: 0...0.7, using: &random)
                )
            let result = GamutCompression.compress(light)
            #expect(result.min() >= 0 && result.max() <= 1)
            // The differences from grey keep their proportions.
            let (before, after) = (light - SIMD3(repeating: light.min()), result - SIMD3(repeating: result.min()))
            if light.max() <= 1, after.max() > 0.01 {
                let change = before / before.max() - after / after.max()
                #expect(max(change.max(), -change.min()) < 1e-6)
            }
        }
    }

    @Test func gamutCompressionHasNoSteps() {
        // From grey towards the primaries of BT.2020 and far beyond, and far beyond white.
        for direction: SIMD3<Double> in [[1, -0.3, -0.2], [-0.4, 1, -0.1], [-0.1, 0.1, 1.2], [1.6, 1.2, 0.1]] {
            var last: SIMD3<Double>?
            for step in 0...400 {
                let result = GamutCompression.compress(SIMD3(repeating: 0.2) + direction * (Double(step) / 300))
                if let last {
                    let change = result - last
                    #expect(max(change.max(), -change.min()) < 0.02)
                }
                last = result
            }
        }
    }
}
