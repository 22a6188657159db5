/// Decides which parts of the picture the network looks at, so that a small person gets all of its few pixels.
///
/// A pure state machine in pixels of the upright picture. At most two regions. They grow at once when somebody might be
/// cut off and shrink late, because every change of a region changes the mask a little. What is outside of all regions
/// is background, so a newcomer is hidden until a look at the whole picture, every tenth frame, finds them: the safe
/// side.
struct RegionTracker {
    /// Where the network looks in the next frame.
    private(set) var regions: UpToTwo<Region>
    /// Frames in a row in which a region could have been much smaller, by region.
    private var waiting = UpToTwo(0)
    /// Where people were in the last frame.
    private var previous = UpToTwo<Box>()
    /// Frames in a row in which the number of people was not the number of regions.
    private var differing = 0
    private var frameCount = 0
    /// How many checks in a row found somebody who turned out not to be there: each doubles the pause before the next.
    private var rejections = 0
    private var checksToSkip = 0
    /// Whether the last check made a region larger that has not been shrunk or confirmed yet.
    private var isExtended = false

    private let width: Int
    private let height: Int
    private let gridWidth: Int
    private let gridHeight: Int
    /// Boxes of one mask while they are merged.
    private var boxes: [Box] = []

    /// A look at the whole picture every so many frames.
    static let checkInterval = 10
    /// Frames for which people and regions may differ in number before the regions are planned anew.
    static let patience = 4
    /// Frames for which a region stays too large.
    static let shrinkDelay = 6
    /// Rounds in which the first frame's regions may settle.
    static let startRounds = 3
    /// Mask value from which a cell belongs to a person.
    static let threshold: Float = 0.6

    /// Makes a tracker that looks at the whole picture.
    ///
    /// - Parameters:
    ///   - width: of the upright picture in pixels.
    ///   - height: of the upright picture in pixels.
    ///   - gridWidth: of the mask, upright, in cells.
    ///   - gridHeight: of the mask, upright, in cells.
    init(width: Int, height: Int, gridWidth: Int, gridHeight: Int) {
        precondition(width > 0 && height > 0 && gridWidth > 0 && gridHeight > 0, "a picture is not empty")
        (self.width, self.height, self.gridWidth, self.gridHeight) = (width, height, gridWidth, gridHeight)
        regions = UpToTwo(Region(left: 0, top: 0, right: width, bottom: height))
        boxes.reserveCapacity(256)
    }

    /// The region that is the whole picture.
    var wholePicture: Region { Region(left: 0, top: 0, right: width, bottom: height) }
    /// Whether the network looks at the whole picture, so that nobody can be missed.
    var seesEverything: Bool { regions == UpToTwo(wholePicture) }

    /// Forgets everybody.
    mutating func reset() {
        self.regions = UpToTwo(wholePicture)
        waiting = UpToTwo(0)
        previous = UpToTwo()
        (differing, frameCount, rejections, checksToSkip, isExtended) = (0, 0, 0, 0, false)
    }

    // MARK: First frame

    /// Plans from the mask of a first frame, without hysteresis.
    ///
    /// - Parameter islands: those of the mask that `regions` gave.
    /// - Returns: whether the regions changed, so that another look is worth it.
    mutating func start(with islands: [Island]) -> Bool {
        let before = regions
        findPeople(in: islands)
        planAnew()
        return regions != before
    }

    // MARK: Every frame

    /// Plans the next frame's regions.
    ///
    /// - Parameter islands: those of this frame's cleaned mask, in cells.
    mutating func advance(with islands: [Island]) {
        frameCount += 1
        findPeople(in: islands)
        if boxes.isEmpty || boxes.count != regions.count {
            differing += 1
            if differing >= Self.patience {
                if isExtended && boxes.count < regions.count { rejectExtension() }
                planAnew()
                differing = 0
            } else if !boxes.isEmpty && !seesEverything {
                // Until then nobody may be cut off.
                for index in boxes.indices {
                    let box = boxes[index]
                    grow(bestOverlap(with: box), around: box, wanted: desired(box, after: nil))
                }
            }
        } else {
            differing = 0
            // Seen in a region of their own: no ghost.
            if boxes.count == 2 { isExtended = false }
            for index in 0..<regions.count { follow(index) }
        }
        remember()
    }

