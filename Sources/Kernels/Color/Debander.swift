internal import CKernels

/// Smooths the steps of 8-bit video in smooth areas: skies, walls, fog.
///
/// What comes out has 12 bits. A sample moves by three quarters of a code of 8 bits at most, and only where its
/// neighbourhood of 24 samples or more spans no more than three codes: what is more than rounding stays. Holds its result
/// and scratch: one thread at a time.
public struct Debander: ~Copyable {
    /// The layout of the result: the input's with 12 bits.
    public let output: FrameLayout

    private let input: FrameLayout
    private let scratch: KernelMemory
    private let planes: [KernelMemory]
    private let strides: [Int]

    /// Reserves memory.
    ///
    /// - Parameter input: planar, 8 bits.
    public init(_ input: FrameLayout) {
        precondition(input.depth == 8 && input.planeCount != 2, "debanding works on planes of 8 bits")
        self.input = input
        output = FrameLayout(
            width: input.width,
            height: input.height,
            bytesPerSample: 2,
            depth: 12,
            chroma: input.chroma,
            isFullRange: input.isFullRange
        )
        scratch = KernelMemory(byteCount: aegis_deband_scratch_size(Int32(input.width), Int32(input.height)))
        let layout = output
        strides = (0..<layout.planeCount).map { (layout.rowBytes(ofPlane: $0) + 63) / 64 * 64 }
        planes = zip(0..., strides).map { KernelMemory(byteCount: layout.rows(ofPlane: $0) * $1) }
    }

    /// Smooths a frame and lends the result.
    public mutating func run<Result>(_ frame: FramePlanes, _ body: (FramePlanes) -> Result) -> Result {
        frame.check(input)
        let bases = [frame.base.0, frame.base.1, frame.base.2]
        let from = [frame.stride.0, frame.stride.1, frame.stride.2]
        for plane in 0..<input.planeCount {
            guard let base = bases[plane] else { continue }
            aegis_deband(
                base.assumingMemoryBound(to: UInt8.self),
                from[plane],
                Int32(plane == 0 ? input.width : input.chromaWidth),
                Int32(input.rows(ofPlane: plane)),
                planes[plane].base.assumingMemoryBound(to: UInt16.self),
                strides[plane],
                scratch.base
            )
        }
        let isGray = planes.count == 1
        return body(
            FramePlanes(
                (
                    UnsafeRawPointer(planes[0].base), isGray ? nil : UnsafeRawPointer(planes[1].base),
                    isGray ? nil : UnsafeRawPointer(planes[2].base)
                ),
                stride: (strides[0], isGray ? 0 : strides[1], isGray ? 0 : strides[2])
            )
        )
    }
}
