import Testing

@testable import Stages

/// Code values against the figures that the standards themselves print.
@Suite struct TransferFunctionTests {
    /// Rec. ITU-R BT.2408-5, tables 1 and 2, and BT.2390-10: levels and their PQ signals, rounded to whole per cent.
    @Test(arguments: [(0.0, 0.0), (26, 0.38), (100, 0.51), (203, 0.58), (1000, 0.75), (4000, 0.90), (10_000, 1)])
    func pqAgreesWithBT2408(_ luminance: Double, _ signal: Double) {
        #expect(abs(PerceptualQuantizer.signal(ofLuminance: luminance) - signal) < 0.005)
    }

    /// SMPTE ST 2084: 100 cd/m² is 0.5081 of full signal, which is code 520 of 1023.
    @Test func pqOf100NitIsCode520() {
        #expect(abs(PerceptualQuantizer.signal(ofLuminance: 100) - 0.50808) < 1e-5)
        #expect((PerceptualQuantizer.signal(ofLuminance: 100) * 1023).rounded() == 520)
    }

    @Test func pqIsUndone() {
        for step in 0...100 {
            let signal = Double(step) / 100
            let luminance = PerceptualQuantizer.luminance(ofSignal: signal)
            #expect(abs(PerceptualQuantizer.signal(ofLuminance: luminance) - signal) < 1e-5)
        }
    }

    @Test func pqContinuesBeyondItsLimits() {
        #expect(PerceptualQuantizer.signal(ofLuminance: 0) == 0)
        #expect(PerceptualQuantizer.signal(ofLuminance: -100) == -PerceptualQuantizer.signal(ofLuminance: 100))
        #expect(PerceptualQuantizer.luminance(ofSignal: 1.1) > 10_000)
        #expect(PerceptualQuantizer.luminance(ofSignal: 3).isFinite)
    }

    /// Rec. ITU-R BT.2100-2, table 5: the two parts of the curve meet at scene light 1/12 and signal 0.5.
    @Test func hlgMeetsItsAnchors() {
        #expect(abs(HybridLogGamma.signal(ofSceneLight: 1.0 / 12) - 0.5) < 1e-12)
        #expect(abs(HybridLogGamma.signal(ofSceneLight: 1) - 1) < 1e-6)
        #expect(HybridLogGamma.sceneLight(ofSignal: 0) == 0)
        for step in 0...50 {
            let signal = Double(step) / 50
            let light = HybridLogGamma.sceneLight(ofSignal: signal)
            #expect(abs(HybridLogGamma.signal(ofSceneLight: light) - signal) < 1e-6)
        }
    }

    /// Rec. ITU-R BT.2408-5, table 1: on a display of 1000 cd/m² 75 % HLG is reference white (203 cd/m²), 38 % is 18 %
    /// grey (26 cd/m²).
    @Test(arguments: [(0.75, 203.0, 1.0), (0.38, 26, 0.8), (1.0, 1000, 0.01)])
    func hlgAgreesWithBT2408(_ signal: Double, _ luminance: Double, _ tolerance: Double) {
        let light = HybridLogGamma().displayLight(ofSignal: SIMD3(repeating: signal))
        #expect(abs(light.y - luminance) < tolerance)
    }

    /// Rec. ITU-R BT.2100-2, note 5f: γ = 1.2 + 0.42 log10(L_W / 1000).
    @Test func hlgGammaFollowsTheDisplay() {
        #expect(HybridLogGamma(nominalPeak: 1000).systemGamma == 1.2)
        #expect(abs(HybridLogGamma(nominalPeak: 400).systemGamma - 1.0329) < 1e-4)
        #expect(abs(HybridLogGamma(nominalPeak: 2000).systemGamma - 1.3264) < 1e-4)
    }

    /// Rec. ITU-R BT.1886 with black at 0 is a power of 2.4; IEC 61966-2-1 gives 0.2140 for half signal.
    @Test func displaysTurnHalfASignalIntoLight() {
        #expect(abs(DisplayGamma.bt1886.light(ofSignal: 0.5) - 0.18946) < 1e-5)
        #expect(abs(DisplayGamma.sRGB.light(ofSignal: 0.5) - 0.21404) < 1e-5)
        for display in [DisplayGamma.bt1886, .sRGB, .power(2.2), .power(2.8)] {
            for step in -4...10 {
                let signal = Double(step) / 10
                #expect(abs(display.signal(ofLight: display.light(ofSignal: signal)) - signal) < 1e-9)
            }
        }
    }

    @Test func knowsWhichSignalsAreOrdinaryVideo() {
        #expect(DisplayGamma(codePoint: 1) == .bt1886)
        #expect(DisplayGamma(codePoint: 2) == .bt1886)
        #expect(DisplayGamma(codePoint: 13) == .sRGB)
        for codePoint: UInt8 in [8, 9, 16, 18, 99] { #expect(DisplayGamma(codePoint: codePoint) == nil) }
    }
}