    /// Whether the whole picture should be looked at now, after ``advance(with:)``, for somebody who came in.
    mutating func takeCheck() -> Bool {
        guard !seesEverything, frameCount % Self.checkInterval == 0 else { return false }
        if checksToSkip > 0 {
            checksToSkip -= 1
            return false
        }
        return true
    }

    /// Takes in what a look at the whole picture found.
    ///
    /// - Parameter islands: those of the whole picture's mask, with their areas outside of the regions.
    mutating func admit(_ islands: [Island]) {
        let largest = Self.largestArea(islands)
        let cellCount = gridWidth * gridHeight
        for index in islands.indices {
            let island = islands[index]
            guard island.isKept(largest: largest, cellCount: cellCount),
                Double(island.outsideArea) > max(0.5 * Double(island.area), 0.008 * Double(cellCount))
            else { continue }
            checksToSkip = (1 << rejections) - 1
            isExtended = true
            differing = 0
            let wanted = desired(box(of: island), after: nil)
            if regions.count < 2 {
                regions.append(snapped(wanted))
                waiting.append(0)
            } else {
                regions = UpToTwo(snapped(wanted.union(Box(regions[0])).union(Box(regions[1]))))
                waiting = UpToTwo(0)
            }
        }
    }
}

// MARK: - Regions

extension RegionTracker {
    private mutating func planAnew() {
        var planned = UpToTwo<Region>()
        for index in boxes.indices { planned.append(snapped(desired(boxes[index], after: nil))) }
        if planned.isEmpty { planned.append(wholePicture) }
        regions = planned
        waiting = UpToTwo(0)
        if planned.count == 2 { waiting.append(0) }
        remember()
    }

    private mutating func remember() {
        previous = UpToTwo()
        for index in boxes.indices { previous.append(boxes[index]) }
    }

    /// Moves a region with the person in it.
    private mutating func follow(_ index: Int) {
        let region = Box(regions[index])
        var box = boxes[0]
        if boxes.count == 2, Self.offset(region, boxes[1]) < Self.offset(region, box) { box = boxes[1] }
        var last: Box?
        for index in 0..<previous.count
        where previous[index].difference(to: box) < (last?.difference(to: box) ?? .infinity) {
            last = previous[index]
        }
        let wanted = desired(box, after: last)
        grow(index, around: box, wanted: wanted)
        waiting[index] = wanted.area < 0.88 * Double(regions[index].area) ? waiting[index] + 1 : 0
        guard waiting[index] >= Self.shrinkDelay else { return }
        regions[index] = snapped(wanted)
        waiting[index] = 0
        if isExtended { rejectExtension() }
    }

    /// Takes the last newcomer for a mistake of the network: the whole picture looks to it as if somebody were there, a
    /// closer look does not.
    private mutating func rejectExtension() {
        isExtended = false
        rejections = min(rejections + 1, 5)
    }

    /// Enlarges a region at once when the person is about to leave it or would rather have more of the picture.
    private mutating func grow(_ index: Int, around box: Box, wanted: Box) {
        let region = Box(regions[index])
        let (near, slackX, slackY) = (0.03, 0.06 * box.width, 0.06 * box.height)
        let isNearEdge =
            region.left > 0 && box.left - region.left < near * box.width
            || region.top > 0 && box.top - region.top < near * box.height
            || region.right < Double(width) && region.right - box.right < near * box.width
            || region.bottom < Double(height) && region.bottom - box.bottom < near * box.height
        let wantsMore =
            wanted.left < region.left - slackX || wanted.top < region.top - slackY
            || wanted.right > region.right + slackX || wanted.bottom > region.bottom + slackY
        if isNearEdge || wantsMore { regions[index] = snapped(region.union(wanted)) }
    }

    private func bestOverlap(with box: Box) -> Int {
        guard regions.count == 2 else { return 0 }
        func overlap(_ index: Int) -> Double {
            let region = Box(regions[index])
            return max(0, min(region.right, box.right) - max(region.left, box.left))
                * max(0, min(region.bottom, box.bottom) - max(region.top, box.top))
        }
        return overlap(1) > overlap(0) ? 1 : 0
    }

    private static func offset(_ a: Box, _ b: Box) -> Double {
        abs(b.left + b.right - a.left - a.right) + abs(b.top + b.bottom - a.top - a.bottom)
    }

