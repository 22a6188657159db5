/// Gives the packets of joined segments their decoding times.
///
/// Pure logic. Encoders give every segment a DTS of its own, which is not monotonic where segments meet. Here the DTS of
/// the n-th packet in decoding order is the n-th presentation time, moved back by a fixed delay of D pictures: then
/// `dts <= pts` holds for each packet because no picture is reordered by more than D.
public struct DecodeOrder: Sendable, Equatable {
    /// The reorder delay in pictures.
    public let delay: Int
    /// Presentation times in order.
    private let sorted: [Int64]
    /// What a picture before the first one lasts.
    private let leadIn: Int64
    /// What the last picture lasts.
    private let lastDuration: Int64

    /// Looks at all packets.
    ///
    /// - Parameters:
    ///   - presentationTicks: presentation times in decoding order; every one occurs once.
    ///   - lastDuration: duration of the last picture in ticks; 0 when unknown, then the one before it counts.
    public init(presentationTicks: [Int64], lastDuration: Int64) {
        let order = presentationTicks.indices.sorted { presentationTicks[$0] < presentationTicks[$1] }
        sorted = order.map { presentationTicks[$0] }
        delay = order.enumerated().reduce(0) { max($0, $1.element - $1.offset) }
        let steps = sorted.count > 1
        leadIn = max(1, steps ? sorted[1] - sorted[0] : lastDuration)
        self.lastDuration =
            lastDuration > 0 ? lastDuration : steps ? sorted[sorted.count - 1] - sorted[sorted.count - 2] : 0
    }

    /// The decoding time of the n-th packet in decoding order.
    public func decodingTicks(at position: Int) -> Int64 {
        let source = position - delay
        return source >= 0 ? sorted[source] : sorted[0] + Int64(source) * leadIn
    }

    /// How long the picture with this presentation time is shown: until the next one.
    public func duration(ofPictureAt ticks: Int64) -> Int64 {
        let next = sorted.partitioningIndex { $0 > ticks }
        return next < sorted.count ? sorted[next] - ticks : lastDuration
    }
}
