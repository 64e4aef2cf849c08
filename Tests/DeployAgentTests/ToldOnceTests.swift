import Coordination
import DeployModel
import Testing

@testable import DeployAgent

/// What repeats is told once, and what comes in numbers as a number.
@Suite struct ToldOnceTests {
    private let start = ContinuousClock.now

    private static func attempt(_ number: Int) -> AttemptName {
        AttemptName(
            rollout: RolloutID(accepted: String(repeating: "1", count: 32)), host: HostName(accepted: "h1"),
            operation: .deploy, number: number)
    }

    @Test func aTroubleIsToldWhenItChanges() {
        var trouble = Trouble()
        let told = [nil, "away", "away", "full", nil].enumerated().map {
            trouble.note($1, Speech(), now: start + .seconds($0))
        }
        #expect(told == [false, true, false, true, true])
        #expect(trouble.text == nil)
    }

    @Test func aTroubleThatFlapsIsToldSlowlyAndAtLastTruly() {
        var trouble = Trouble()
        let told = (0..<100).filter { trouble.note($0.isMultiple(of: 2) ? "away" : nil, Speech(), now: start) }
        #expect(told.count == 3)
        // Three were told, the last of them `away`; how it ended is told when its time comes.
        let isToldLater = trouble.note(nil, Speech(), now: start + .seconds(10))
        #expect(isToldLater)
    }

    @Test func aComplaintIsToldOncePerThing() async {
        let complaints = Complaints(Speech())
        #expect(await complaints.tell("no order", of: "a", now: start) == 0)
        #expect(await complaints.tell("no order", of: "a", now: start + .seconds(1)) == nil)
        #expect(await complaints.tell("no order", of: "b", now: start + .seconds(1)) == 0)
        #expect(await complaints.tell("no memory", of: "a", now: start + .seconds(2)) == 0)
    }

    @Test func manyComplaintsAreToldAsANumber() async {
        let complaints = Complaints(Speech())
        var told = 0
        for number in 0..<10_000 {
            let now = start + .milliseconds(number)
            if await complaints.tell("bad", of: "\(number)", now: now) != nil { told += 1 }
        }
        #expect(told == 6)
        #expect(await complaints.tell("bad", of: nil, now: start + .seconds(10)) == 4999)
    }

    /// What is held back is not lost: it is told when it is noted again.
    @Test func troublesAndComplaintsTogetherSayOneLineASecond() async {
        let speech = Speech()
        let complaints = Complaints(speech)
        var (redis, beats) = (Trouble(), Trouble())
        var told: [Int] = []
        for tenth in 0..<40 {
            let now = start + .milliseconds(100 * tenth)
            if redis.note("away", speech, now: now) { told.append(tenth) }
            if beats.note("away", speech, now: now) { told.append(tenth) }
            if await complaints.tell("no memory", of: "job", now: now) != nil { told.append(tenth) }
        }
        #expect(told == [0, 10, 20])
    }

    @Test func aQueueTakesEachAttemptOnceAndNoneThatIsPutAside() async {
        let queue = JobQueue()
        let (attempt, other) = (Self.attempt(1), Self.attempt(2))
        await queue.offer([attempt], now: start)
        await queue.offer([attempt], now: start)
        #expect(await queue.take() == attempt)
        await queue.offer([attempt], now: start)
        #expect(await queue.take() == nil, "it runs")
        await queue.putAside(attempt, for: .seconds(30), now: start)
        await queue.offer([attempt, other], now: start + .seconds(29))
        #expect(await queue.take() == other)
        await queue.done(other)
        await queue.offer([attempt], now: start + .seconds(30))
        #expect(await queue.take() == attempt)
        await queue.done(attempt)
        await queue.offer([attempt], now: start + .seconds(30))
        #expect(await queue.take() == attempt)
    }

    @Test func whatRedisNamesNoMoreWaitsNoMoreAndTheNewestIsFirst() async {
        let queue = JobQueue()
        await queue.offer([3, 2, 1].map(Self.attempt), now: start)
        #expect(await queue.take() == Self.attempt(3))
        await queue.done(Self.attempt(3))
        await queue.offer([5, 1].map(Self.attempt), now: start)
        #expect(await queue.take() == Self.attempt(5))
        await queue.done(Self.attempt(5))
        #expect(await queue.take() == Self.attempt(1))
        await queue.done(Self.attempt(1))
        #expect(await queue.take() == nil)
    }

    @Test func anOrderIsGivenOnceAndToItsAttempt() async {
        let queue = JobQueue()
        let order = StoredOrder.whole(text: [1], signature: [2])
        await queue.offer([Self.attempt(1)], order: order, now: start)
        #expect(await queue.takeOrder(Self.attempt(2)) == nil)
        #expect(await queue.takeOrder(Self.attempt(1)) == order)
        #expect(await queue.takeOrder(Self.attempt(1)) == nil)
        await queue.offer([Self.attempt(1)], order: order, now: start)
        await queue.offer([Self.attempt(2)], now: start)
        #expect(await queue.takeOrder(Self.attempt(1)) == nil, "what Redis names no more")
    }

    @Test func theNewestQuestionIsAnsweredFirstAndEachOnce() {
        let queue = QuestionQueue()
        let ids = (0..<70).map { _ in RolloutID.random() }
        for id in ids + ids { queue.offer(id) }
        var taken: [RolloutID] = []
        while let id = queue.take() { taken.append(id) }
        #expect(taken == ids.suffix(64).reversed())
        queue.offer(ids[69])
        #expect(queue.take() == nil, "it was answered")
    }
}
