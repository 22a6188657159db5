import FFmpegKit
import Foundation
import Kernels
import MediaCore
import Pipeline

/// The 8-bit luma of a frame, and how much it resembles another.
struct LumaPicture {
    let width: Int
    let height: Int
    private(set) var samples: [UInt8]

    init(_ frame: borrowing VideoFrame) {
        (width, height) = (frame.format.width, frame.format.height)
        samples = []
        samples.reserveCapacity(width * height)
        frame.withPlane(0) { view in
            for y in 0..<view.height {
                samples.append(contentsOf: UnsafeBufferPointer(start: view.base + y * view.stride, count: view.width))
            }
        }
    }

    /// Samples at the edges that are not compared: there every method sees the edge repeated.
    private static let border = 8

    /// The sum of squared differences and the number of samples that were compared.
    func squaredError(to other: LumaPicture) -> (sum: UInt64, count: Int) {
        let columns = Self.border..<width - Self.border, rows = Self.border..<height - Self.border
        let sum = samples.withUnsafeBytes { a in
            other.samples.withUnsafeBytes { b -> UInt64 in
                guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
                return SamplePlane(reading: a, stride: width, width: width, height: height, kind: .uint8)
                    .squaredDifference(
                        to: SamplePlane(reading: b, stride: width, width: width, height: height, kind: .uint8),
                        x: columns,
                        y: rows
                    )
            }
        }
        return (sum, columns.count * rows.count)
    }

    /// The structural similarity: the mean over windows of 8 × 8 samples at every fourth place.
    ///
    /// Source: Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004.
    func similarity(to other: LumaPicture) -> Double {
        var (total, count) = (0.0, 0)
        for y in stride(from: Self.border, through: height - Self.border - 8, by: 4) {
            for x in stride(from: Self.border, through: width - Self.border - 8, by: 4) {
                total += windowSimilarity(to: other, x, y)
                count += 1
            }
        }
        return count > 0 ? total / Double(count) : 1
    }

    private func windowSimilarity(to other: LumaPicture, _ x: Int, _ y: Int) -> Double {
        var (sumA, sumB, sumAA, sumBB, sumAB) = (0, 0, 0, 0, 0)
        for row in y..<y + 8 {
            for index in row * width + x..<row * width + x + 8 {
                let (a, b) = (Int(samples[index]), Int(other.samples[index]))
                sumA += a
                sumB += b
                sumAA += a * a
                sumBB += b * b
                sumAB += a * b
            }
        }
        let (meanA, meanB) = (Double(sumA) / 64, Double(sumB) / 64)
        let varianceA = Double(sumAA) / 64 - meanA * meanA, varianceB = Double(sumBB) / 64 - meanB * meanB
        let covariance = Double(sumAB) / 64 - meanA * meanB
        let (c1, c2) = (6.5025, 58.5225)
        return (2 * meanA * meanB + c1) * (2 * covariance + c2)
            / ((meanA * meanA + meanB * meanB + c1) * (varianceA + varianceB + c2))
    }
}

/// How much a run of frames resembles another.
struct Resemblance {
    /// Peak signal-to-noise ratio of luma over all frames, in dB.
    var psnr: Double
    /// Mean structural similarity of luma.
    var ssim: Double

    init(_ frames: borrowing FrameQueue, to truth: borrowing FrameQueue) {
        var (sum, count, ssim) = (0.0, 0, 0.0)
        let frameCount = min(frames.count, truth.count)
        for index in 0..<frameCount {
            let a = frames.withFrame(at: index) { LumaPicture($0) }
            let b = truth.withFrame(at: index) { LumaPicture($0) }
            let error = a.squaredError(to: b)
            sum += Double(error.sum)
            count += error.count
            ssim += a.similarity(to: b)
        }
        psnr = sum > 0 ? 10 * log10(255 * 255 * Double(count) / sum) : 100
        self.ssim = ssim / Double(max(1, frameCount))
    }
}
