/// A rectangle of whole pixels of the upright picture: what the network looks at.
struct Region: Equatable, Sendable {
    /// First column.
    var left: Int
    /// First row.
    var top: Int
    /// First column after it.
    var right: Int
    /// First row after it.
    var bottom: Int

    var width: Int { right - left }
    var height: Int { bottom - top }
    var area: Int { width * height }

    func contains(_ x: Int, _ y: Int) -> Bool { x >= left && x < right && y >= top && y < bottom }
}

extension Region {
    /// The smallest region with edges at multiples of 4 (or the picture's border) that holds a box.
    init(around box: Box, width: Int, height: Int) {
        left = max(0, Int((box.left / 4).rounded(.down)) * 4)
        top = max(0, Int((box.top / 4).rounded(.down)) * 4)
        right = min(width, Int((box.right / 4).rounded(.up)) * 4)
        bottom = min(height, Int((box.bottom / 4).rounded(.up)) * 4)
        // A box that lies outside of the picture still gives the network something to look at.
        left = max(0, min(left, width - 1))
        top = max(0, min(top, height - 1))
        right = max(right, left + 1)
        bottom = max(bottom, top + 1)
    }
}

/// A rectangle with fractional edges: where a person is, and where one would like to look.
struct Box: Equatable, Sendable {
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double

    var width: Double { right - left }
    var height: Double { bottom - top }
    var area: Double { width * height }

    /// Half of the sum of the distances between the edges: a cheap measure of how different two boxes are.
    func difference(to other: Box) -> Double {
        abs(left - other.left) + abs(top - other.top) + abs(right - other.right) + abs(bottom - other.bottom)
    }

    /// The smallest box that holds both.
    func union(_ other: Box) -> Box {
        Box(
            left: min(left, other.left),
            top: min(top, other.top),
            right: max(right, other.right),
            bottom: max(bottom, other.bottom)
        )
    }
}

extension Box {
    init(_ region: Region) {
        self.init(
            left: Double(region.left),
            top: Double(region.top),
            right: Double(region.right),
            bottom: Double(region.bottom)
        )
    }
}

/// A connected part of a mask, in cells of the guide grid.
struct Island: Equatable, Sendable {
    /// How many cells belong to it.
    var area: Int
    /// The mean of the mask over them.
    var mean: Float
    /// The cells' bounds.
    var bounds: Region
    /// How many of its cells lie outside of all regions; counted for the newcomer check only.
    var outsideArea = 0
}

extension Island {
    /// The share of the grid below which nothing is a person.
    static let leastShare = 0.004

    /// Whether an island is large and certain enough to be a person rather than a mistake of the network.
    ///
    /// - Parameters:
    ///   - largest: area of the largest island of the same mask.
    ///   - cellCount: cells of the whole grid.
    func isKept(largest: Int, cellCount: Int) -> Bool {
        Double(area) >= max(Self.leastShare * Double(cellCount), 0.1 * Double(largest)) && mean >= 0.7
    }
}

/// Up to two values in place: the regions of a frame, and what goes with them.
struct UpToTwo<Element> {
    private var first: Element?
    private var second: Element?

    init() {}

    init(_ only: Element) { first = only }

    var count: Int { (first == nil ? 0 : 1) + (second == nil ? 0 : 1) }
    var isEmpty: Bool { first == nil }

    subscript(index: Int) -> Element {
        get {
            guard let element = index == 0 ? first : second else { preconditionFailure("index out of range") }
            return element
        }
        set { if index == 0 { first = newValue } else { second = newValue } }
    }

    /// Adds a value.
    ///
    /// - Precondition: fewer than two are there.
    mutating func append(_ element: Element) {
        precondition(second == nil, "there is room for two")
        if first == nil { first = element } else { second = element }
    }
}

extension UpToTwo: Equatable where Element: Equatable {}
extension UpToTwo: Sendable where Element: Sendable {}
