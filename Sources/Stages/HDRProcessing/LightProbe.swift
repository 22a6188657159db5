internal import FFmpegKit
internal import Foundation
internal import MediaCore
internal import Pipeline

/// Measures how bright frames are. Confined to one thread; allocates only what it returns.
///
/// It reads evenly spread rows at full size, because highlights disappear when pictures are scaled down, and the rows
/// with the brightest luma of all.
final class LightProbe: FrameProbe {
    private let input: DynamicRange
    private let conversion: RangeConversion?
    private let reader: RowReader
    private let rows: [Int]
    private let counter: LightCounter

    /// Prepares for frames of a format.
    ///
    /// - Parameters:
    ///   - format: planar 4:2:0 in host memory.
    ///   - input: what the tags say.
    ///   - conversion: what will be done; `nil` for HDR that stays as it is.
    ///   - pixelCount: about how many pixels of a frame are looked at.
    init(_ format: VideoFormat, input: DynamicRange, conversion: RangeConversion?, pixelCount: Int = 260_000) {
        self.input = input
        self.conversion = conversion
        reader = RowReader(format, encoding: format.colorEncoding(matrixIsBT2020: input.isHDR))
        // In pairs, which share a row of chroma.
        let step = 2 * max(1, format.width * format.height / pixelCount)
        rows = (0..<format.height).filter { $0 % step < 2 }
        counter = LightCounter(input: input, conversion: conversion)
    }

    /// Measures a frame.
    func measure(_ frame: borrowing VideoFrame) -> LightMeasurement? {
        guard input.isHDR || conversion != nil else { return nil }
        counter.reset()
        for row in rows {
            reader.read(row, of: frame)
            counter.count(reader.red, reader.green, reader.blue)
        }
        reader.findLumaPeaks(of: frame)
        let brightest = Int(reader.lumaPeaks.max() ?? 0) * 63 / 64
        var left = 8
        for row in reader.lumaPeaks.indices where left > 0 && Int(reader.lumaPeaks[row]) >= brightest {
            reader.read(row, of: frame)
            counter.count(reader.red, reader.green, reader.blue, weight: 0)
            left -= 1
        }
        return counter.measurement(hasDynamicMetadata: frame.hasDynamicHDRMetadata)
    }
}

