internal import Kernels
internal import MediaCore
internal import Inference
internal import OpenVINOKit

/// Finds people in each frame and keeps their mask steady over time, on the grid.
///
/// Confined to one thread; allocates nothing after it was made.
final class PersonFinder {
    /// The last frame at the size of the grid.
    let guide: Guide
    /// The mask of people in the last frame, 0...1: steady, without islands.
    let mask: Grid<Float>
    /// The network's own mask of the last frame, 0...1.
    let networkMask: Grid<Float>
    /// How far each cell followed the network in the last frame, 0...1.
    var adaption: Grid<Float> { temporal.adaption }
    /// Whether no frame was taken in since the start, a reset or a failure on a first frame.
    var isReset: Bool { temporal.isReset }
    /// Where the network looks in the next frame, in pixels of the upright picture.
    var regions: UpToTwo<Region> { tracker.regions }

    private let geometry: FrameGeometry
    private let request: any InferenceRequest
    /// One for each region, and one for looks at the whole picture.
    private let readers: (RegionReader, RegionReader, RegionReader)
    private var tracker: RegionTracker
    /// Where the network looked in the last frame.
    private var lookedAt: UpToTwo<Region>
    private var temporal: TemporalFilter
    private var components: ComponentFinder
    /// The guide of the last frame whose people are known.
    let lastGuide: GridImage<UInt8>
    /// What regions are planned from, and looks at the whole picture.
    private let map: Grid<Float>
    private var islands: [Island] = []

    /// Mean difference of luma, of 255, from which a frame starts a new shot.
    static let cutThreshold: Float = 22
    /// Mask value from which cells are connected.
    private static let connectedThreshold: Float = 0.35

    init(
        _ format: VideoFormat,
        layout: FrameLayout,
        geometry: FrameGeometry,
        shape: MaskShape,
        request: any InferenceRequest
    ) {
        self.geometry = geometry
        self.request = request
        let (width, height) = (geometry.gridWidth, geometry.gridHeight)
        guide = Guide(layout: layout, geometry: geometry)
        mask = Grid(width: width, height: height, repeating: 0)
        networkMask = Grid(width: width, height: height, repeating: 0)
        map = Grid(width: width, height: height, repeating: 0)
        lastGuide = GridImage(width: width, height: height, hasChroma: layout.planeCount > 1, repeating: 0)
        func reader() -> RegionReader { RegionReader(format, layout: layout, geometry: geometry, shape: shape) }
        readers = (reader(), reader(), reader())
        tracker = RegionTracker(
            width: geometry.frameTurn.uprightWidth,
            height: geometry.frameTurn.uprightHeight,
            gridWidth: geometry.gridTurn.uprightWidth,
            gridHeight: geometry.gridTurn.uprightHeight
        )
        lookedAt = tracker.regions
        // Where somebody moved away, the mask fades by this much a frame. The specification's 0.12 leaves up to a fifth more
        // of the room in view behind fast people; still scenes are calm with both: alpha changes by less than 0.0001.
        var steadiness = TemporalFilter.Parameters()
        steadiness.minimum = 0.2
        temporal = TemporalFilter(
            width: width,
            height: height,
            hasChroma: layout.planeCount > 1,
            parameters: steadiness
        )
        components = ComponentFinder(width: width, height: height)
        islands.reserveCapacity(256)
    }

    /// Forgets everybody.
    func reset() {
        temporal.reset()
        tracker.reset()
    }

    /// Finds people in the next frame.
    ///
    /// - Returns: whether the frame starts anew: the first one, or one that shows something else than the last.
    /// - Throws: the backend's own error.
    func update(_ input: FramePlanes) throws -> Bool {
        guide.update(input)
        if !isReset && differsFromLast { reset() }
        let isFirst = isReset
        remember()
        let seen = lookedAt
        if isFirst { try start(input) } else { try look(input) }
        temporal.update(guide: guide.guide, current: networkMask)
        if !isFirst && lookedAt != seen { believeWhatIsNew(besides: seen) }
        clean(temporal.mask, into: mask)
        try plan(input)
        return isFirst
    }

    /// Whether the guide shows something else than the last frame that was taken in.
    var differsFromLast: Bool {
        PixelKernels.meanAbsoluteDifference(guide.guide.y, lastGuide.y) > Self.cutThreshold
    }

    private func remember() {
        Self.copy(guide.guide.y, to: lastGuide.y)
        if let u = guide.guide.u, let v = guide.guide.v, let lastU = lastGuide.u, let lastV = lastGuide.v {
            Self.copy(u, to: lastU)
            Self.copy(v, to: lastV)
        }
    }

    private static func copy(_ source: Grid<UInt8>, to target: Grid<UInt8>) {
        _ = target.samples.update(fromContentsOf: source.samples)
    }

