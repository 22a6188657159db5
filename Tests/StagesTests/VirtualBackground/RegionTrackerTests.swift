import Testing

@testable import Stages

/// A picture of 1280×720 under a grid of 160×90 on which people are rectangles of cells.
private struct Stand {
    var tracker = RegionTracker(width: 1280, height: 720, gridWidth: 160, gridHeight: 90)

    /// The islands that a network would find: the rectangles, or what of them lies in the regions.
    func islands(_ people: [Region], onlyVisible: Bool) -> [Island] {
        var cells = [Bool](repeating: false, count: 160 * 90)
        for person in people {
            for y in person.top..<person.bottom {
                for x in person.left..<person.right where !onlyVisible || isVisible(x, y) { cells[y * 160 + x] = true }
            }
        }
        var islands: [Island] = []
        for start in cells.indices where cells[start] {
            var island = Island(area: 0, mean: 1, bounds: Region(left: 160, top: 90, right: 0, bottom: 0))
            var pending = [start]
            cells[start] = false
            while let cell = pending.popLast() {
                let (x, y) = (cell % 160, cell / 160)
                island.area += 1
                if !isVisible(x, y) { island.outsideArea += 1 }
                island.bounds = Region(
                    left: min(island.bounds.left, x),
                    top: min(island.bounds.top, y),
                    right: max(island.bounds.right, x + 1),
                    bottom: max(island.bounds.bottom, y + 1)
                )
                for (nextX, nextY) in [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]
                where (0..<160).contains(nextX) && (0..<90).contains(nextY) && cells[nextY * 160 + nextX] {
                    cells[nextY * 160 + nextX] = false
                    pending.append(nextY * 160 + nextX)
                }
            }
            islands.append(island)
        }
        return islands
    }

    private func isVisible(_ x: Int, _ y: Int) -> Bool {
        regions.contains { x >= $0.left / 8 && x < $0.right / 8 && y >= $0.top / 8 && y < $0.bottom / 8 }
    }

    var regions: [Region] { (0..<tracker.regions.count).map { tracker.regions[$0] } }

    /// Gives the number of looks.
    mutating func start(_ people: [Region]) -> Int {
        for round in 0..<RegionTracker.startRounds
        where !tracker.start(with: islands(people, onlyVisible: true)) {
            return round + 1
        }
        return RegionTracker.startRounds + 1
    }

    mutating func advance(_ people: [Region]) {
        tracker.advance(with: islands(people, onlyVisible: true))
        if tracker.takeCheck() { tracker.admit(islands(people, onlyVisible: false)) }
    }
}

private func region(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int) -> Region {
    Region(left: left, top: top, right: right, bottom: bottom)
}

private let whole = region(0, 0, 1280, 720)

@Suite struct RegionTrackerTests {
    @Test func looksAtTheWholePictureAtFirst() {
        let stand = Stand()
        #expect(stand.regions == [whole])
        #expect(stand.tracker.seesEverything)
    }

    /// Somebody walks to the right and back; another comes at frame 22 and leaves after 60; the first is lost for three
    /// frames at 70 and for eight at 76. The regions are those of the numpy reference.
    @Test func followsTheReference() {
        var stand = Stand()
        let expected: [(frame: Int, regions: [Region])] = [
            (0, [region(176, 216, 584, 720)]), (3, [region(176, 216, 624, 720)]), (5, [region(176, 216, 648, 720)]),
            (7, [region(176, 216, 672, 720)]), (9, [region(176, 216, 696, 720)]), (10, [region(288, 216, 696, 720)]),
            (11, [region(288, 216, 720, 720)]), (13, [region(288, 216, 744, 720)]), (15, [region(288, 216, 768, 720)]),
            (17, [region(288, 216, 792, 720)]), (19, [region(288, 216, 816, 720)]), (20, [region(408, 216, 816, 720)]),
            (21, [region(408, 216, 840, 720)]), (23, [region(408, 216, 864, 720)]), (25, [region(408, 216, 888, 720)]),
            (27, [region(408, 216, 912, 720)]), (29, [region(408, 216, 936, 720)]),
            (30, [region(528, 216, 936, 720), region(960, 384, 1280, 720)]),
            (31, [region(528, 216, 960, 720), region(960, 384, 1280, 720)]),
            (33, [region(528, 216, 984, 720), region(960, 384, 1280, 720)]),
            (35, [region(528, 216, 1008, 720), region(960, 384, 1280, 720)]),
            (37, [region(528, 216, 1276, 720), region(960, 384, 1280, 720)]), (40, [region(668, 216, 1276, 720)]),
            (46, [region(628, 216, 1276, 720)]), (48, [region(600, 216, 1276, 720)]),
            (51, [region(576, 216, 984, 720), region(960, 384, 1280, 720)]),
            (53, [region(552, 216, 984, 720), region(960, 384, 1280, 720)]),
            (56, [region(528, 216, 984, 720), region(960, 384, 1280, 720)]),
            (59, [region(504, 216, 984, 720), region(960, 384, 1280, 720)]),
            (63, [region(480, 216, 984, 720), region(960, 384, 1280, 720)]), (64, [region(472, 216, 880, 720)]),
            (66, [region(448, 216, 880, 720)]), (69, [region(424, 216, 880, 720)]), (74, [region(392, 216, 880, 720)]),
            (76, [region(368, 216, 880, 720)]), (80, [whole]),
        ]
        func people(_ frame: Int) -> [Region] {
            let left = frame < 40 ? 30 + 3 * frame / 2 : 90 - (frame - 40)
            if (70..<73).contains(frame) || (76..<84).contains(frame) { return [] }
            let walker = region(left, 30, left + 35, 90)
            return (22..<60).contains(frame) ? [walker, region(130, 50, 155, 90)] : [walker]
        }
        let lookCount = stand.start(people(0))
        #expect(lookCount == 2)
        var next = 0
        for frame in 0..<90 {
            if next < expected.count, expected[next].frame == frame { next += 1 }
            #expect(stand.regions == expected[next - 1].regions, "frame \(frame)")
            stand.advance(people(frame))
        }
    }

