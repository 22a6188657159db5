internal import CKernels

/// A 3-D table from Y'CbCr to Y'CbCr: every change of colours that depends on the colour alone, in one look-up.
///
/// The lattice stands in Y'CbCr, so that neutral colours lie on one of its lines and frames need no conversion to RGB.
/// Between nodes it is trilinear. Immutable: threads share it, and ``ColorMapper`` applies it.
public final class ColorLUT: Sendable {
    /// The coding of what goes in.
    public let input: ColorEncoding
    /// The coding of what comes out.
    public let output: ColorEncoding
    /// Number of cells along luma and along each chroma axis.
    public let lumaSteps: Int, chromaSteps: Int
    /// The codes that come out.
    public let limits: ColorLimits

    // Safe because: written by the initialisers only.
    private nonisolated(unsafe) let samples: UnsafeMutableBufferPointer<Int16>

    private var nodeCount: Int { (lumaSteps + 1) * (chromaSteps + 1) * (chromaSteps + 1) }

    /// Bakes a table.
    ///
    /// - Parameters:
    ///   - input: the coding of what goes in.
    ///   - output: the coding of what comes out.
    ///   - lumaSteps: cells along luma, a power of two of 4...256. More of them do what a shaper does, at the same speed.
    ///   - chromaSteps: cells along Cb and Cr, a power of two of 4...64.
    ///   - limits: the codes that may come out.
    ///   - map: gives R'G'B' of the output for R'G'B' of the input. It also gets the corners of the lattice, which lie far
    ///     outside 0...1: continue smoothly there, because colours near the edge of the gamut are interpolated with them.
    public init(
        from input: ColorEncoding,
        to output: ColorEncoding,
        lumaSteps: Int = 32,
        chromaSteps: Int = 32,
        limits: ColorLimits = .legal,
        map: (SIMD3<Float>) throws -> SIMD3<Float>
    ) rethrows {
        precondition(
            (4...256).contains(lumaSteps) && lumaSteps.nonzeroBitCount == 1 && (4...64).contains(chromaSteps)
                && chromaSteps.nonzeroBitCount == 1,
            "steps are powers of two, 4 to 256 and 4 to 64"
        )
        self.input = input
        self.output = output
        self.lumaSteps = lumaSteps
        self.chromaSteps = chromaSteps
        self.limits = limits
        let nodes = (lumaSteps + 1) * (chromaSteps + 1) * (chromaSteps + 1)
        samples = Self.allocate(3 * nodes)
        var isComplete = false
        defer { if !isComplete { samples.deallocate() } }
        let lumaUnit = Float(1 << input.depth) / Float(lumaSteps)
        let chromaUnit = Float(1 << input.depth) / Float(chromaSteps)
        // Whole codes become whole values, which makes an identity exact.
        let scale = Float(1 << (15 - output.depth)), offset = Float(AEGIS_COLOR_OFFSET)
        let low = SIMD3<Float>(repeating: -offset), high = SIMD3<Float>(repeating: offset)
        var index = 0
        for v in 0...chromaSteps {
            for u in 0...chromaSteps {
                for y in 0...lumaSteps {
                    let code = SIMD3(Float(y) * lumaUnit, Float(u) * chromaUnit, Float(v) * chromaUnit)
                    let mapped = output.encode(try map(input.decode(code)))
                    let values = (mapped * scale - offset).rounded(.toNearestOrAwayFromZero)
                        .clamped(lowerBound: low, upperBound: high)
                    // Not a number, from a map that is not defined there, must not end the process.
                    samples[index] = Int16(values.x.isFinite ? values.x : 0)
                    samples[nodes + index] = Int16(values.y.isFinite ? values.y : 0)
                    samples[2 * nodes + index] = Int16(values.z.isFinite ? values.z : 0)
                    index += 1
                }
            }
        }
        isComplete = true
    }

    /// Bakes the mean of two tables of one shape, node by node: a fade over time, or a weaker effect.
    ///
    /// - Parameter share: 0 gives the first table, 1 the second.
    public init(mixing first: ColorLUT, _ second: ColorLUT, share: Float) {
        precondition(
            first.input == second.input && first.output == second.output && first.lumaSteps == second.lumaSteps
                && first.chromaSteps == second.chromaSteps,
            "tables of two shapes cannot be mixed"
        )
        input = first.input
        output = first.output
        lumaSteps = first.lumaSteps
        chromaSteps = first.chromaSteps
        limits = first.limits
        samples = Self.allocate(first.samples.count)
        let part = Int32((min(max(share, 0), 1) * 32768).rounded())
        if let from = first.samples.baseAddress, let to = second.samples.baseAddress, let result = samples.baseAddress {
            aegis_color_mix(from, to, part, samples.count, result)
        }
    }

    deinit { samples.deallocate() }

    private static func allocate(_ count: Int) -> UnsafeMutableBufferPointer<Int16> {
        // Pairs are read, so there is one more behind the last; aligned, so that most pairs lie in one cache line.
        let raw = UnsafeMutableRawBufferPointer.allocate(
            byteCount: (count + 1) * MemoryLayout<Int16>.stride,
            alignment: Int(AEGIS_ALIGNMENT)
        )
        raw.initializeMemory(as: Int16.self, repeating: 0)
        return UnsafeMutableBufferPointer(rebasing: raw.bindMemory(to: Int16.self)[..<count])
    }

    func withTable<R>(_ body: (UnsafePointer<aegis_color_lut>) -> R) -> R {
        guard let base = samples.baseAddress else { preconditionFailure("a table has nodes") }
        var table = aegis_color_lut(
            luma_steps: Int32(lumaSteps.trailingZeroBitCount),
            chroma_steps: Int32(chromaSteps.trailingZeroBitCount),
            y: base,
            u: base + nodeCount,
            v: base + 2 * nodeCount
        )
        return body(&table)
    }
}
