internal import MediaCore

/// What is to be done with every frame of a measured file.
struct StabilizationTable: Sendable {
    /// What one shot is shown with.
    struct Shot: Sendable {
        /// How far it is zoomed in.
        var zoom: Double
        /// How its camera jerked, and will, as the root mean square of the path's second difference in picture heights.
        var jitter: (before: Double, after: Double)
        /// How many frames it has.
        var frameCount: Int
        /// Whether its frames are changed.
        var isCorrected: Bool
    }

    private let times: [MediaTime]
    private let corrections: [SimilarityTransform?]
    private let shotTable: ShotTimes
    /// One entry a shot.
    let shots: [Shot]
    /// Whether the file consists of fields, which cannot be warped.
    let isInterlaced: Bool

    /// The shot of a time.
    typealias ShotTimes = @Sendable (MediaTime) -> Int

    /// Puts a table together.
    ///
    /// - Parameters:
    ///   - times: of all measured frames, ascending.
    ///   - corrections: of the same frames; `nil` for those that stay as they are.
    ///   - shots: one entry a shot.
    ///   - shotOf: tells the shot of a time.
    init(
        times: [MediaTime],
        corrections: [SimilarityTransform?],
        shots: [Shot],
        isInterlaced: Bool,
        shotOf: @escaping ShotTimes
    ) {
        precondition(times.count == corrections.count)
        self.times = times
        self.corrections = corrections
        self.shots = shots
        self.isInterlaced = isInterlaced
        shotTable = shotOf
    }

    /// Whether any frame is changed.
    var changesAnything: Bool { shots.contains { $0.isCorrected } }

    /// The correction of the frame at a time and the zoom of its shot; `nil` when it stays as it is.
    ///
    /// A time that was not measured gets what lies between its neighbours of the same shot.
    func correction(at time: MediaTime?) -> (transform: SimilarityTransform, zoom: Double)? {
        guard let time else { return nil }
        let shot = shotTable(time)
        guard shots.indices.contains(shot), shots[shot].isCorrected else { return nil }
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] <= time { low = middle + 1 } else { high = middle }
        }
        let before = low - 1
        let isBeforeInShot = before >= 0 && shotTable(times[before]) == shot
        if isBeforeInShot, times[before] == time { return corrections[before].map { ($0, shots[shot].zoom) } }
        let isAfterInShot = low < times.count && shotTable(times[low]) == shot
        let transform: SimilarityTransform?
        switch (isBeforeInShot ? corrections[before] : nil, isAfterInShot ? corrections[low] : nil) {
        case (let first?, let second?):
            let whole = (times[low] - times[before]).seconds
            let part = (time - times[before]).seconds
            transform = .between(first, second, share: whole > 0 ? part / whole : 0)
        case (let only?, nil), (nil, let only?): transform = only
        case (nil, nil): transform = nil
        }
        return transform.map { ($0, shots[shot].zoom) }
    }
}
