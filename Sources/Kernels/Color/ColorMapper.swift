internal import CKernels

/// The full-resolution pass that applies a ``ColorLUT``: planar Y'CbCr in, planar Y'CbCr out, in integers.
///
/// Luma is looked up at full resolution with chroma interpolated to it; chroma is looked up where it lies, with luma
/// averaged to it. Ordered dither hides the steps of the output's depth and leaves whole codes as they are. Holds scratch:
/// one thread at a time.
public struct ColorMapper: ~Copyable {
    /// The layouts of frames that go in and come out.
    public let input: FrameLayout, output: FrameLayout

    private var pass: aegis_color_pass
    private let scratch: KernelMemory

    /// Prepares the pass.
    ///
    /// - Parameters:
    ///   - input: planar or gray, values in the low bits.
    ///   - output: the same size and subsampling; the depth may differ.
    ///   - siting: where chroma lies in both, if it is subsampled.
    ///   - dithers: whether steps are hidden by ordered dither instead of being rounded.
    public init(input: FrameLayout, output: FrameLayout, siting: ChromaSiting, dithers: Bool = true) {
        precondition(input.planeCount != 2 && output.planeCount != 2, "chroma has a plane of its own")
        precondition(input.shift == 0 && output.shift == 0, "values lie in the low bits")
        precondition(
            input.width == output.width && input.height == output.height && input.chroma == output.chroma,
            "both layouts have one size and one subsampling"
        )
        self.input = input
        self.output = output
        pass = aegis_color_pass()
        pass.width = Int32(input.width)
        pass.height = Int32(input.height)
        pass.chroma_planes = Int32(input.planeCount - 1)
        pass.chroma_shift_x = input.subsampling.x == 2 ? 1 : 0
        pass.chroma_shift_y = input.subsampling.y == 2 ? 1 : 0
        pass.input_bytes = Int32(input.bytesPerSample)
        pass.input_depth = Int32(input.depth)
        pass.output_bytes = Int32(output.bytesPerSample)
        pass.output_depth = Int32(output.depth)
        pass.centered_x = siting == .center
        pass.centered_y = siting != .topLeft
        pass.dither = dithers
        scratch = KernelMemory(byteCount: aegis_color_scratch_size(&pass))
    }

    /// Maps a frame.
    ///
    /// - Parameters:
    ///   - input: the frame.
    ///   - output: gets the result; must not overlap `input`.
    ///   - lut: the table, of both layouts' depths.
    ///   - tone: luma differences that are added before the table, or nil.
    public mutating func run(
        input: FramePlanes,
        output: MutableFramePlanes,
        lut: ColorLUT,
        tone: ToneGrid? = nil
    ) {
        input.check(self.input)
        output.readable.check(self.output)
        precondition(
            lut.input.depth == self.input.depth && lut.output.depth == self.output.depth,
            "the table is of another depth"
        )
        let top = (1 << self.output.depth) - 1
        let legal: (luma: ClosedRange<Int>, chroma: ClosedRange<Int>) =
            lut.limits == .legal ? lut.output.legalRange : (0...top, 0...top)
        pass.luma_low = Int32(legal.luma.lowerBound)
        pass.luma_high = Int32(legal.luma.upperBound)
        pass.chroma_low = Int32(legal.chroma.lowerBound)
        pass.chroma_high = Int32(legal.chroma.upperBound)
        var from = input.c, to = output.c
        lut.withTable { table in
            if let tone {
                tone.withGrid { aegis_color_run(&pass, table, $0, &from, &to, scratch.base) }
            } else {
                aegis_color_run(&pass, table, nil, &from, &to, scratch.base)
            }
        }
    }
}
