public import MediaCore

/// A typed finding about one frame or about the stream.
public struct StageResult: Sendable, Equatable {
    /// The stage that found it.
    public let stage: String
    /// The time of the frame it is about; `nil` for the stream as a whole.
    public let time: MediaTime?
    /// What was found.
    public let finding: Finding

    /// Makes a result.
    public init(stage: String, time: MediaTime?, finding: Finding) {
        self.stage = stage
        self.time = time
        self.finding = finding
    }

    /// What a stage may find.
    public enum Finding: Sendable, Equatable {
        /// Objects with their boxes.
        case detections([Detection])
        /// A class and its score for the whole frame.
        case verdict(label: String, score: Double)
        /// A measured number.
        case metric(name: String, value: Double, unit: String)
        /// The first frame of a new shot.
        case cut
    }
}

/// An object in a picture.
public struct Detection: Sendable, Equatable {
    /// What it is.
    public let label: String
    /// How sure the network is, 0–1.
    public let score: Double
    /// Left edge as a share of the width.
    public let x: Double
    /// Top edge as a share of the height.
    public let y: Double
    /// Width as a share of the width.
    public let width: Double
    /// Height as a share of the height.
    public let height: Double
    /// The same object keeps its number from frame to frame; `nil` without tracking.
    public let track: Int?

    /// Makes a detection.
    public init(label: String, score: Double, x: Double, y: Double, width: Double, height: Double, track: Int?) {
        self.label = label
        self.score = score
        self.x = x
        self.y = y
        self.width = width
        self.height = height
        self.track = track
    }
}
