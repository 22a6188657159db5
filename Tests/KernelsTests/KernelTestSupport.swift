import Testing

@testable import Kernels

/// Random numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) {
        state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
    }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var mixed = state
        mixed ^= mixed >> 33
        mixed = mixed &* 0xFF51_AFD7_ED55_8CCD
        return mixed ^ (mixed >> 33)
    }
}

/// Runs a body with every variant that this machine has, and expects the scalar twin's bytes from all.
///
/// Suites that call this are serialised only among themselves: others do not mind, since all variants agree.
func expectEqualOnAllLevels(_ name: String, _ body: () -> [UInt8]) {
    let before = KernelLevel.selected
    defer { before.select() }
    KernelLevel.scalar.select()
    let expected = body()
    for level in KernelLevel.available where level != .scalar {
        level.select()
        #expect(body() == expected, "\(name) on \(level)")
    }
}

extension Grid {
    /// The samples as bytes, to compare bits.
    var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(samples)) }

    /// The samples as doubles, for references.
    func doubles() -> [Double] where Sample: BinaryInteger { samples.map { Double($0) } }

    /// The samples as doubles, for references.
    func doubles() -> [Double] where Sample == Float { samples.map { Double($0) } }
}

extension GridImage {
    var bytes: [UInt8] { y.bytes + (u?.bytes ?? []) + (v?.bytes ?? []) }
}

func randomBytes(_ width: Int, _ height: Int, _ random: inout SeededGenerator) -> Grid<UInt8> {
    let grid = Grid<UInt8>(width: width, height: height, repeating: 0)
    for index in 0..<grid.count {
        grid.samples[index] = UInt8.random(in: 0...255, using: &random)
    }
    return grid
}

func randomUnit(_ width: Int, _ height: Int, _ random: inout SeededGenerator) -> Grid<Float> {
    let grid = Grid<Float>(width: width, height: height, repeating: 0)
    for index in 0..<grid.count {
        grid.samples[index] = Float(Int.random(in: 0...1000, using: &random)) / 1000
    }
    return grid
}

func randomImage(
    _ width: Int,
    _ height: Int,
    hasChroma: Bool,
    _ random: inout SeededGenerator
) -> GridImage<UInt8> {
    let image = GridImage<UInt8>(width: width, height: height, hasChroma: hasChroma, repeating: 0)
    image.y.copy(from: randomBytes(width, height, &random))
    image.u?.copy(from: randomBytes(width, height, &random))
    image.v?.copy(from: randomBytes(width, height, &random))
    return image
}

/// A guide like a picture: a person of one colour before a wall of another, with gradients and noise.
func pictureImage(_ width: Int, _ height: Int, hasChroma: Bool, seed: Int) -> GridImage<UInt8> {
    var random = SeededGenerator(seed: seed)
    let image = GridImage<UInt8>(width: width, height: height, hasChroma: hasChroma, repeating: 0)
    for row in 0..<height {
        for column in 0..<width {
            let inside = isInsidePerson(column, row, width, height)
            let noise = Int.random(in: -3...3, using: &random)
            image.y[column, row] = UInt8(clamping: (inside ? 150 : 70) + column * 40 / width + noise)
            image.u?[column, row] = UInt8(clamping: (inside ? 110 : 140) + noise / 2)
            image.v?[column, row] = UInt8(clamping: (inside ? 150 : 120) - noise / 2)
        }
    }
    return image
}

/// A head-like blob in the lower middle of a grid.
func isInsidePerson(_ column: Int, _ row: Int, _ width: Int, _ height: Int) -> Bool {
    let x = (Double(column) + 0.5) / Double(width) - 0.5
    let y = (Double(row) + 0.5) / Double(height) - 0.75
    return x * x / 0.05 + y * y / 0.2 < 1
}

