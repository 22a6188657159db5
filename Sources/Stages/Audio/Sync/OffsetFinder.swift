/// Finds by how much sound is late against the picture, from where both have something that begins. Pure.
public enum OffsetFinder {
    /// What was found.
    public struct Offset: Sendable, Equatable {
        /// How late the sound is, in seconds; negative when it is early.
        public let seconds: Double
        /// The best agreement in relation to the second best.
        public let clarity: Double
        /// How many things that begin in both agree.
        public let eventCount: Int
    }

    /// The farthest that is looked, in steps of 10 ms.
    private static let reach = 100
    /// Two peaks nearer than this are one.
    private static let apart = 10
    /// How much better the best place must be than the second best.
    public static let leastClarity = 1.3
    private static let leastEvents = 3

    /// Compares both.
    ///
    /// - Returns: `nil` when nothing can be said for sure: too few events, or another offset fits nearly as well.
    public static func offset(sound: OnsetEnvelope, picture: OnsetEnvelope) -> Offset? {
        let events = picture.strengths.indices.filter { picture.strengths[$0] > 0 }
        guard events.count >= leastEvents else { return nil }
        var agreement = [Float](repeating: 0, count: 2 * reach + 1)
        for event in events {
            let step = picture.firstStep + event, strength = picture.strengths[event]
            for lag in -reach...reach {
                // Frames are longer than a step: what begins may be seen up to one frame late.
                let heard = max(sound[step + lag], 0.5 * max(sound[step + lag - 1], sound[step + lag + 1]))
                agreement[lag + reach] += strength * heard
            }
        }
        guard let best = agreement.indices.max(by: { agreement[$0] < agreement[$1] }), agreement[best] > 0 else {
            return nil
        }
        let second = agreement.indices.filter { abs($0 - best) > apart }.map { agreement[$0] }.max() ?? 0
        let clarity = second > 0 ? Double(agreement[best] / second) : 100
        let lag = best - reach
        let agreeing = events.count { event in
            (-2...2).contains { sound[picture.firstStep + event + lag + $0] > 0 }
        }
        // An offset at the end of the range may be the beginning of a larger one.
        guard clarity >= leastClarity, agreeing >= leastEvents, 2 * agreeing >= events.count, abs(lag) < reach else {
            return nil
        }
        return Offset(
            seconds: (Double(lag) + fraction(agreement, best)) / Double(AudioOnsets.rate),
            clarity: min(100, clarity),
            eventCount: agreeing
        )
    }

    /// The place of the peak between steps: the centre of the three around it.
    private static func fraction(_ values: [Float], _ peak: Int) -> Double {
        guard peak > 0, peak + 1 < values.count else { return 0 }
        let (a, b, c) = (Double(values[peak - 1]), Double(values[peak]), Double(values[peak + 1]))
        return a + b + c > 0 ? (c - a) / (a + b + c) : 0
    }
}