    @Test func givesTwoPeopleFarApartTwoRegions() {
        var stand = Stand()
        _ = stand.start([region(10, 40, 30, 90), region(125, 40, 145, 90)])
        #expect(stand.regions.count == 2)
    }

    @Test func givesPeopleCloseTogetherOneRegion() {
        var stand = Stand()
        _ = stand.start([region(50, 40, 75, 90), region(78, 40, 103, 90)])
        #expect(stand.regions.count == 1)
        #expect(stand.regions[0].left <= 400 && stand.regions[0].right >= 824)
    }

    @Test func unitesMoreThanTwo() {
        var stand = Stand()
        _ = stand.start([region(2, 50, 14, 90), region(70, 50, 82, 90), region(145, 50, 157, 90)])
        #expect(stand.regions.count == 1)
        #expect(stand.regions[0].left <= 16 && stand.regions[0].right >= 1256)
    }

    @Test func ignoresWhatIsTooSmallOrUncertain() {
        var stand = Stand()
        var uncertain = Island(area: 400, mean: 0.65, bounds: region(20, 20, 40, 40))
        let isUncertainSeen = stand.tracker.start(with: [uncertain])
        uncertain.mean = 0.75
        let isCertainSeen = stand.tracker.start(with: [uncertain])
        stand.tracker.reset()
        let isSmallSeen = stand.tracker.start(with: [Island(area: 50, mean: 1, bounds: region(20, 20, 30, 25))])
        #expect(!isUncertainSeen && isCertainSeen && !isSmallSeen)
    }

    @Test func doublesThePauseAfterEachFalseNewcomer() {
        var stand = Stand()
        let person = region(60, 40, 90, 90)
        _ = stand.start([person])
        // The whole picture shows somebody whom a closer look does not find.
        let ghost = Island(area: 500, mean: 1, bounds: region(5, 50, 25, 75), outsideArea: 500)
        let real = [Island(area: 1500, mean: 1, bounds: person)]
        var checks: [Int] = []
        for frame in 1...400 {
            stand.tracker.advance(with: real)
            if stand.tracker.takeCheck() {
                checks.append(frame)
                stand.tracker.admit(real + [ghost])
            }
        }
        #expect(checks.prefix(5) == [10, 20, 40, 80, 160])
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 500), (175, 143), (7680, 4320)])
    func staysInsideAnyPicture(width: Int, height: Int) {
        var tracker = RegionTracker(
            width: width,
            height: height,
            gridWidth: max(1, width / 4),
            gridHeight: max(1, height / 4)
        )
        let cells = region(0, 0, max(1, width / 4), max(1, height / 4))
        for round in 0..<40 {
            let people = round % 7 < 4 ? [Island(area: cells.area, mean: 1, bounds: cells)] : []
            _ = tracker.start(with: people)
            tracker.advance(with: people)
            for index in 0..<tracker.regions.count {
                let region = tracker.regions[index]
                #expect(region.left >= 0 && region.top >= 0 && region.right <= width && region.bottom <= height)
                #expect(region.width > 0 && region.height > 0)
            }
        }
    }
}