/// The network's idea of the person: the blob with soft edges.
func personMask(_ width: Int, _ height: Int) -> Grid<Float> {
    let mask = Grid<Float>(width: width, height: height, repeating: 0)
    for row in 0..<height {
        for column in 0..<width {
            mask[column, row] = isInsidePerson(column, row, width, height) ? 0.97 : 0.02
        }
    }
    return mask
}

/// A plane in memory of exactly its own size: the last row has no padding, so that sanitizers see every overrun.
final class ExactPlane {
    let base: UnsafeMutableRawPointer
    let stride: Int
    let byteCount: Int

    init(rowBytes: Int, rows: Int, padding: Int) {
        stride = rowBytes + padding
        byteCount = stride * (rows - 1) + rowBytes
        base = .allocate(byteCount: byteCount, alignment: 2)
        base.initializeMemory(as: UInt8.self, repeating: 0xAA, count: byteCount)
    }

    deinit {
        base.deallocate()
    }

    var bytes: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: base, count: byteCount)) }
}

/// A frame of exactly sized planes.
struct ExactFrame {
    let layout: FrameLayout
    let planes: [ExactPlane]

    init(_ layout: FrameLayout, padding: Int = 0) {
        self.layout = layout
        planes = (0..<layout.planeCount).map {
            ExactPlane(rowBytes: layout.rowBytes(ofPlane: $0), rows: layout.rows(ofPlane: $0), padding: padding)
        }
    }

    var readable: FramePlanes { writable.readable }

    var writable: MutableFramePlanes {
        MutableFramePlanes(
            (
                planes[0].base,
                planes.count > 1 ? planes[1].base : nil,
                planes.count > 2 ? planes[2].base : nil
            ),
            stride: (
                planes[0].stride,
                planes.count > 1 ? planes[1].stride : 0,
                planes.count > 2 ? planes[2].stride : 0
            )
        )
    }

    var bytes: [UInt8] { planes.flatMap(\.bytes) }

    /// The value of one component at a position of its plane, at the layout's depth.
    func sample(_ component: Int, _ x: Int, _ y: Int) -> Int {
        let (plane, offset) = location(component, x, y)
        if layout.bytesPerSample == 1 {
            return Int(plane.base.load(fromByteOffset: offset, as: UInt8.self))
        }
        return Int(plane.base.load(fromByteOffset: offset, as: UInt16.self)) >> layout.shift
    }

    func set(_ component: Int, _ x: Int, _ y: Int, to value: Int) {
        let (plane, offset) = location(component, x, y)
        if layout.bytesPerSample == 1 {
            plane.base.storeBytes(of: UInt8(value), toByteOffset: offset, as: UInt8.self)
        } else {
            plane.base.storeBytes(of: UInt16(value << layout.shift), toByteOffset: offset, as: UInt16.self)
        }
    }

    private func location(_ component: Int, _ x: Int, _ y: Int) -> (ExactPlane, Int) {
        if component > 0 && layout.planeCount == 2 {
            return (planes[1], y * planes[1].stride + (2 * x + component - 1) * layout.bytesPerSample)
        }
        return (planes[component], y * planes[component].stride + x * layout.bytesPerSample)
    }

    /// Sets every sample of every component.
    func fill(_ value: (_ component: Int, _ x: Int, _ y: Int) -> Int) {
        for component in 0..<(layout.planeCount == 1 ? 1 : 3) {
            for y in 0..<(component == 0 ? layout.height : layout.chromaHeight) {
                for x in 0..<(component == 0 ? layout.width : layout.chromaWidth) {
                    set(component, x, y, to: value(component, x, y))
                }
            }
        }
    }

    func fillRandomly(_ random: inout SeededGenerator) {
        let limit = 1 << layout.depth
        var generator = random
        fill { _, _, _ in Int.random(in: 0..<limit, using: &generator) }
        random = generator
    }
}

