import Testing

@testable import Rendering

@Suite struct DecodeOrderTests {
    @Test(
        arguments: [
            ([0], 0), ([0, 1, 2, 3], 0), ([0, 3, 1, 2], 1), ([0, 4, 2, 1, 3], 2), ([0, 2, 1, 4, 3, 6, 5], 1),
        ] as [([Int64], Int)]
    )
    func delayIsTheDeepestReordering(order: [Int64], expected: Int) {
        #expect(DecodeOrder(presentationTicks: order, lastDuration: 1).delay == expected)
    }

    @Test(
        arguments: [
            [0, 40, 10, 20, 30, 80, 50, 60, 70],
            // Two segments whose encoders reordered differently, with a variable frame rate across the join.
            [0, 3, 1, 7, 100, 400, 200, 300, 900],
            [-5, 10, 0, 3],
            [7],
        ] as [[Int64]]
    )
    func decodingTimesRiseAndNeverPassPresentation(order: [Int64]) {
        let decodeOrder = DecodeOrder(presentationTicks: order, lastDuration: 10)
        let times = order.indices.map { decodeOrder.decodingTicks(at: $0) }
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        #expect(zip(times, order).allSatisfy { $0 <= $1 })
    }

    @Test func durationsReachToTheNextPicture() {
        let order = DecodeOrder(presentationTicks: [0, 90, 10, 40], lastDuration: 33)
        #expect([0, 10, 40, 90].map { order.duration(ofPictureAt: $0) } == [10, 30, 50, 33])
        #expect(DecodeOrder(presentationTicks: [0, 90], lastDuration: 0).duration(ofPictureAt: 90) == 90)
        #expect(DecodeOrder(presentationTicks: [5], lastDuration: 0).duration(ofPictureAt: 5) == 0)
    }
}