    private func snapped(_ box: Box) -> Region { Region(around: box, width: width, height: height) }
}

// MARK: - People

extension RegionTracker {
    /// Fills `boxes` with at most two boxes in pixels; people who stand close together share one.
    private mutating func findPeople(in islands: [Island]) {
        boxes.removeAll(keepingCapacity: true)
        let largest = Self.largestArea(islands)
        for index in islands.indices where islands[index].isKept(largest: largest, cellCount: gridWidth * gridHeight) {
            boxes.append(box(of: islands[index]))
        }
        while mergeOnePair() {}
        if boxes.count > 2 {
            for index in 1..<boxes.count { boxes[0] = boxes[0].union(boxes[index]) }
            boxes.removeSubrange(1...)
        }
    }

    private mutating func mergeOnePair() -> Bool {
        for first in boxes.indices {
            for second in boxes.indices where second > first && belongTogether(boxes[first], boxes[second]) {
                boxes[first] = boxes[first].union(boxes[second])
                boxes.remove(at: second)
                return true
            }
        }
        return false
    }

    private func belongTogether(_ a: Box, _ b: Box) -> Bool {
        let (first, second) = (desired(a, after: nil), desired(b, after: nil))
        let overlapX = min(first.right, second.right) - max(first.left, second.left)
        let overlapY = min(first.bottom, second.bottom) - max(first.top, second.top)
        return overlapY > 0 && overlapX > 0.25 * min(a.width, b.width)
    }

    private func box(of island: Island) -> Box {
        let (scaleX, scaleY) = (Double(width) / Double(gridWidth), Double(height) / Double(gridHeight))
        return Box(
            left: Double(island.bounds.left) * scaleX,
            top: Double(island.bounds.top) * scaleY,
            right: Double(island.bounds.right) * scaleX,
            bottom: Double(island.bounds.bottom) * scaleY
        )
    }

    private static func largestArea(_ islands: [Island]) -> Int {
        var largest = 0
        for index in islands.indices { largest = max(largest, islands[index].area) }
        return largest
    }

    /// What the network should look at for a person: a margin, more of it where they are heading, and a shape that the
    /// network knows.
    ///
    /// - Parameters:
    ///   - box: where the person is.
    ///   - last: where they were one frame before, if anywhere.
    private func desired(_ box: Box, after last: Box?) -> Box {
        let limit = 0.1 * Double(width)
        func speed(_ now: Double, _ before: Double) -> Double { max(-limit, min(limit, now - before)) }
        var result = box
        result.left -= 0.06 * box.width
        result.top -= 0.05 * box.height
        result.right += 0.06 * box.width
        result.bottom += 0.06 * box.height
        if let last {
            result.left -= 2 * max(0, -speed(box.left, last.left))
            result.top -= 2 * max(0, -speed(box.top, last.top))
            result.right += 2 * max(0, speed(box.right, last.right))
            result.bottom += 2 * max(0, speed(box.bottom, last.bottom))
        }
        let seenHeight = min(result.bottom, Double(height)) - max(result.top, 0)
        (result.left, result.right) = Self.widened(
            result.left,
            result.right,
            to: max(0.25 * Double(width), 0.45 * seenHeight * 16 / 9),
            within: Double(width)
        )
        (result.top, result.bottom) = Self.widened(
            result.top,
            result.bottom,
            to: max(0.25 * Double(height), 0.45 * result.width * 9 / 16),
            within: Double(height)
        )
        return result
    }

    /// Makes an interval at least `length` long and puts it inside `0...limit`: one that was widened is shifted, a longer
    /// one is cut.
    private static func widened(
        _ low: Double,
        _ high: Double,
        to length: Double,
        within limit: Double
    ) -> (Double, Double) {
        let length = min(length, limit)
        var (low, high) = (low, high)
        if high - low < length {
            let centre = (low + high) / 2
            (low, high) = (centre - length / 2, centre + length / 2)
        }
        let isMovable = high - low <= length + 1e-6
        if low < 0 { (low, high) = (0, isMovable ? min(limit, high - low) : high) }
        if high > limit { (low, high) = (isMovable ? max(0, low - (high - limit)) : low, limit) }
        return (max(low, 0), min(high, limit))
    }
}
