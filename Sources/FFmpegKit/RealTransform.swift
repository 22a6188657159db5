internal import CFFmpeg

/// The power spectrum of short runs of real samples. Confined to one thread. Source: `libavutil/tx.h`.
public final class RealTransform {
    private var context: OpaquePointer?
    private var transform: av_tx_fn?
    private let count: Int
    private let input: UnsafeMutablePointer<Float>
    private let output: UnsafeMutablePointer<AVComplexFloat>

    /// Makes a transform.
    ///
    /// - Parameter count: samples in a run, a power of two.
    public init(count: Int) throws(FFmpegError) {
        self.count = count
        // libavutil's vector code wants aligned memory.
        guard
            let input = av_mallocz(count * MemoryLayout<Float>.stride),
            let output = av_mallocz((count / 2 + 1) * MemoryLayout<AVComplexFloat>.stride)
        else { throw FFmpegError(aegis_error_out_of_memory, "av_mallocz") }
        self.input = input.bindMemory(to: Float.self, capacity: count)
        self.output = output.bindMemory(to: AVComplexFloat.self, capacity: count / 2 + 1)
        var scale: Float = 1
        // A class's throwing initialiser runs `deinit` once every property has a value, which all have here.
        try check(av_tx_init(&context, &transform, AV_TX_FLOAT_RDFT, 0, Int32(count), &scale, 0), "av_tx_init")
    }

    deinit {
        av_tx_uninit(&context)
        av_free(input)
        av_free(output)
    }

    /// Computes the power in each band.
    ///
    /// - Parameters:
    ///   - samples: a run of samples, windowed.
    ///   - power: room for half as many bands and one more, from 0 to half the sampling rate.
    public func power(of samples: [Float], into power: inout [Float]) {
        precondition(samples.count == count && power.count == count / 2 + 1, "sizes of the transform")
        samples.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { input.update(from: base, count: count) }
        }
        transform?(context, output, input, MemoryLayout<Float>.stride)
        for band in 0...(count / 2) {
            let value = output[band]
            power[band] = value.re * value.re + value.im * value.im
        }
    }
}
