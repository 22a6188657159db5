internal import CKernels

/// What motion is searched in: lightly smoothed luma in bytes, and smaller copies of it.
///
/// Confined to one thread at a time by its owner.
public final class MotionPyramid {
    private let memory: KernelMemory
    var c: aegis_noise_pyramid

    /// Reserves memory for a picture size.
    public init(width: Int, height: Int) {
        precondition((1...32768).contains(width) && (1...32768).contains(height), "sizes are 1...32768")
        memory = KernelMemory(byteCount: aegis_noise_pyramid_size(Int32(width), Int32(height)))
        c = aegis_noise_pyramid_make(memory.base, Int32(width), Int32(height))
    }

    /// Takes over a luma plane of the same size.
    public func fill(from luma: NoisePlane) {
        precondition(luma.width == Int(c.width.0) && luma.height == Int(c.height.0), "the plane has another size")
        aegis_noise_pyramid_fill(&c, &luma.c)
    }
}

/// Motion vectors of all 8×8 cells of a plane.
///
/// Confined to one thread at a time by its owner.
public final class MotionField {
    /// Where a cell's content is in another frame.
    public struct Vector: Equatable, Sendable {
        /// Half samples to the right.
        public let x: Int
        /// Half samples down.
        public let y: Int
        /// How different the place there is: a sum over 128 bytes.
        public let cost: Int
        /// Whether the vector leads to the second of two frames (see ``pair(_:_:noise:)``).
        public let leadsToSecond: Bool
    }

    /// Size of the plane.
    public let width: Int, height: Int
    /// Cells in a row.
    public let columns: Int
    /// Rows of cells.
    public let rows: Int
    let cells: UnsafeMutablePointer<aegis_noise_motion>

    /// Reserves memory for a plane; nothing moves.
    public init(width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a plane has at least one sample")
        (self.width, self.height) = (width, height)
        let side = Int(AEGIS_NOISE_CELL)
        columns = (width + side - 1) / side
        rows = (height + side - 1) / side
        cells = .allocate(capacity: columns * rows)
        cells.initialize(repeating: aegis_noise_motion(), count: columns * rows)
    }

    deinit { cells.deallocate() }

    /// The vector of a cell.
    public internal(set) subscript(column: Int, row: Int) -> Vector {
        get {
            precondition(column >= 0 && column < columns && row >= 0 && row < rows, "outside the field")
            let cell = cells[row * columns + column]
            return Vector(x: Int(cell.x), y: Int(cell.y), cost: Int(cell.cost), leadsToSecond: cell.source != 0)
        }
        set {
            precondition(column >= 0 && column < columns && row >= 0 && row < rows, "outside the field")
            cells[row * columns + column] = aegis_noise_motion(
                x: Int16(newValue.x),
                y: Int16(newValue.y),
                cost: UInt16(newValue.cost),
                source: newValue.leadsToSecond ? 1 : 0
            )
        }
    }

    /// Takes over another field of the same size.
    public func copy(from other: MotionField) {
        precondition(other.columns == columns && other.rows == rows, "fields have the same size")
        cells.update(from: other.cells, count: columns * rows)
    }

    /// Lets fields to the frames before and after stand in for each other, cell by cell, where one fits much better.
    ///
    /// - Parameters:
    ///   - before: vectors to the first frame.
    ///   - after: vectors to the second frame.
    ///   - noise: standard deviation of the samples' noise in code values of 8 bits.
    public static func pair(_ before: MotionField, _ after: MotionField, noise: Float) {
        precondition(before.columns == after.columns && before.rows == after.rows, "fields have the same size")
        aegis_noise_pair(before.cells, after.cells, Int32(before.columns * before.rows), noise.inSixteenths)
    }

    /// Takes vectors for chroma planes of this size from luma's.
    ///
    /// - Parameter luma: the field of the luma plane.
    public func subsample(_ luma: MotionField) {
        let shiftX: Int32 = luma.width > width ? 1 : 0
        let shiftY: Int32 = luma.height > height ? 1 : 0
        precondition((luma.width + Int(shiftX)) >> shiftX == width && (luma.height + Int(shiftY)) >> shiftY == height)
        aegis_noise_chroma_motion(luma.cells, Int32(luma.width), Int32(luma.height), shiftX, shiftY, cells)
    }
}

/// Searches motion between frames of one size. Holds scratch, so it serves one thread at a time.
public struct MotionSearch: ~Copyable {
    private let width: Int, height: Int
    private let scratch: KernelMemory

    /// Reserves scratch.
    public init(width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        // A field more than the search needs: tiny pictures have levels without scratch of their own.
        scratch = KernelMemory(
            byteCount: aegis_noise_search_scratch_size(Int32(width), Int32(height)) + Int(AEGIS_ALIGNMENT)
        )
    }

    /// Finds every cell of a frame in another one.
    ///
    /// - Parameters:
    ///   - current: the frame.
    ///   - reference: where to look.
    ///   - noise: standard deviation of the samples' noise in code values of 8 bits: the more, the smoother the field.
    ///   - field: gets the vectors.
    public mutating func search(
        _ current: MotionPyramid,
        in reference: MotionPyramid,
        noise: Float,
        into field: MotionField
    ) {
        check(current, reference, field)
        aegis_noise_search(&current.c, &reference.c, noise.inSixteenths, nil, nil, field.cells, scratch.base)
    }

    /// The same for a frame further away, by way of one in between.
    ///
    /// - Parameters:
    ///   - hint: leads from `current` to the frame in between.
    ///   - onward: leads from there to `reference`.
    public mutating func search(
        _ current: MotionPyramid,
        in reference: MotionPyramid,
        noise: Float,
        along hint: MotionField,
        _ onward: MotionField,
        into field: MotionField
    ) {
        check(current, reference, field)
        precondition(hint.columns == field.columns && onward.columns == field.columns, "fields have the same size")
        precondition(hint.rows == field.rows && onward.rows == field.rows, "fields have the same size")
        aegis_noise_search(
            &current.c,
            &reference.c,
            noise.inSixteenths,
            hint.cells,
            onward.cells,
            field.cells,
            scratch.base
        )
    }

    /// Mean absolute difference of small copies of two frames after motion compensation, in code values of 8 bits.
    public mutating func difference(_ current: MotionPyramid, _ reference: MotionPyramid) -> Float {
        Float(aegis_noise_difference(&current.c, &reference.c, scratch.base)) / 16
    }

    private func check(_ current: MotionPyramid, _ reference: MotionPyramid, _ field: MotionField) {
        precondition(current.c.width.0 == width && current.c.height.0 == height, "the search is for another size")
        precondition(reference.c.width.0 == width && reference.c.height.0 == height, "the search is for another size")
        precondition(field.width == width && field.height == height, "the field is for another size")
    }
}

extension Float {
    /// A deviation in the unit of the kernels.
    fileprivate var inSixteenths: Int32 { Int32((self * 16).rounded()) }
}
