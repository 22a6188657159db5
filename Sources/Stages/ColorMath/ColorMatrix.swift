/// A 3×3 matrix over colours; a colour is a vector of three components.
public struct ColorMatrix: Sendable, Equatable {
    /// The columns: what becomes of the first, second and third unit vector.
    public let columns: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)

    /// Makes a matrix from its rows, as standards print them.
    public init(rows first: SIMD3<Double>, _ second: SIMD3<Double>, _ third: SIMD3<Double>) {
        columns = (
            SIMD3(first.x, second.x, third.x), SIMD3(first.y, second.y, third.y), SIMD3(first.z, second.z, third.z)
        )
    }

    /// The matrix that changes nothing.
    public static let identity = ColorMatrix(rows: [1, 0, 0], [0, 1, 0], [0, 0, 1])

    /// The rows.
    public var rows: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>) {
        let (a, b, c) = columns
        return (SIMD3(a.x, b.x, c.x), SIMD3(a.y, b.y, c.y), SIMD3(a.z, b.z, c.z))
    }

    /// The matrix that undoes this one.
    ///
    /// - Precondition: the matrix is not singular.
    public var inverse: ColorMatrix {
        let (a, b, c) = columns
        let (x, y, z) = (Self.cross(b, c), Self.cross(c, a), Self.cross(a, b))
        let determinant = (a * x).sum()
        precondition(abs(determinant) > 1e-12, "a singular colour matrix has no inverse")
        return ColorMatrix(rows: x / determinant, y / determinant, z / determinant)
    }

    /// A colour in the other space.
    public static func * (matrix: ColorMatrix, color: SIMD3<Double>) -> SIMD3<Double> {
        matrix.columns.0 * color.x + matrix.columns.1 * color.y + matrix.columns.2 * color.z
    }

    /// First the right matrix, then the left one.
    public static func * (left: ColorMatrix, right: ColorMatrix) -> ColorMatrix {
        let (a, b, c) = right.columns
        return ColorMatrix(columns: (left * a, left * b, left * c))
    }

    /// Whether all elements are the same.
    public static func == (left: ColorMatrix, right: ColorMatrix) -> Bool { left.columns == right.columns }

    private init(columns: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)) { self.columns = columns }

    private static func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    }
}
