internal import CKernels

/// Luma differences by place and brightness: a curve for each of a few tiles, interpolated between their centres.
///
/// ``ColorMapper`` adds them to luma before the colour table.
public struct ToneGrid {
    /// Points of a curve, evenly from code 0 to one step beyond the largest code.
    public static let nodes = Int(AEGIS_TONE_NODES)

    /// Tiles across and down, 1...64 each.
    public let columns: Int, rows: Int

    /// The curves, `nodes` samples a tile, tiles row by row: differences in units of 1/32768 of all codes.
    public let differences: Grid<Int16>

    /// Makes a grid that changes nothing.
    public init(columns: Int, rows: Int) {
        precondition((1...64).contains(columns) && (1...64).contains(rows), "a grid has 1 to 64 tiles across and down")
        self.columns = columns
        self.rows = rows
        differences = Grid(width: columns * Self.nodes, height: rows, repeating: 0)
    }

    /// The difference of a tile at a point of its curve.
    public subscript(column: Int, row: Int, node: Int) -> Int16 {
        get { differences[column * Self.nodes + node, row] }
        nonmutating set { differences[column * Self.nodes + node, row] = newValue }
    }

    func withGrid<R>(_ body: (UnsafePointer<aegis_tone_grid>) -> R) -> R {
        var grid = aegis_tone_grid(
            columns: Int32(columns),
            rows: Int32(rows),
            differences: differences.base
        )
        return body(&grid)
    }
}
