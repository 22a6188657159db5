internal import CKernels

/// Finds the islands of a mask: 8-connected components above a threshold.
public struct ComponentFinder: ~Copyable {
    /// One component.
    public struct Component: Equatable, Sendable {
        /// Number of cells.
        public var area: Int
        /// Bounding box in cells.
        public var x: Range<Int>, y: Range<Int>
        /// Mean of the values over the component.
        public var mean: Float
    }

    /// Which component each cell belongs to: 0 for none, else 1 + its index.
    public let labels: Grid<Int32>

    private let capacity: Int
    private let found: UnsafeMutableBufferPointer<aegis_component>
    private let keep: UnsafeMutableBufferPointer<UInt8>
    private let scratch: KernelMemory
    private var count = 0

    /// Reserves memory for one grid size.
    public init(width: Int, height: Int) {
        labels = Grid(width: width, height: height, repeating: 0)
        capacity = Int(aegis_components_capacity(Int32(width), Int32(height)))
        found = .allocate(capacity: capacity)
        found.initialize(repeating: aegis_component())
        keep = .allocate(capacity: capacity + 1)
        keep.initialize(repeating: 0)
        scratch = KernelMemory(
            byteCount: max(
                aegis_components_scratch_size(Int32(width), Int32(height)),
                aegis_dilate_scratch_size(Int32(width), Int32(height))
            )
        )
    }

    deinit {
        found.deallocate()
        keep.deallocate()
    }

    /// Labels the components of the cells above a threshold.
    ///
    /// - Returns: How many there are; ``component(at:)`` gives each, in raster order of their first cells.
    public mutating func find(in values: Grid<Float>, above threshold: Float) -> Int {
        labels.requireSameSize(as: values)
        count = Int(
            aegis_find_components(
                values.base,
                Int32(values.width),
                Int32(values.height),
                threshold,
                labels.base,
                found.baseAddress,
                scratch.base
            )
        )
        return count
    }

    /// A component of the last search.
    public func component(at index: Int) -> Component {
        precondition(index >= 0 && index < count, "no such component")
        let component = found[index]
        return Component(
            area: Int(component.area),
            x: Int(component.x0)..<Int(component.x1),
            y: Int(component.y0)..<Int(component.y1),
            mean: component.mean
        )
    }

    /// Copies values near the chosen components of the last search and clears the rest.
    ///
    /// - Parameters:
    ///   - values: The values to copy.
    ///   - radius: How many cells around a component stay too (0...4).
    ///   - result: May be `values` itself.
    ///   - isKept: Says for each component of the last search whether it stays.
    public mutating func keep(
        _ values: Grid<Float>,
        radius: Int,
        into result: Grid<Float>,
        where isKept: (Component) -> Bool
    ) {
        labels.requireSameSize(as: values)
        labels.requireSameSize(as: result)
        precondition((0...4).contains(radius), "the radius is 0 to 4")
        keep[0] = 0
        for index in 0..<count {
            keep[index + 1] = isKept(component(at: index)) ? 1 : 0
        }
        aegis_keep_components(
            values.base,
            Int32(values.width),
            Int32(values.height),
            labels.base,
            keep.baseAddress,
            Int32(radius),
            result.base,
            scratch.base
        )
    }
}
