import FFmpegKit
import MediaTestKit
import Pipeline
import Testing

@Suite struct BoundedChannelTests {
    @Test func givesElementsInTheirOrderAndThenTheEnd() throws {
        let channel = BoundedChannel<Int>(capacity: 3)
        for round in 0..<5 {
            #expect(channel.send(round))
            #expect(channel.send(round + 100))
            #expect(channel.count == 2)
            #expect(try channel.receive() == round)
            #expect(try channel.receive() == round + 100)
        }
        #expect(channel.send(7))
        channel.close()
        #expect(!channel.send(8))
        #expect(channel.offerNewest(8) == .refused)
        #expect(try channel.receive() == 7)
        #expect(try channel.receive() == nil)
        #expect(try channel.receive() == nil)
    }

    @Test func givesTheErrorAfterTheLastElement() throws {
        let channel = BoundedChannel<Int>(capacity: 2)
        #expect(channel.send(1))
        channel.close(throwing: Failure.first)
        channel.close(throwing: Failure.second)
        #expect(try channel.receive() == 1)
        #expect(throws: Failure.first) { try channel.receive() }
    }

    @Test func anOfferToAFullChannelDropsTheOldest() throws {
        let channel = BoundedChannel<Int>(capacity: 2)
        #expect(channel.offerNewest(1) == .accepted)
        #expect(channel.offerNewest(2) == .accepted)
        #expect(channel.offerNewest(3) == .replacedOldest)
        #expect(channel.offerNewest(4) == .replacedOldest)
        #expect(channel.droppedCount == 2)
        #expect(channel.tryReceive() == 3)
        #expect(channel.tryReceive() == 4)
        #expect(channel.tryReceive() == nil)
    }

    @Test func aFullChannelHoldsTheSenderBack() throws {
        let channel = BoundedChannel<Int>(capacity: 1)
        let sent = Collected<Int>()
        let thread = try NamedThread(name: "sender") {
            for number in 0..<3 {
                guard channel.send(number) else { return }
                sent.append(number)
            }
            channel.close()
        }
        for number in 0..<3 {
            #expect(try channel.receive() == number)
            // What was received made room for at most one more.
            #expect(sent.count <= number + 2)
        }
        #expect(try channel.receive() == nil)
        try thread.join()
        #expect(sent.all == [0, 1, 2])
    }

    @Test func cancellingWakesWaitingSenders() throws {
        let channel = BoundedChannel<Int>(capacity: 1)
        #expect(channel.send(0))
        let accepted = Collected<Bool>()
        let thread = try NamedThread(name: "sender") { accepted.append(channel.send(1)) }
        channel.cancel()
        try thread.join()
        #expect(accepted.all == [false])
        #expect(throws: CancellationError.self) { try channel.receive() }
        #expect(channel.count == 0)
    }

    @Test func cancellingWakesWaitingReceivers() throws {
        let channel = BoundedChannel<Int>(capacity: 1)
        let thread = try NamedThread(name: "receiver") { _ = try channel.receive() }
        channel.cancel()
        #expect(throws: CancellationError.self) { try thread.join() }
    }

    @Test(arguments: [1, 2, 7, 64])
    func neitherLosesNorReordersUnderManyThreads(capacity: Int) throws {
        let (senders, receivers, each) = (4, 3, 2_000)
        let channel = BoundedChannel<Int>(capacity: capacity)
        let received = (0..<receivers).map { _ in Collected<[Int]>() }
        let receiving = try received.map { list in
            try NamedThread(name: "receiver") {
                var mine: [Int] = []
                while let number = try channel.receive() { mine.append(number) }
                list.append(mine)
            }
        }
        let sending = try (0..<senders).map { sender in
            try NamedThread(name: "sender") {
                for number in 0..<each where !channel.send(sender * each + number) { return }
            }
        }
        for thread in sending { try thread.join() }
        channel.close()
        for thread in receiving { try thread.join() }
        let lists = received.flatMap(\.all)
        #expect(lists.flatMap { $0 }.sorted() == Array(0..<(senders * each)))
        // Each receiver sees each sender's numbers in the order in which they were sent.
        for list in lists {
            for sender in 0..<senders {
                let mine = list.filter { $0 / each == sender }
                #expect(mine == mine.sorted())
            }
        }
    }

    @Test func releasesItsFramesWhenItIsCancelledOrGone() throws {
        weak var pool: VideoFramePool?
        do {
            let factory = FrameFactory()
            pool = factory.pool
            let cancelled = BoundedChannel<VideoFrame>(capacity: 4)
            for number in 0..<3 { #expect(cancelled.send(try factory.frame(Int64(number)))) }
            let abandoned = BoundedChannel<VideoFrame>(capacity: 2)
            for number in 0..<5 { _ = abandoned.offerNewest(try factory.frame(Int64(number))) }
            #expect(pool != nil)
            cancelled.cancel()
            #expect(cancelled.count == 0)
            withExtendedLifetime(abandoned) {}
        }
        #expect(pool == nil)
    }

    @Test func needsAPositiveCapacity() async {
        await #expect(processExitsWith: .failure) { _ = BoundedChannel<Int>(capacity: 0) }
    }

    private enum Failure: Error { case first, second }
}
