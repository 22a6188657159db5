import MediaTestKit
import Testing

@testable import Stages

@Suite struct ColorSpaceTests {
    private func expectClose(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ tolerance: Double) {
        let difference = a - b
        #expect(max(difference.max(), -difference.min()) < tolerance, "\(a) is not \(b)")
    }

    /// Rec. ITU-R BT.2087-0, section 2: the matrix from BT.709 to BT.2020.
    @Test func matrixTo2020IsThatOfBT2087() {
        let (r, g, b) = RGBPrimaries.bt709.matrix(to: .bt2020).rows
        expectClose(r, [0.6274, 0.3293, 0.0433], 5e-5)
        expectClose(g, [0.0691, 0.9195, 0.0114], 5e-5)
        expectClose(b, [0.0164, 0.0880, 0.8956], 5e-5)
    }

    /// The luma weights of BT.709 and BT.2020 are the luminance weights of their primaries, rounded.
    @Test func luminanceWeightsAreThoseOfTheStandards() {
        expectClose(RGBPrimaries.bt709.luminanceWeights, [0.2126, 0.7152, 0.0722], 5e-5)
        expectClose(RGBPrimaries.bt2020.luminanceWeights, [0.2627, 0.6780, 0.0593], 5e-5)
    }

    @Test func whiteStaysWhite() {
        for primaries in [RGBPrimaries.bt709, .bt2020, .displayP3, .bt601Lines525, .bt601Lines625] {
            expectClose(primaries.matrix(to: .bt2020) * [1, 1, 1], [1, 1, 1], 1e-9)
        }
    }

    /// The example of the Python library colour-science (`RGB_to_ICtCp`, 0.4): linear BT.2020 light in cd/m².
    @Test func ictcpAgreesWithColourScience() {
        let color = ICtCp(bt2020: [0.45620519, 0.03081071, 0.04091952])
        expectClose([color.intensity, color.tritan, color.protan], [0.07351364, 0.00475253, 0.09351596], 1e-6)
    }

    /// Rec. ITU-R BT.2100-2, table 7: greys have no colour difference, and their intensity is their PQ signal.
    @Test(arguments: [0.0, 1, 100, 1000, 10_000])
    func greysHaveNoColourDifference(_ luminance: Double) {
        let color = ICtCp(bt2020: SIMD3(repeating: luminance))
        #expect(abs(color.intensity - PerceptualQuantizer.signal(ofLuminance: luminance)) < 1e-9)
        #expect(color.chroma < 1e-9)
    }

    @Test func colourSpacesAreUndone() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<50 {
            let light = SIMD3<Double>(.random(in: 0...1, using: &random), .random(in: 0...1, using: &random), 0.3)
            expectClose(ICtCp(bt2020: light * 1000).bt2020 / 1000, light, 1e-6)
        }
    }

    /// Rec. ITU-R BT.2124-0: ΔE_ITP = 720 √(ΔI² + ΔT² + ΔP²) with T = 0.5 C_T.
    @Test func differencesAreThoseOfBT2124() {
        let grey = ICtCp(intensity: 0.5, tritan: 0, protan: 0)
        #expect(grey.difference(from: grey) == 0)
        #expect(abs(grey.difference(from: ICtCp(intensity: 0.51, tritan: 0, protan: 0)) - 7.2) < 1e-9)
        #expect(abs(grey.difference(from: ICtCp(intensity: 0.5, tritan: 0.01, protan: 0)) - 3.6) < 1e-9)
        #expect(abs(grey.difference(from: ICtCp(intensity: 0.5, tritan: 0, protan: 0.01)) - 7.2) < 1e-9)
        // One code of ten bits in limited range is less than a visible step.
        #expect(grey.difference(from: ICtCp(intensity: 0.5 + 1 / 876.0, tritan: 0, protan: 0)) < 1)
    }
}
