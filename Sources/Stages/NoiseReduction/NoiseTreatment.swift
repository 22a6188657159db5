/// How thoroughly noise of some level is removed.
struct NoiseTreatment: Sendable, Equatable {
    /// Frames on each side that take part.
    var radius: Int
    /// Distance of overlapping blocks: 4, or 2, which is better and slower.
    var step: Int
    /// Coefficients up to this many standard deviations are noise.
    var limit: Float
    /// Share of the removed part that is put back, so that faces do not look like plastic.
    var grain: Float

    /// The one that keeps up with a camera: three frames.
    static let live = NoiseTreatment(radius: 1, step: 2, limit: 2.5, grain: 0.1)
    /// Five frames.
    static let better = NoiseTreatment(radius: 2, step: 2, limit: 2.5, grain: 0.1)
    /// Seven frames.
    static let best = NoiseTreatment(radius: 3, step: 2, limit: 2.5, grain: 0.1)

    /// Noise below this, in code values of 8 bits, is not visible.
    static let visible: Float = 1.5
    /// Whoever asks for a level by name wants noise removed that `auto` leaves alone.
    static let measurable: Float = 0.8
}

/// The parameter `level`.
enum NoiseReductionLevel: String, CaseIterable, Sendable {
    /// By how noisy each shot is.
    case auto
    /// The noise gets weaker, hardly any detail is touched; the fastest.
    case light
    /// As fast as a camera.
    case medium
    /// The best there is; twice as slow.
    case strong

    /// How noise is removed.
    ///
    /// - Parameters:
    ///   - noise: how much there is.
    ///   - isMeasured: whether the whole file was measured; otherwise it may be a live stream, which has no time.
    /// - Returns: `nil` where the picture is clean enough to stay as it is.
    func treatment(of noise: PlaneNoise, isMeasured: Bool) -> NoiseTreatment? {
        guard noise.largest >= (self == .auto ? NoiseTreatment.visible : NoiseTreatment.measurable) else { return nil }
        guard self == .auto, isMeasured else { return unmeasured }
        return noise.luma < 3 ? .live : noise.luma < 8 ? .better : .best
    }

    /// How noise is removed where only its level differs.
    var unmeasured: NoiseTreatment {
        switch self {
        case .light: NoiseTreatment(radius: 1, step: 4, limit: 2.1, grain: 0.15)
        case .auto: .live
        case .medium: NoiseTreatment(radius: 1, step: 2, limit: 2.5, grain: 0)
        case .strong: NoiseTreatment(radius: 3, step: 2, limit: 2.5, grain: 0)
        }
    }
}