    // MARK: The network

    /// Looks at a first frame: the whole picture, then closer until the regions settle.
    private func start(_ input: FramePlanes) throws {
        tracker.reset()
        try look(input)
        for _ in 0..<RegionTracker.startRounds {
            findIslands(in: networkMask)
            guard tracker.start(with: islands) else { break }
            try look(input)
        }
    }

    private func look(_ input: FramePlanes) throws {
        networkMask.samples.update(repeating: 0)
        lookedAt = tracker.regions
        try readers.0.look(at: lookedAt[0], of: input, with: request, into: networkMask)
        if lookedAt.count == 2 { try readers.1.look(at: lookedAt[1], of: input, with: request, into: networkMask) }
    }

    /// Takes over what the network says about cells that it did not see in the frame before, at once: what the filter
    /// over time remembers about them is no mask but that nobody looked.
    private func believeWhatIsNew(besides seen: UpToTwo<Region>) {
        let (before, beforeToo) = (cells(of: seen[0]), cells(of: seen[seen.count - 1]))
        let (mask, adaption, network) = (temporal.mask.samples, temporal.adaption.samples, networkMask.samples)
        for index in 0..<lookedAt.count {
            let area = cells(of: lookedAt[index])
            for y in area.top..<area.bottom {
                for x in area.left..<area.right where !before.contains(x, y) && !beforeToo.contains(x, y) {
                    let cell = y * geometry.gridWidth + x
                    mask[cell] = network[cell]
                    adaption[cell] = 1
                }
            }
        }
    }

    private func plan(_ input: FramePlanes) throws {
        // Where the network changed its mind, what it says now: regions must not wait for the steady mask. A larger
        // threshold would lose people while their mask rises from it to the 0.7 that an island needs.
        PixelKernels.pickChanged(current: networkMask, mask: temporal.mask, threshold: 0.3, into: map)
        clean(map, into: map)
        findIslands(in: map)
        tracker.advance(with: islands)
        guard tracker.takeCheck() else { return }
        map.samples.update(repeating: 0)
        try readers.2.look(at: tracker.wholePicture, of: input, with: request, into: map)
        findIslands(in: map, countingOutside: true)
        tracker.admit(islands)
    }

    // MARK: Islands

    /// Copies a mask without what is too small or too uncertain to be a person.
    private func clean(_ values: Grid<Float>, into result: Grid<Float>) {
        let count = components.find(in: values, above: Self.connectedThreshold)
        var largest = 0
        for index in 0..<count { largest = max(largest, components.component(at: index).area) }
        let cellCount = values.count
        // Two cells around each island: its soft rim.
        components.keep(values, radius: 2, into: result) { component in
            Island(component, Turn(.upright, width: 0, height: 0)).isKept(largest: largest, cellCount: cellCount)
        }
    }

    /// Fills `islands` with those that are large enough to count, as seen upright.
    private func findIslands(in values: Grid<Float>, countingOutside: Bool = false) {
        islands.removeAll(keepingCapacity: true)
        let count = components.find(in: values, above: RegionTracker.threshold)
        for index in 0..<count {
            let component = components.component(at: index)
            // At most 250 can be this large.
            guard Double(component.area) >= Island.leastShare * Double(values.count) else { continue }
            var island = Island(component, geometry.gridTurn)
            if countingOutside { island.outsideArea = outsideArea(of: component, label: Int32(index + 1)) }
            islands.append(island)
        }
    }

    /// Cells of a component of the last search that no region covers.
    private func outsideArea(of component: ComponentFinder.Component, label: Int32) -> Int {
        let regions = tracker.regions
        let (first, second) = (cells(of: regions[0]), cells(of: regions[regions.count - 1]))
        let labels = components.labels.samples
        var area = 0
        for y in component.y {
            for x in component.x where labels[y * geometry.gridWidth + x] == label {
                if !first.contains(x, y) && !second.contains(x, y) { area += 1 }
            }
        }
        return area
    }

    private func cells(of region: Region) -> Region {
        let coded = geometry.frameTurn.coded(region)
        return Region(
            left: coded.left * geometry.gridWidth / geometry.width,
            top: coded.top * geometry.gridHeight / geometry.height,
            right: coded.right * geometry.gridWidth / geometry.width,
            bottom: coded.bottom * geometry.gridHeight / geometry.height
        )
    }
}

extension Island {
    /// An island as seen upright.
    fileprivate init(_ component: ComponentFinder.Component, _ turn: Turn) {
        let coded = Region(
            left: component.x.lowerBound,
            top: component.y.lowerBound,
            right: component.x.upperBound,
            bottom: component.y.upperBound
        )
        self.init(area: component.area, mean: component.mean, bounds: turn.upright(coded))
    }
}
