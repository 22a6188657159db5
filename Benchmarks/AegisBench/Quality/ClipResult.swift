/// What was measured on one clip.
struct ClipResult: Sendable {
    /// The measures of one mask, mean and worst over the clip's frames.
    struct Scores: Sendable {
        private(set) var count = 0
        private(set) var overlap = 0.0
        private(set) var worstOverlap = 1.0
        /// The frame with the least overlap.
        private(set) var worstFrame = 0
        private(set) var boundaryAt2 = 0.0
        private(set) var worstBoundaryAt2 = 1.0
        private(set) var boundaryAtDiagonal = 0.0
        private(set) var worstBoundaryAtDiagonal = 1.0
        private(set) var alphaError = 0.0
        /// Share of the frame taken for people: mean and most.
        private(set) var share = 0.0
        private(set) var mostShare = 0.0
        /// The frame with the most.
        private(set) var mostShareFrame = 0

        /// Takes the measures of the next frame; means stay means.
        fileprivate mutating func add(
            overlap: Double,
            boundaryAt2: Double,
            boundaryAtDiagonal: Double,
            alphaError: Double,
            share: Double
        ) {
            if overlap < worstOverlap { (worstOverlap, worstFrame) = (overlap, count) }
            worstBoundaryAt2 = min(worstBoundaryAt2, boundaryAt2)
            worstBoundaryAtDiagonal = min(worstBoundaryAtDiagonal, boundaryAtDiagonal)
            if share > mostShare { (mostShare, mostShareFrame) = (share, count) }
            count += 1
            let weight = 1 / Double(count)
            self.overlap += (overlap - self.overlap) * weight
            self.boundaryAt2 += (boundaryAt2 - self.boundaryAt2) * weight
            self.boundaryAtDiagonal += (boundaryAtDiagonal - self.boundaryAtDiagonal) * weight
            self.alphaError += (alphaError - self.alphaError) * weight
            self.share += (share - self.share) * weight
        }
    }

    let clip: QualityClip
    /// The stage.
    private(set) var ours = Scores()
    /// The network as it comes.
    private(set) var raw = Scores()
    /// Frames in which the stage's mask overlaps the truth less than the network's own.
    private(set) var framesBelowRaw = 0
    /// Restlessness of the stage's alpha, and of the network's own.
    private(set) var stillness = (ours: StillnessMeter(), raw: StillnessMeter())
    private(set) var lag = LagMeter()

    init(_ clip: QualityClip) { self.clip = clip }

    /// The wider tolerance of the boundary score: 0.8 % of the diagonal.
    var diagonalTolerance: Double {
        0.008 * Double(clip.width * clip.width + clip.height * clip.height).squareRoot()
    }

    /// Takes the next frame.
    ///
    /// - Returns: whether it is the worst one so far.
    mutating func add(ours found: AlphaPlane, raw rawAlpha: AlphaPlane, truth: AlphaPlane) -> Bool {
        let wanted = truth.mask
        let boundary = Boundary(of: wanted)
        let oursOverlap = measure(found, wanted, boundary, truth, into: \.ours)
        let rawOverlap = measure(rawAlpha, wanted, boundary, truth, into: \.raw)
        if oursOverlap < rawOverlap - 1e-6 { framesBelowRaw += 1 }
        switch clip.action {
        case .still:
            stillness.ours.add(found)
            stillness.raw.add(rawAlpha)
        case .nobody: break
        default: lag.add(found: found, truth: truth)
        }
        return (clip.action == .nobody ? ours.mostShareFrame : ours.worstFrame) == ours.count - 1
    }

    private mutating func measure(
        _ alpha: AlphaPlane,
        _ wanted: Mask,
        _ wantedBoundary: Boundary,
        _ truth: AlphaPlane,
        into scores: WritableKeyPath<ClipResult, Scores>
    ) -> Double {
        let mask = alpha.mask
        let boundary = Boundary(of: mask)
        let overlap = mask.intersectionOverUnion(wanted)
        self[keyPath: scores].add(
            overlap: overlap,
            boundaryAt2: boundary.score(against: wantedBoundary, tolerance: 2),
            boundaryAtDiagonal: boundary.score(against: wantedBoundary, tolerance: diagonalTolerance),
            alphaError: alpha.meanError(to: truth),
            share: mask.share
        )
        return overlap
    }
}
