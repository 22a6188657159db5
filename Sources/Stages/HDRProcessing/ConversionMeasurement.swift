internal import FFmpegKit
internal import Foundation
internal import Kernels
internal import MediaCore

/// What is compared between frames before and after a conversion of their dynamic range.
struct ConversionMeasurement {
    /// Frames that were compared.
    private(set) var frameCount = 0
    private var hueSum = 0.0, hueCount = 0
    private var clipped = 0, pixels = 0
    private var squaredError = 0.0, errorCount = 0

    /// Mean angle between hues in IC_TC_P over clearly coloured pixels, in degrees; `nil` where there were none.
    var hueShift: Double? { hueCount > 0 ? hueSum / Double(hueCount) : nil }

    /// Pixels with a component at its limit whose light is below what becomes white, in per cent.
    var clippedShare: Double? { pixels > 0 ? 100 * Double(clipped) / Double(pixels) : nil }

    /// Y-PSNR of the way there and back in dB, at most 99.
    var roundTrip: Double? {
        guard errorCount > 0 else { return nil }
        return min(99, -10 * log10(max(squaredError / Double(errorCount), 1e-10)))
    }

    /// Compares hues and counts what is clipped, in every eighth row and column.
    ///
    /// `peak` is the light that becomes white, in cd/m².
    mutating func compare(
        _ before: borrowing VideoFrame,
        _ range: DynamicRange,
        _ after: borrowing VideoFrame,
        _ newRange: DynamicRange,
        peak: Double
    ) {
        frameCount += 1
        let from = RowReader(before.format, encoding: before.format.colorEncoding(matrixIsBT2020: range.isHDR))
        let to = RowReader(after.format, encoding: after.format.colorEncoding(matrixIsBT2020: newRange.isHDR))
        let (fromLight, toLight) = (SignalLight(range), SignalLight(newRange))
        for row in stride(from: 0, to: before.format.height, by: 8) {
            from.read(row, of: before)
            to.read(row, of: after)
            for x in stride(from: 0, to: before.format.width, by: 8) {
                let old = SIMD3(Double(from.red[x]), Double(from.green[x]), Double(from.blue[x]))
                let new = SIMD3(Double(to.red[x]), Double(to.green[x]), Double(to.blue[x]))
                pixels += 1
                let (oldLight, newLight) = (fromLight.light(of: old), toLight.light(of: new))
                if new.max() >= Self.limit && oldLight.max() < 0.9 * peak { clipped += 1 }
                let (a, b) = (ICtCp(bt2020: oldLight), ICtCp(bt2020: newLight))
                // The hue of what is nearly grey or black is a matter of rounding.
                if min(a.chroma, b.chroma) > 0.03, min(a.intensity, b.intensity) > 0.1 {
                    hueSum += a.hueShift(to: b)
                    hueCount += 1
                }
            }
        }
    }

    /// Where a component counts as clipped: half a code of eight bits below full signal.
    private static let limit = 1 - 0.5 / 219

    /// Compares the luma of two frames of any depth.
    mutating func compareLuma(_ before: borrowing VideoFrame, _ after: borrowing VideoFrame) {
        let (a, b) = (LumaRow(before.format), LumaRow(after.format))
        for row in stride(from: 0, to: before.format.height, by: 2) {
            before.withPlane(0) { first in
                after.withPlane(0) { second in
                    for x in 0..<min(first.width, second.width) {
                        let error = a.signal(first, x, row) - b.signal(second, x, row)
                        squaredError += error * error
                    }
                    errorCount += min(first.width, second.width)
                }
            }
        }
    }
}

/// Luma codes as shares of 255 codes of eight bits, the peak of the usual PSNR.
private struct LumaRow {
    private let isWide: Bool
    private let scale: Double, offset: Double

    init(_ format: VideoFormat) {
        isWide = format.pixelFormat.bytesPerSample == 2
        let unit = Double(1 << (format.pixelFormat.bitDepth - 8))
        // Full range is brought to the codes that limited range would have.
        let isFull = format.color.isFullRange ?? false
        scale = (isFull ? 219.0 / 255 : 1) / unit / 255
        offset = isFull ? 16.0 / 255 : 0
    }

    @inline(__always)
    func signal(_ plane: PlaneView, _ x: Int, _ row: Int) -> Double {
        let base = UnsafeRawPointer(plane.base + row * plane.stride)
        let code =
            isWide
            ? Int(UInt16(littleEndian: base.load(fromByteOffset: 2 * x, as: UInt16.self)))
            : Int(base.load(fromByteOffset: x, as: UInt8.self))
        return Double(code) * scale + offset
    }
}

/// The light that R'G'B' of a dynamic range means: linear BT.2020 in cd/m², white of ordinary video at 203.
struct SignalLight {
    private let range: DynamicRange
    private let tone: ToneMapping
    private let to2020: ColorMatrix

    init(_ range: DynamicRange) {
        self.range = range
        tone = ToneMapping(from: range, sourcePeak: 1000)
        if case .standard(_, let primaries) = range {
            to2020 = primaries.matrix(to: .bt2020)
        } else {
            to2020 = .identity
        }
    }

    func light(of signal: SIMD3<Double>) -> SIMD3<Double> {
        let bounded = signal.clamped(lowerBound: .zero, upperBound: SIMD3(repeating: 1))
        guard case .standard(let display, _) = range else { return tone.light(of: bounded) }
        return to2020 * display.light(ofSignal: bounded) * HighlightExpansion.referenceWhite
    }
}
