/// The extents of a tensor, outermost dimension first.
///
/// A dimension is `nil` where the network leaves it open until it runs. An array literal makes one:
/// `[1, 3, 144, 256]`, `[1, nil, 6]`.
public struct TensorShape: Sendable, Hashable {
    /// The extents in elements, outermost first; `nil` where an extent is open. Empty for a scalar.
    public var dimensions: [Int?]

    /// Whether even the number of dimensions is known; when `false`, `dimensions` is empty and says nothing.
    public let isRanked: Bool

    /// A shape whose number of dimensions is open until the network runs.
    public static let unranked = TensorShape(dimensions: [], isRanked: false)

    /// A shape of known rank.
    ///
    /// - Parameter dimensions: The extents, outermost first; `nil` where an extent is open.
    public init(_ dimensions: [Int?]) {
        self.init(dimensions: dimensions, isRanked: true)
    }

    /// The memberwise initializer, which alone can make an unranked shape.
    private init(dimensions: [Int?], isRanked: Bool) {
        self.dimensions = dimensions
        self.isRanked = isRanked
    }

    /// Whether anything about the shape is open until the network runs.
    public var isDynamic: Bool {
        !isRanked || dimensions.contains(nil)
    }

    /// The number of elements, or `nil` when the shape is dynamic or the product exceeds `Int`.
    public var elementCount: Int? {
        guard isRanked else { return nil }
        var count = 1
        for dimension in dimensions {
            guard let dimension else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow else { return nil }
            count = product
        }
        return count
    }
}

extension TensorShape: ExpressibleByArrayLiteral {
    /// A shape of known rank from its extents.
    ///
    /// - Parameter elements: The extents, outermost first; `nil` where an extent is open.
    public init(arrayLiteral elements: Int?...) {
        self.init(elements)
    }
}

extension TensorShape: CustomStringConvertible {
    /// The shape as people write it: `1x3x144x256`, `1x?x6`, `scalar`, `unranked`.
    public var description: String {
        guard isRanked else { return "unranked" }
        guard !dimensions.isEmpty else { return "scalar" }
        return dimensions.map { $0.map(String.init) ?? "?" }.joined(separator: "x")
    }
}