/// Collects the light of pixels in bins of signal.
private final class LightCounter {
    private let conversion: RangeConversion?
    private let isHDR: Bool
    /// Linear light by signal, from -0.25 to 1.25; for PQ unused.
    private var light: [Float] = []
    private var rows: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>) = ([1, 0, 0], [0, 1, 0], [0, 0, 1])
    /// Of luminance for HLG, of the norm for ordinary video.
    private let weights: SIMD3<Float>
    private let kind: Kind
    private var hlg = HybridLogGamma()
    /// Number of pixels, sum of light and largest light of each bin.
    private var counts = [Int](repeating: 0, count: binCount)
    private var sums = [Double](repeating: 0, count: binCount)
    private var peaks = [Float](repeating: 0, count: binCount)

    private enum Kind { case signal, scene, relative }
    private static let binCount = 1024
    private static let lightSteps = 4096

    init(input: DynamicRange, conversion: RangeConversion?) {
        self.conversion = conversion
        isHDR = input.isHDR
        let display: (Double) -> Double
        switch input {
        case .perceptualQuantizer:
            kind = .signal
            weights = .zero
            display = { PerceptualQuantizer.luminance(ofSignal: $0) }
        case .hybridLogGamma:
            kind = .scene
            weights = [0.2627, 0.6780, 0.0593]
            if case .displayHLG? = conversion?.kind { hlg = HybridLogGamma(nominalPeak: conversion?.peak ?? 1000) }
            display = { HybridLogGamma.sceneLight(ofSignal: min($0, 1.2)) }
        case .standard(let gamma, let primaries):
            kind = .relative
            weights = SIMD3<Float>(HighlightExpansion.normWeights(primaries))
            let matrix = primaries.matrix(to: .bt2020).rows
            rows = (SIMD3<Float>(matrix.0), SIMD3<Float>(matrix.1), SIMD3<Float>(matrix.2))
            display = { gamma.light(ofSignal: $0) }
        }
        light = (0...Self.lightSteps).map { Float(display(Double($0) / Double(Self.lightSteps) * 1.5 - 0.25)) }
    }

    func reset() {
        for bin in 0..<Self.binCount {
            counts[bin] = 0
            sums[bin] = 0
            peaks[bin] = 0
        }
    }

    private static func bin(_ signal: Float) -> Int {
        min(max(Int(signal * Float(binCount - 1) + 0.5), 0), binCount - 1)
    }

    private func linear(_ signal: Float) -> Float {
        let place = min(max((signal + 0.25) * Float(Self.lightSteps) / 1.5, 0), Float(Self.lightSteps) - 0.01)
        let index = Int(place)
        return light[index] + (light[index + 1] - light[index]) * (place - Float(index))
    }

    /// Adds a row of pixels; with a weight of 0 only their largest light.
    func count(
        _ red: UnsafeMutableBufferPointer<Float>,
        _ green: UnsafeMutableBufferPointer<Float>,
        _ blue: UnsafeMutableBufferPointer<Float>,
        weight: Int = 1
    ) {
        for x in 0..<red.count {
            let signal = SIMD3(red[x], green[x], blue[x])
            let largest = max(signal.x, max(signal.y, signal.z))
            let level: Float
            let value: Float
            switch kind {
            case .signal:
                level = largest
                value = linear(largest)
            case .scene:
                level = largest
                let scene = SIMD3(linear(signal.x), linear(signal.y), linear(signal.z))
                let luminance = max(0, (scene * weights).sum())
                value = linear(largest) * Float(hlg.nominalPeak) * powf(luminance, Float(hlg.systemGamma - 1))
            case .relative:
                level = cbrtf((signal * signal * signal * weights).sum())
                let relative = SIMD3(linear(signal.x), linear(signal.y), linear(signal.z))
                value = max((relative * rows.0).sum(), max((relative * rows.1).sum(), (relative * rows.2).sum()))
            }
            let bin = Self.bin(level)
            counts[bin] += weight
            sums[bin] += Double(weight) * Double(value)
            peaks[bin] = max(peaks[bin], value)
        }
    }

    /// The signal that a share of all pixels stays below.
    private func percentile(_ share: Double) -> Double {
        let wanted = Int((Double(counts.reduce(0, +)) * share).rounded(.up))
        var seen = 0
        for (bin, count) in counts.enumerated() {
            seen += count
            if seen >= wanted { return Double(bin) / Double(Self.binCount - 1) }
        }
        return 1
    }

    func measurement(hasDynamicMetadata: Bool) -> LightMeasurement {
        let total = Double(max(1, counts.reduce(0, +)))
        var result = LightMeasurement(level: 0, peaks: [], averages: [], hasDynamicMetadata: hasDynamicMetadata)
        switch kind {
        case .signal: result.level = Float(percentile(0.9995))
        case .scene:
            let grey = hlg.displayLight(ofSignal: SIMD3(repeating: percentile(0.9995))).y
            result.level = Float(PerceptualQuantizer.signal(ofLuminance: grey))
        case .relative: result.level = Float(percentile(0.98))
        }
        guard case .expand? = conversion?.kind, let conversion else {
            result.peaks = [Self.rounded(Double(peaks.max() ?? 0))]
            result.averages = [Self.rounded(sums.reduce(0, +) / total)]
            return result
        }
        for step in 0...conversion.highestStep {
            let curve = conversion.expansion(atStep: step)
            var (peak, sum) = (0.0, 0.0)
            for bin in 0..<Self.binCount where peaks[bin] > 0 {
                let gain =
                    HighlightExpansion.referenceWhite
                    * curve.gain(ofNorm: Double(bin) / Double(Self.binCount - 1))
                peak = max(peak, gain * Double(peaks[bin]))
                sum += gain * sums[bin]
            }
            result.peaks.append(Self.rounded(peak))
            result.averages.append(Self.rounded(sum / total))
        }
        return result
    }

    /// A tenth of a cd/m² is enough, and short in stored measurements.
    private static func rounded(_ light: Double) -> Float { Float((light * 10).rounded() / 10) }
}
