/// The times and numbers by which the live policy decides.
public struct LiveLimits: Sendable, Equatable {
    /// How long a frame may take from its arrival to the end of the pipeline, look-ahead of stages not counted.
    public var budget: Duration
    /// The time from one frame to the next; a stage that holds back a frame holds it this long.
    public var frameInterval: Duration
    /// How many frames may wait at the entrance; when one more comes, the oldest is dropped.
    public var entranceFrames: Int
    /// How many frames are kept while the old stages drain during a hot swap.
    public var framesKeptWhileSwapping: Int
    /// How long a stage may work on one frame before its thread is abandoned.
    public var hangTimeout: Duration
    /// How long a failed stage stays out of service the first time; doubles each time, up to `longestBackOff`.
    public var firstBackOff: Duration
    /// The longest time out of service before another attempt.
    public var longestBackOff: Duration
    /// How many new instances a failing stage gets in a row before it stays out of service for good.
    public var maximumRestarts: Int
    /// How many frames in a row may fail before the instance is replaced.
    public var failuresBeforeRestart: Int

    /// Makes limits.
    public init(
        budget: Duration,
        frameInterval: Duration,
        entranceFrames: Int = 1,
        framesKeptWhileSwapping: Int = 8,
        hangTimeout: Duration = .seconds(2),
        firstBackOff: Duration = .seconds(1),
        longestBackOff: Duration = .seconds(30),
        maximumRestarts: Int = 5,
        failuresBeforeRestart: Int = 8
    ) {
        self.budget = budget
        self.frameInterval = frameInterval
        self.entranceFrames = entranceFrames
        self.framesKeptWhileSwapping = framesKeptWhileSwapping
        self.hangTimeout = hangTimeout
        self.firstBackOff = firstBackOff
        self.longestBackOff = longestBackOff
        self.maximumRestarts = maximumRestarts
        self.failuresBeforeRestart = failuresBeforeRestart
    }
}
