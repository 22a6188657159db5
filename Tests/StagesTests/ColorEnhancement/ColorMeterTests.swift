import Foundation
import Kernels
import MediaCore
import Pipeline
import Testing

@testable import Stages

@Suite struct ColorMeterTests {
    private let width = 64, height = 48

    private func meter() -> ColorMeter {
        ColorMeter(
            width: width,
            height: height,
            weightRed: 0.2126,
            weightBlue: 0.0722,
            isFullRange: false,
            hasChroma: true
        )
    }

    /// A grey scene with a green surface, under a light.
    private func picture(_ light: SIMD3<Float>) -> GridImage<UInt8> {
        let encoding = ColorEncoding(depth: 8, weightRed: 0.2126, weightBlue: 0.0722, isFullRange: false)
        let image = GridImage<UInt8>(width: width, height: height, hasChroma: true, repeating: 128)
        for y in 0..<height {
            for x in 0..<width {
                let shade = 0.08 + 0.5 * Float((x / 4 * 7 + y / 4 * 5) % 11) / 11
                let surface = y < height / 3 ? SIMD3<Float>(0.4, 1, 0.3) : SIMD3<Float>(repeating: 1)
                let light = surface * shade * light
                let signal = SIMD3(
                    SignalCurve.signal(light.x),
                    SignalCurve.signal(light.y),
                    SignalCurve.signal(light.z)
                )
                let code = encoding.encode(signal)
                image.y[x, y] = UInt8(code.x.rounded())
                image.u?[x, y] = UInt8(code.y.rounded())
                image.v?[x, y] = UInt8(code.z.rounded())
            }
        }
        return image
    }

    @Test(arguments: [SIMD3<Float>(1, 1, 1), SIMD3(1.2, 1, 0.8), SIMD3(0.85, 1, 1.25)])
    func findsTheLight(light: SIMD3<Float>) {
        let measurement = meter().measure(picture(light), wantsTiles: false)
        let expected = SIMD2(log(light.x / light.y), log(light.z / light.y))
        #expect(measurement.confidence == 1)
        #expect(abs(measurement.illuminant.x - expected.x) < 0.05)
        #expect(abs(measurement.illuminant.y - expected.y) < 0.05)
    }

    @Test func measuresLightAndDark() {
        let image = GridImage<UInt8>(width: width, height: height, hasChroma: false, repeating: 125)
        for x in 0..<width { (image.y[x, 0], image.y[x, 1]) = (16, 235) }
        let gray = ColorMeter(
            width: width,
            height: height,
            weightRed: 0.2126,
            weightBlue: 0.0722,
            isFullRange: false,
            hasChroma: false
        )
        let measurement = gray.measure(image, wantsTiles: true)
        #expect(measurement.black == 0 && measurement.white == 1)
        #expect(abs(measurement.dark - 0.4977) < 0.01 && abs(measurement.bright - 0.4977) < 0.01)
        #expect(measurement.confidence == 0)
        #expect(measurement.tiles?.shares.count == 8 * 8 * 16)
        // All of the lowest tiles lies in one bin.
        #expect(measurement.tiles?.shares.suffix(16).max() == 255)
    }

    @Test func distrustsBlackAndClippedPictures() {
        let black = GridImage<UInt8>(width: width, height: height, hasChroma: true, repeating: 128)
        black.y.fill(16)
        #expect(meter().measure(black, wantsTiles: false).confidence == 0)
        black.y.fill(235)
        #expect(meter().measure(black, wantsTiles: false).confidence == 0)
    }

    @Test func protectsSkinOfAllShades() {
        for skin in [SIMD3<Float>(0.95, 0.78, 0.67), SIMD3(0.78, 0.55, 0.42), SIMD3(0.42, 0.27, 0.18)] {
            #expect(Skin.weight(skin) > 0.3)
        }
        for other in [SIMD3<Float>(0.5, 0.5, 0.5), SIMD3(0.9, 0.05, 0.02), SIMD3(0.3, 0.6, 0.2), SIMD3(0.2, 0.3, 0.8)] {
            #expect(Skin.weight(other) < 0.1)
        }
    }
}

@Suite struct ColorCorrectionTests {
    private func measured(_ red: Float, _ blue: Float, black: Float = 0.02, white: Float = 0.95) -> ColorMeasurement {
        var measurement = ColorMeasurement()
        measurement.illuminant = SIMD2(red, blue)
        measurement.confidence = 1
        (measurement.black, measurement.white) = (black, white)
        measurement.saturation = 0.3
        return measurement
    }

    @Test func leavesGoodPicturesAlone() {
        #expect(ColorCorrection(measured(0.05, -0.06), strength: 0.7) == .none)
        #expect(ColorCorrection(measured(0.4, -0.4, black: 0.3, white: 0.5), strength: 0) == .none)
    }

    @Test func neutralisesTheLightAndKeepsGreysAsBright() {
        let gains = ColorCorrection(measured(0.2, -0.25), strength: 0.7).gains
        #expect(abs(log(gains.x / gains.y) + 0.2) < 1e-4)
        #expect(abs(log(gains.z / gains.y) - 0.25) < 1e-4)
        #expect(abs((gains * SIMD3(0.2126, 0.7152, 0.0722)).sum() - 1) < 1e-4)
    }

    @Test func limitsGainsAndContrast() {
        let correction = ColorCorrection(measured(1.4, -1.4, black: 0.4, white: 0.5), strength: 1)
        for channel in 0..<3 { #expect(abs(log(correction.gains[channel])) <= 2.2 * 0.2232) }
        #expect(1 / (correction.white - correction.black) <= ColorCorrection.largestStretch + 1e-4)
    }

    @Test func doubtsWhatIsNotSure() {
        var measurement = measured(0.3, -0.3)
        measurement.confidence = 0.5
        let half = ColorCorrection(measurement, strength: 0.7),
            full = ColorCorrection(measured(0.3, -0.3), strength: 0.7)
        #expect(half.gains.x > full.gains.x && half.gains.x < 1)
    }

    @Test func keepsClippedWhiteWhite() {
        let correction = ColorCorrection(measured(0.3, -0.3), strength: 1)
        let weights = SIMD3<Float>(0.2126, 0.7152, 0.0722)
        let white = correction.map(SIMD3(repeating: 1), weights: weights)
        #expect((white - 1).max() < 1e-4 && white.min() > 0.9999)
        let gray = correction.map(SIMD3(repeating: 0.5), weights: weights)
        #expect(gray.z > gray.x + 0.05)
    }

    @Test func medianForgetsAFlash() {
        var list = [ColorMeasurement](repeating: measured(0.2, -0.2), count: 9)
        list.append(measured(-0.8, 0.9, white: 1))
        let typical = ColorMeasurement(typicalOf: list)
        #expect(typical.illuminant == SIMD2(0.2, -0.2) && typical.white == 0.95)
        #expect(typical.confidence > 0.99)
    }
}
