public import FFmpegKit
public import MediaCore

/// Makes small pictures with known content and known times; no file is involved.
public final class FrameFactory: Sendable {
    /// What the samples show.
    public enum Pattern: Sendable, Hashable {
        /// Every sample of a plane has the same value: luma, first chroma, second chroma.
        case solid(UInt16, UInt16, UInt16)
        /// Luma rises from left to right and from top to bottom; chroma is neutral.
        case gradient
        /// Squares of dark and bright luma with the given side; chroma is neutral.
        case checkerboard(Int)
        /// Reproducible noise on every plane.
        case noise(seed: UInt64)
    }

    /// Where frames come from and go back to.
    public let pool: VideoFramePool
    /// The timebase of every frame.
    public let timebase: Timebase
    /// The format of every frame.
    public var format: VideoFormat { pool.format }

    /// Makes a factory.
    public init(_ format: VideoFormat = .tiny, timebase: Timebase = Timebase(1, 25)) {
        pool = VideoFramePool(format: format)
        self.timebase = timebase
    }

    /// Makes a frame.
    ///
    /// - Parameters:
    ///   - ticks: its presentation time, which also tells frames apart; `nil` for none.
    ///   - pattern: what it shows.
    public func frame(_ ticks: Int64?, _ pattern: Pattern = .gradient) throws -> VideoFrame {
        var frame = try pool.makeFrame(timebase: timebase)
        frame.presentationTicks = ticks
        let depth = format.pixelFormat.bitDepth
        var generator = SplitMix64(seed: 0)
        if case .noise(let seed) = pattern { generator = SplitMix64(seed: seed) }
        for plane in 0..<format.pixelFormat.planeCount {
            let components = plane > 0 && format.pixelFormat.hasInterleavedChroma ? 2 : 1
            let shift = format.pixelFormat == .p010 ? 6 : 0
            frame.withPlane(plane) { view in
                for y in 0..<view.height {
                    let row = UnsafeMutableRawPointer(view.base + y * view.stride)
                    for x in 0..<(view.width * components) {
                        let component = plane + (components == 2 ? x % 2 : 0)
                        let value = Self.sample(pattern, component, x / components, y, depth, &generator)
                        if depth > 8 {
                            row.storeBytes(of: (value << shift).littleEndian, toByteOffset: x * 2, as: UInt16.self)
                        } else {
                            row.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: x, as: UInt8.self)
                        }
                    }
                }
            }
        }
        return frame.freeze()
    }

    private static func sample(
        _ pattern: Pattern,
        _ component: Int,
        _ x: Int,
        _ y: Int,
        _ depth: Int,
        _ generator: inout SplitMix64
    ) -> UInt16 {
        let neutral = UInt16(1) << (depth - 1)
        let top = (1 << depth) - 1
        switch pattern {
        case .solid(let luma, let first, let second): return component == 0 ? luma : component == 1 ? first : second
        case .gradient: return component == 0 ? UInt16((x + y) * (1 << (depth - 8)) % (top + 1)) : neutral
        case .checkerboard(let side):
            guard component == 0 else { return neutral }
            return UInt16((x / max(1, side) + y / max(1, side)) % 2 == 0 ? top / 8 : top - top / 8)
        case .noise: return UInt16(truncatingIfNeeded: generator.next() & UInt64(top))
        }
    }
}

extension VideoFormat {
    /// 16×8 yuv420p: the smallest picture that still looks like one.
    public static let tiny = VideoFormat(width: 16, height: 8, pixelFormat: .yuv420p)
}

extension VideoFrame {
    /// One sample of a plane, read at its full depth; `x` counts both components of interleaved chroma.
    public func sample(plane: Int, x: Int, y: Int) -> UInt16 {
        let isWide = format.pixelFormat.bytesPerSample == 2
        return withPlane(plane) { view in
            let row = UnsafeRawPointer(view.base + y * view.stride)
            return isWide
                ? UInt16(littleEndian: row.load(fromByteOffset: x * 2, as: UInt16.self))
                : UInt16(row.load(fromByteOffset: x, as: UInt8.self))
        }
    }
}

/// A small random generator that gives the same numbers for the same seed on every machine.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Makes a generator.
    public init(seed: UInt64) { state = seed }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
