extension LivePolicy {
    /// What does not change about a station.
    struct Rules: Sendable, Equatable {
        var failure: FailurePolicy
        /// Whether what comes out has the format of what goes in.
        var keepsFormat: Bool
        var latencyFrames: Int

        /// Whether a raw frame may leave the station.
        var maySendRaw: Bool { failure == .open && keepsFormat }
    }

    /// Which picture an action is about.
    enum Picture: Sendable, Equatable {
        /// The frame that has waited longest.
        case waiting
        /// The frame in work, as it came in.
        case raw
        /// The next frame of the worker's answer.
        case answer
        /// The last processed picture, with the time of the frame that waited longest.
        case lastForWaiting
        /// The last processed picture, with the time of the frame in work.
        case lastForRaw
    }

    /// What is to be done.
    enum Action: Sendable, Equatable {
        /// Give the frame that has waited longest to the stage.
        case process(Int)
        /// Ask the stage for its safe substitute of the frame that has waited longest.
        case substitute(Int)
        /// Let the stage emit what it holds.
        case flush(Int)
        /// Send a picture to the next station; the end of the pipeline for the last one, with the frame's arrival.
        case forward(Int, Picture, MonotonicInstant)
        /// Keep the next frame of the answer as the last processed picture.
        case remember(Int)
        /// Release a picture.
        case drop(Int, Picture)
        /// Count a cause at a station.
        case count(Int, DropCause)
        /// Make a new instance on a new thread.
        case start(Int)
        /// End the instance's thread politely.
        case retire(Int)
        /// Leave the instance's thread to itself.
        case abandon(Int)
    }

    /// A frame as the policy sees it.
    struct Tag: Sendable, Equatable {
        let sequence: UInt64
        let arrival: MonotonicInstant
    }

    enum Availability: Sendable, Equatable {
        case starting
        case ready
        /// Out of service until a moment, or for good.
        case quarantined(until: MonotonicInstant?)
    }

    enum Work: Sendable, Equatable { case process, substitute, flush }

    struct Running: Sendable, Equatable {
        let tag: Tag
        let work: Work
        let start: MonotonicInstant
        /// Whether the frame was given up: the answer comes too late.
        var isGivenUp = false
    }

    struct Station: Sendable {
        let rules: Rules
        let latencyBefore: Int64
        var availability = Availability.starting
        var waiting: [Tag] = []
        var running: Running?
        /// Frames that a stage with look-ahead holds.
        var inside: [Tag] = []
        var hasLast = false
        var hasFlushed = false
        var newestLeft: UInt64 = 0
        /// A sliding mean of the time for one frame.
        var usualNanoseconds: Int64 = 0
        var failures = 0
        var successes = 0
        var restarts = 0
    }
}
