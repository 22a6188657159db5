/// What is measured of one frame: how the picture moved since the frame before it.
public struct FrameMotion: Codable, Sendable, Hashable {
    /// Where the points of the earlier frame are in this one.
    public var motion: SimilarityTransform
    /// The share of the textured parts of the picture that moved like that, 0...1; 0 when nothing could be measured.
    public var confidence: Double
    /// Whether the frame consists of two fields, which move at different moments.
    public var isInterlaced: Bool

    /// Notes a measurement.
    public init(motion: SimilarityTransform, confidence: Double, isInterlaced: Bool = false) {
        self.motion = motion
        self.confidence = confidence
        self.isInterlaced = isInterlaced
    }

    /// Nothing is known: the first frame, a flat one, or one that has nothing in common with the frame before it.
    public static let unknown = FrameMotion(motion: .identity, confidence: 0)

    /// Below this share of agreement the motion is somebody's in the picture, not the camera's.
    static let leastConfidence = 0.3

    /// Whether the motion can be taken for the camera's.
    var isReliable: Bool { confidence >= Self.leastConfidence }

    private enum CodingKeys: String, CodingKey {
        case motion = "m"
        case confidence = "c"
        case isInterlaced = "i"
    }
}