/// Frame layouts of every kind, with odd sizes among them.
let sampleLayouts: [FrameLayout] = [
    FrameLayout(width: 1, height: 1),
    FrameLayout(width: 3, height: 2, chroma: .interleaved(subsamplingX: 2, subsamplingY: 2)),
    FrameLayout(width: 160, height: 96),
    FrameLayout(width: 161, height: 97, isFullRange: true),
    FrameLayout(width: 175, height: 65, chroma: .interleaved(subsamplingX: 2, subsamplingY: 2)),
    FrameLayout(width: 130, height: 70, chroma: .planar(subsamplingX: 2, subsamplingY: 1)),
    FrameLayout(width: 131, height: 49, chroma: .planar(subsamplingX: 1, subsamplingY: 1)),
    FrameLayout(width: 97, height: 55, chroma: .none),
    FrameLayout(width: 163, height: 71, bytesPerSample: 2, depth: 10),
    FrameLayout(
        width: 165,
        height: 91,
        bytesPerSample: 2,
        depth: 10,
        shift: 6,
        chroma: .interleaved(subsamplingX: 2, subsamplingY: 2)
    ),
    FrameLayout(
        width: 93,
        height: 67,
        bytesPerSample: 2,
        depth: 12,
        chroma: .planar(subsamplingX: 1, subsamplingY: 1),
        isFullRange: true
    ),
    FrameLayout(width: 89, height: 47, bytesPerSample: 2, depth: 9, chroma: .planar(subsamplingX: 2, subsamplingY: 1)),
]

/// Straightforward references in double precision, borders replicated.
enum Reference {
    static func box(_ values: [Double], _ width: Int, _ height: Int, radius: Int) -> [Double] {
        // Separable, but every window is summed afresh.
        var rows = values
        for y in 0..<height {
            for x in 0..<width {
                var sum = 0.0
                for d in -radius...radius {
                    sum += values[y * width + min(max(x + d, 0), width - 1)]
                }
                rows[y * width + x] = sum / Double(2 * radius + 1)
            }
        }
        var result = rows
        for y in 0..<height {
            for x in 0..<width {
                var sum = 0.0
                for d in -radius...radius {
                    sum += rows[min(max(y + d, 0), height - 1) * width + x]
                }
                result[y * width + x] = sum / Double(2 * radius + 1)
            }
        }
        return result
    }

    static func dilate(_ values: [Double], _ width: Int, _ height: Int, radius: Int) -> [Double] {
        var result = values
        for y in 0..<height {
            for x in 0..<width {
                for dy in max(y - radius, 0)...min(y + radius, height - 1) {
                    for dx in max(x - radius, 0)...min(x + radius, width - 1) {
                        result[y * width + x] = max(result[y * width + x], values[dy * width + dx])
                    }
                }
            }
        }
        return result
    }

    /// A grid at a position of the picture: bilinear, centre-aligned.
    static func bilinear(
        _ values: [Double],
        _ width: Int,
        _ height: Int,
        x: Double,
        y: Double
    ) -> Double {
        let column = min(max(x, 0), Double(width - 1)), row = min(max(y, 0), Double(height - 1))
        let x0 = Int(column), y0 = Int(row)
        let x1 = min(x0 + 1, width - 1), y1 = min(y0 + 1, height - 1)
        let fx = column - Double(x0), fy = row - Double(y0)
        let upper = values[y0 * width + x0] * (1 - fx) + values[y0 * width + x1] * fx
        let lower = values[y1 * width + x0] * (1 - fx) + values[y1 * width + x1] * fx
        return upper * (1 - fy) + lower * fy
    }

    static func clamp(_ value: Double, _ low: Double = 0, _ high: Double = 1) -> Double {
        min(max(value, low), high)
    }
}

extension BackgroundFilter {
    /// Takes in planes and a mask and blurs them.
    mutating func run(_ planes: GridImage<UInt8>, without mask: Grid<Float>) {
        var cells = BackgroundCells(width: mask.width, height: mask.height, hasChroma: planes.hasChroma)
        cells.update(planes: planes, mask: mask)
        run(cells)
    }
}
