internal import FFmpegKit
internal import Kernels
internal import MediaCore

/// Reads single rows of planar 4:2:0 frames as R'G'B'. Confined to one thread.
struct RowReader: ~Copyable {
    /// The signals of the row that was read last.
    let red: UnsafeMutableBufferPointer<Float>, green: UnsafeMutableBufferPointer<Float>
    let blue: UnsafeMutableBufferPointer<Float>
    /// The largest luma of every row.
    let lumaPeaks: UnsafeMutableBufferPointer<UInt16>
    private let isWide: Bool
    private let lumaOffset: Float, lumaScale: Float, chromaOffset: Float
    private let redOfV: Float, greenOfU: Float, greenOfV: Float, blueOfU: Float

    init(_ format: VideoFormat, encoding: ColorEncoding) {
        red = .allocate(capacity: format.width)
        green = .allocate(capacity: format.width)
        blue = .allocate(capacity: format.width)
        for row in [red, green, blue] { row.initialize(repeating: 0) }
        lumaPeaks = .allocate(capacity: format.height)
        lumaPeaks.initialize(repeating: 0)
        isWide = format.pixelFormat.bytesPerSample == 2
        // The coding is linear: what it makes of three codes tells everything.
        let zero = encoding.decode([0, 0, 0]), grey = SIMD3<Float>(0, Float(1 << (encoding.depth - 1)), 0)
        lumaScale = encoding.decode([1, 0, 0]).x - zero.x
        lumaOffset = encoding.decode([0, grey.y, grey.y]).x
        chromaOffset = grey.y
        let u = encoding.decode([0, 1, 0]) - zero, v = encoding.decode([0, 0, 1]) - zero
        redOfV = v.x
        greenOfU = u.y
        greenOfV = v.y
        blueOfU = u.z
    }

    deinit {
        red.deallocate()
        green.deallocate()
        blue.deallocate()
        lumaPeaks.deallocate()
    }

    /// Reads a row; chroma is that of the sample beside it.
    func read(_ row: Int, of frame: borrowing VideoFrame) {
        frame.withPlanes { luma, u, v in
            if isWide { read(UInt16.self, row, luma, u, v) } else { read(UInt8.self, row, luma, u, v) }
        }
    }

    /// Finds the largest luma of every row, for ``lumaPeaks``.
    func findLumaPeaks(of frame: borrowing VideoFrame) {
        frame.withPlane(0) { luma in
            if isWide { findPeaks(UInt16.self, luma) } else { findPeaks(UInt8.self, luma) }
        }
    }

    @inline(__always)
    private func samples<Sample>(_ plane: PlaneView, _ row: Int, as type: Sample.Type) -> UnsafePointer<Sample> {
        UnsafeRawPointer(plane.base + row * plane.stride).assumingMemoryBound(to: type)
    }

    @inline(__always)
    private func read<Sample: FixedWidthInteger & UnsignedInteger>(
        _ type: Sample.Type,
        _ row: Int,
        _ luma: PlaneView,
        _ u: PlaneView,
        _ v: PlaneView
    ) {
        let y = samples(luma, row, as: type)
        let (cb, cr) = (samples(u, row / 2, as: type), samples(v, row / 2, as: type))
        for x in 0..<luma.width {
            let light = Float(y[x]) * lumaScale + lumaOffset
            let (tint, warmth) = (Float(cb[x / 2]) - chromaOffset, Float(cr[x / 2]) - chromaOffset)
            red[x] = light + redOfV * warmth
            green[x] = light + greenOfU * tint + greenOfV * warmth
            blue[x] = light + blueOfU * tint
        }
    }

    @inline(__always)
    private func findPeaks<Sample: FixedWidthInteger & UnsignedInteger>(_ type: Sample.Type, _ luma: PlaneView) {
        for row in 0..<luma.height {
            let y = samples(luma, row, as: type)
            var largest = Sample.zero
            for x in 0..<luma.width { largest = max(largest, y[x]) }
            lumaPeaks[row] = UInt16(largest)
        }
    }
}
