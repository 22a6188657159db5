public import Pipeline

/// What a job did, in the shape that `--report` writes and the HTTP API shows.
public struct RenderReport: Sendable, Codable, Equatable {
    /// The input.
    public var input: MediaDescription
    /// The result.
    public var output: MediaDescription
    /// What each stage did, in order.
    public var stages: [Stage]
    /// FFmpeg's name of the encoder; absent when every stream was copied.
    public var encoder: String?
    /// Frames in the result; absent when every stream was copied.
    public var frames: Int?
    /// Seconds from the start of the job to the finished file.
    public var seconds: Double
    /// Frames a second over the whole job.
    public var fps: Double?
    /// Seconds of media a second.
    public var speed: Double?
    /// Segments that were rendered side by side.
    public var segments: Int?
    /// What the user should know.
    public var warnings: [String]

    /// What one stage did.
    public struct Stage: Sendable, Codable, Equatable {
        /// Its name.
        public var stage: String
        /// The parameters in use.
        public var parameters: [String: ParameterValue]
        /// Frames that went through, pre-roll included; absent for a stage that works on sound only.
        public var frames: Int?
        /// Half of the frames took at most this long, in milliseconds.
        public var millisecondsP50: Double?
        /// 99 % of the frames took at most this long, in milliseconds.
        public var millisecondsP99: Double?
        /// Time spent in it over all threads, in seconds; for sound, that of all work on the file's sound.
        public var seconds: Double
        /// What was measured, each with its unit.
        public var metrics: [Metric]
        /// Whether the stage's work is in the result.
        public var kept: Kept
        /// Why it was kept or rolled back, in one sentence; absent when the metrics say it all.
        public var explanation: String?
    }

    /// A measured number.
    public struct Metric: Sendable, Codable, Equatable {
        /// What was measured.
        public var name: String
        /// Without the stage; absent where only the result was measured.
        public var before: Double?
        /// With it: measured on samples of the file, or the mean over the frames that were measured.
        public var after: Double
        /// Its unit.
        public var unit: String
    }

    /// Whether a stage's work is in the result, and whether that can be judged.
    public enum Kept: Sendable, Codable, Equatable {
        /// A guard showed that it got better.
        case yes
        /// A guard showed that it got worse; it was rolled back.
        case rolledBack
        /// It is in the result; whether it is better is a matter of taste, not of measurement.
        case unverifiable

        /// Writes `true`, `false` or `"unverifiable"`.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .yes: try container.encode(true)
            case .rolledBack: try container.encode(false)
            case .unverifiable: try container.encode("unverifiable")
            }
        }

        /// Reads `true`, `false` or `"unverifiable"`.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = flag ? .yes : .rolledBack
            } else {
                self = .unverifiable
            }
        }
    }
}

/// How far a job is.
public struct RenderProgress: Sendable, Equatable {
    /// The phases of a job, in order.
    public enum Phase: String, Sendable {
        /// Looking at the input.
        case analyse
        /// Rendering segments.
        case render
        /// Writing the result.
        case join
    }

    /// The phase.
    public var phase: Phase
    /// Share of the whole job, 0–100.
    public var percent: Double
    /// Frames rendered a second since rendering began; 0 before.
    public var fps: Double
    /// Seconds of media a second; 0 before rendering.
    public var speed: Double
    /// Seconds until the end; `nil` before there is anything to judge by.
    public var etaSeconds: Double?

    /// Describes a state.
    public init(phase: Phase, percent: Double, fps: Double, speed: Double, etaSeconds: Double?) {
        self.phase = phase
        self.percent = percent
        self.fps = fps
        self.speed = speed
        self.etaSeconds = etaSeconds
    }
}
